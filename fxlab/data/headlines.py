"""Headlines from a file, as the sentiment room reads them: published_at, available_at, headline, source."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fxlab.data.errors import DataError
from fxlab.data.times import read_times
from fxlab.market.building import at

LATENCY = "1min"  # from publication until a reader could act on it


def load_headlines(
    path: str | Path, tz: str | None = None, latency: str | pd.Timedelta = LATENCY
) -> pd.DataFrame:
    """Headlines from a CSV file or a JSONL file (one JSON object a line), plain or gzip-compressed.

    Args:
        path: columns or keys published_at and headline; optional available_at, source, and any labels, kept.
        tz: IANA zone of times that name none.
        latency: available_at is published_at plus this where the file has none.

    Returns:
        Rows sorted by available_at: published_at and available_at (UTC), headline, source, then the rest.

    Raises:
        DataError: one line that begins with the path: no such file, no such column, a time or a headline that
            is none, a headline available before it was published.
    """
    path = Path(path)
    try:
        return _headlines(_rows(path), tz, latency_ns(latency))
    except DataError as error:
        raise DataError(f"{path}: {error}") from None


def _rows(path: Path) -> pd.DataFrame:
    """The cells as text."""
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        raise DataError("no such file; check the path") from None
    except UnicodeDecodeError:
        raise DataError("not text in UTF-8; give a CSV or JSONL file") from None
    except (OSError, EOFError) as error:
        raise DataError(f"cannot be read: {error}") from None
    if not text.strip():
        raise DataError("the file is empty; give a file with headlines")
    if text.lstrip()[0] == "{":
        return pd.DataFrame(_objects(text), dtype="object").fillna("")
    try:
        return pd.read_csv(io.StringIO(text), dtype="str", keep_default_na=False, index_col=False)
    except (ValueError, pd.errors.ParserError) as error:
        raise DataError(f"neither CSV nor JSONL: {str(error).strip().splitlines()[-1]}") from None


def _objects(text: str) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"line {number} is not JSON ({error.msg}); write one object a line") from None
        if not isinstance(row, dict):
            raise DataError(
                f"line {number} holds {type(row).__name__}, not an object with published_at, headline"
            )
        rows.append(row)
    return rows


def _headlines(rows: pd.DataFrame, tz: str | None, wait_ns: int) -> pd.DataFrame:
    rows.columns = [str(column).strip().lower() for column in rows.columns]
    lacking = [name for name in ("published_at", "headline") if name not in rows.columns]
    if lacking:
        found = ", ".join(rows.columns[:12])
        raise DataError(f"no column {' and no '.join(lacking)}; the file has {found}")
    if not len(rows):
        raise DataError("a header line and no rows; give a file with headlines")
    texts = rows["headline"].map(lambda cell: cell.strip() if isinstance(cell, str) else "")
    if (texts == "").any():
        i = int(np.argmax((texts == "").to_numpy()))
        raise DataError(f"row {i + 1}: headline is {rows['headline'].iloc[i]!r}; give text or drop the row")
    published = read_times(rows["published_at"], tz, None, "published_at").as_unit("ns")
    if "available_at" in rows.columns:
        available = read_times(rows["available_at"], tz, None, "available_at").as_unit("ns")
    else:
        available = published + pd.Timedelta(wait_ns, unit="ns")
    early = available.asi8 < published.asi8
    if early.any():
        i = int(np.argmax(early))
        when = f"{at(available.asi8[i])} and published at {at(published.asi8[i])}"
        raise DataError(f"row {i + 1}: available at {when}; nobody reads it before it is out")
    out = rows.drop(columns=["published_at", "available_at", "headline", "source"], errors="ignore")
    out.insert(0, "published_at", published)
    out.insert(1, "available_at", available)
    out.insert(2, "headline", texts.astype("str"))
    out.insert(3, "source", rows["source"].astype("str") if "source" in rows.columns else "file")
    return out.sort_values("available_at", kind="stable", ignore_index=True)


def latency_ns(latency: str | pd.Timedelta) -> int:
    """A waiting time in nanoseconds, zero or more."""
    try:
        wait = pd.Timedelta(latency)
    except (ValueError, TypeError):
        wait = pd.Timedelta(-1, unit="ns")
    if wait is pd.NaT or wait < pd.Timedelta(0):
        raise DataError(f"latency is {latency!r}; write how long a reader waits, such as '1min' or '0s'")
    return wait.as_unit("ns").value
