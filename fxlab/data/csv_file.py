"""A file of prices, CSV or Parquet, of no particular vendor."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from pathlib import Path
from typing import Any

import pandas as pd

from fxlab.data.columns import named, prices_of
from fxlab.data.errors import DataError
from fxlab.data.span import bar_length, narrow
from fxlab.data.times import read_times
from fxlab.market import Bars, Instrument

SPREAD_PIPS = 0.8
FORMATS = ("auto", "csv", "parquet")
_CODES = (
    "AUD|BRL|CAD|CHF|CNH|CNY|CZK|DKK|EUR|GBP|HKD|HUF|IDR|ILS|INR|JPY|KRW|MXN|MYR|NOK|NZD|PHP|PLN|RON|RUB|SEK|"
    "SGD|THB|TRY|USD|XAG|XAU|ZAR"
)


def file_bars(
    path: str | Path,
    *,
    symbol: str | Instrument | None = None,
    format: str = "auto",
    tz: str | None = None,
    side: str | None = None,
    spread_pips: float | None = None,
    time_format: str | None = None,
    start: Any = None,
    end: Any = None,
    every: Any = None,
) -> Bars:
    """Bars of one pair from a CSV or Parquet file with a header line; see `fxlab.data.load_bars`.

    One-sided files hold bids and are completed with 0.8 pips unless `side` and `spread_pips` (or a column
    spread, in price, or spread_pips) say otherwise; what was assumed stands in `bars.notes`.

    Raises:
        DataError: one line that begins with the path.
    """
    path = Path(path)
    try:
        bars = _read(path, symbol, format, tz, side, spread_pips, time_format, every)
        return narrow(bars, start, end, "the file")
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    except ValueError as error:  # Bars name symbol, time and value
        raise DataError(f"{path}: {error}") from None


def _read(
    path: Path,
    symbol: str | Instrument | None,
    format: str,
    tz: str | None,
    side: str | None,
    spread_pips: float | None,
    time_format: str | None,
    every: Any,
) -> Bars:
    if format not in FORMATS:
        raise DataError(f"format is {format!r}; known are {', '.join(FORMATS)}")
    content = _content(path)
    if format == "parquet" or (format == "auto" and content[:4] == b"PAR1"):
        table = _parquet_table(content)
    else:
        table = _csv_table(content)
    if not len(table):
        raise DataError("a header line and no rows; give a file with prices")
    instrument, notes = _instrument(path, symbol)
    found = named([str(column) for column in table.columns])
    prices, own_side = prices_of(table, found, instrument.pip)
    index = _index(table, found, tz, time_format)
    _one_word(own_side, "spread" in prices, side, spread_pips)
    if own_side is None and side is None and re.search(r"(?<![A-Z])ASK(?![A-Z])", path.name.upper()):
        own_side, notes = "ask", (*notes, f"{instrument}: asks, as the file name says")
    bars = Bars.from_frame(
        prices.set_axis(index, axis=0),
        instrument,
        side=side or ("bid" if own_side in (None, "both") else own_side),
        spread_pips=SPREAD_PIPS if spread_pips is None else spread_pips,
        every=None if every is None or len(table) > 1 else bar_length(every),
    )
    bars = bars.replace(notes=(*notes, *bars.notes))
    if every is not None and bar_length(every) != bars.every:
        bars = bars.resample(bar_length(every))
    return bars


# --- the bytes -------------------------------------------------------------------------------------------


def _content(path: Path) -> bytes:
    if path.is_dir():
        raise DataError("a folder; give the path of one file")
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
    except FileNotFoundError:
        raise DataError("no such file; check the path") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"the gzip data is damaged ({error}); fetch the file again") from None
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}") from None
    if not content.strip():
        raise DataError("the file is empty; give a file with prices")
    if content[:4] == b"PK\x03\x04":
        raise DataError("a zip archive (or a spreadsheet); unpack it and give the CSV file inside")
    return content


def _parquet_table(content: bytes) -> pd.DataFrame:
    try:
        table = pd.read_parquet(io.BytesIO(content))
    except (ValueError, OSError) as error:  # what pyarrow raises for bytes that are no Parquet
        raise DataError(f"not a Parquet file: {str(error).splitlines()[0]}") from None
    if not isinstance(table.index, pd.RangeIndex):
        table = table.reset_index()
    return table


def _text(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"  # MetaTrader's
    elif b"\x00" in content[:4096]:
        raise DataError("binary, not text; give a CSV or Parquet file")
    else:
        encoding = "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(f"binary, not text ({encoding} fails at byte {error.start}); give CSV") from None
    if text.lstrip()[:1] == "<" and re.match(r"\s*<(!doctype|html|\?xml|head|body)", text, re.IGNORECASE):
        raise DataError("a web page, not prices; the download may have failed or wanted a login")
    return text


def _csv_table(content: bytes) -> pd.DataFrame:
    """All cells as text: what each column holds is decided by its reader, not by its looks."""
    text = _text(content)
    delimiter = _delimiter(text)
    header = next(csv.reader([next(line for line in text.splitlines() if line.strip())], delimiter=delimiter))
    if not any(re.search("[A-Za-z]", cell) for cell in header):
        raise DataError(f"no header line (the first is {header}); add one, such as time,open,high,low,close")
    try:
        table = pd.read_csv(
            io.StringIO(text), sep=delimiter, dtype="str", keep_default_na=False, index_col=False
        )
    except (ValueError, pd.errors.ParserError) as error:
        reason = re.sub(r"^.*C error: ", "", str(error).strip().splitlines()[-1])
        raise DataError(f"rows of unequal length: {reason}") from None
    table.columns = table.columns.str.strip()
    return table.fillna("")  # a row cut short


def _delimiter(text: str) -> str:
    """The first of tab ; | , that splits every line: the comma last, since it may be a decimal sign."""
    lines = [line for line in text[:100_000].splitlines() if line.strip()][:20]
    for delimiter in ("\t", ";", "|", ","):
        if lines[0].count(delimiter) >= 4 and all(line.count(delimiter) for line in lines):
            return delimiter
    shown = lines[0][:60] + ("…" if len(lines[0]) > 60 else "")
    raise DataError(
        f"not a table of prices: the first line is {shown!r}; five columns or more, parted by , ; tab or |, "
        "with a header line such as time,open,high,low,close"
    )


# --- what the cells mean ---------------------------------------------------------------------------------


def _index(
    table: pd.DataFrame, found: dict[str, str], tz: str | None, time_format: str | None
) -> pd.DatetimeIndex:
    if "time" not in found:
        raise DataError("no column of times; call it time, or put it first")
    column = table[found["time"]]
    if isinstance(column.dtype, pd.DatetimeTZDtype) and tz is None:
        return pd.DatetimeIndex(column).tz_convert("UTC")
    text = column.astype("str")
    if "clock" in found:
        text = text.str.strip() + " " + table[found["clock"]].astype("str").str.strip()
    return read_times(text, tz, time_format, found["time"])


def _instrument(path: Path, symbol: str | Instrument | None) -> tuple[Instrument, tuple[str, ...]]:
    if symbol is not None:
        return symbol if isinstance(symbol, Instrument) else Instrument(symbol), ()
    pairs = re.findall(f"({_CODES})[_\\-]?({_CODES})", path.name.upper())
    names = {base + quote for base, quote in pairs if base != quote}
    if len(names) != 1:
        seen = f"the file name holds {' and '.join(sorted(names))}" if names else "the file name tells none"
        raise DataError(f"which pair? {seen}; give symbol='EURUSD' or another")
    name = names.pop()
    return Instrument(name), (f"{name}: the pair, as the file name says",)


def _one_word(own_side: str | None, has_spread: bool, side: str | None, spread_pips: float | None) -> None:
    """What the file says and what the caller says must not both decide."""
    if own_side is not None and side is not None:
        raise DataError(f"the columns name their side (bid_…, ask_…); leave out side={side!r}")
    if (own_side == "both" or has_spread) and spread_pips is not None:
        raise DataError(
            f"the file has a spread of its own; leave out spread_pips={spread_pips:g} here "
            "(fx.Costs(spread_pips=…) replaces it in a run)"
        )
