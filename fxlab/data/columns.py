"""What the columns of a price table are called, and the prices they hold."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from fxlab.data.errors import DataError

FIELDS = ("open", "high", "low", "close")
_SHORT = {"o": "open", "h": "high", "l": "low", "c": "close"}
_TIMES = {"time", "date", "datetime", "timestamp", "gmt_time", "date_time", "open_time", "local_time", "utc"}
_VOLUMES = {"volume", "vol", "v", "tick_volume", "tickvol", "tickvolume"}


def named(header: list[str]) -> dict[str, str]:
    """Our name of each column we read, to its name in the file: "Bid Open", "open_bid" are bid_open.

    Ours are open, high, low, close, bid_open … ask_close, volume, spread (in price), spread_pips, time and
    clock (the time of day where the date stands in a column of its own).

    Raises:
        DataError: two columns that mean the same.
    """
    found: dict[str, str] = {}
    for original in header:
        ours = _ours(original)
        if ours is None:
            continue
        if ours in found and ours == "volume":
            continue  # MetaTrader has two; the first counts ticks, the second is zero in FX
        if ours in found:
            raise DataError(f"columns {found[ours]!r} and {original!r} both hold {ours}; keep one")
        found[ours] = original
    return _with_time(found, header)


def prices_of(table: pd.DataFrame, found: dict[str, str], pip: float) -> tuple[pd.DataFrame, str | None]:
    """The price columns as float64, under our names, and the side they name: "bid", "ask", "both" or None.

    Args:
        table: as read, text or numbers.
        found: from `named`.
        pip: size of a pip, for a column spread_pips.

    Raises:
        DataError: no open, high, low, close on any side, a cell that is no number, a spread in points.
    """
    sides = {
        side: all(f"{side}_{field}" in found for field in FIELDS)
        for side in ("bid", "ask")
        if any(f"{side}_{field}" in found for field in FIELDS)
    }
    both = len(sides) == 2 and all(sides.values())
    side = None
    wanted = {field: field for field in FIELDS}
    if both:
        wanted = {f"{one}_{field}": f"{one}_{field}" for one in ("bid", "ask") for field in FIELDS}
    elif not all(field in found for field in FIELDS):
        side = next((one for one, whole in sides.items() if whole), None)
        if side is None:
            raise _not_prices(found, table)
        wanted = {f"{side}_{field}": field for field in FIELDS}
    out = {ours: _numbers(table[found[name]], found[name]) for name, ours in wanted.items()}
    if "volume" in found:
        out["volume"] = _numbers(table[found["volume"]], found["volume"])
    if "spread" in found and not both:
        out["spread"] = _in_price(_numbers(table[found["spread"]], found["spread"]), found["spread"])
    elif "spread_pips" in found and not both:
        out["spread"] = _numbers(table[found["spread_pips"]], found["spread_pips"]) * pip
    return pd.DataFrame(out, index=table.index), "both" if both else side


def _not_prices(found: dict[str, str], table: pd.DataFrame) -> DataError:
    lacking = [field for field in FIELDS if field not in found]
    header = ", ".join(str(column) for column in list(table.columns)[:12])
    return DataError(
        f"no column is called {', '.join(lacking)}; a price file has a header line with time, open, high, "
        f"low, close (or bid_open … ask_close), and this one has {header}"
    )


def _ours(original: str) -> str | None:
    name = re.sub(r"[^a-z0-9]+", "_", str(original).lower()).strip("_")
    name = _SHORT.get(name, name)
    if name in FIELDS or name in ("spread", "spread_pips"):
        return name
    if name in _VOLUMES:
        return "volume"
    parts = re.fullmatch(r"(bid|ask)_?(open|high|low|close|o|h|l|c)", name)
    if parts:
        return f"{parts[1]}_{_SHORT.get(parts[2], parts[2])}"
    parts = re.fullmatch(r"(open|high|low|close)_?(bid|ask)", name)
    return f"{parts[2]}_{parts[1]}" if parts else None


def _with_time(found: dict[str, str], header: list[str]) -> dict[str, str]:
    plain = {re.sub(r"[^a-z0-9]+", "_", str(one).lower()).strip("_"): one for one in header}
    if "date" in plain and "time" in plain:
        return found | {"time": plain["date"], "clock": plain["time"]}
    named_so = [one for name, one in plain.items() if name in _TIMES]
    if named_so:
        return found | {"time": named_so[0]}
    first = header[0]
    return found if first in found.values() else found | {"time": first}


def _numbers(column: pd.Series, name: str) -> np.ndarray:
    """(rows,) float64; text with a decimal comma is understood."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    text = column.astype("str").str.strip()
    if text.str.contains(",", regex=False).any():
        text = text.str.replace(",", ".", regex=False)
    try:
        return text.to_numpy(dtype=object).astype(np.float64)  # Python's float: the nearest double, exactly
    except ValueError:
        wrong = pd.to_numeric(text, errors="coerce").isna() & (text.str.lower() != "nan")
        i = int(np.argmax(wrong.to_numpy()))
        found = "empty" if text.iloc[i] == "" else f"{column.iloc[i]!r}, not a number"
        raise DataError(f"row {i + 1}: {name} is {found}; drop or mend the row") from None


def _in_price(spread: np.ndarray, name: str) -> np.ndarray:
    """A spread in price; MetaTrader's column of the same name counts points, which are whole numbers."""
    known = spread[np.isfinite(spread)]
    if known.size and (known >= 1).any() and (known == np.round(known)).all():
        raise DataError(
            f"column {name} holds whole numbers (up to {known.max():g}): points, not a price; "
            "rename it to spread_pips once it is in pips, or drop it and give spread_pips="
        )
    return spread
