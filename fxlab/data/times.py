"""Times as files write them, read without guessing."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from fxlab.data.errors import DataError

_EPOCH_NS = {10: 1_000_000_000, 13: 1_000_000, 16: 1_000, 19: 1}  # by number of digits
_ZONE = r"(?:Z|[+-]\d\d:?\d\d)$"
_DOTTED = r"^(\d\d?)\.(\d\d?)\.(\d{4})"
_SLASHED = r"^(\d\d?)[/-](\d\d?)[/-](\d{4})"
_YEAR_FIRST = r"^(\d{4})[-./](\d\d?)[-./](\d\d?)"
_COMPACT = r"^(\d{4})(\d\d)(\d\d)"


def read_times(
    text: pd.Series, tz: str | None, time_format: str | None, header: str = "time"
) -> pd.DatetimeIndex:
    """UTC times of a column of text.

    Understood: ISO 8601 (also with / or . between, or 20170301 120000), day.month.year, month/day/year or
    day/month/year where a day above 12 tells which, seconds (milli-, micro-, nanoseconds) since 1970.

    Args:
        text: (rows,) the cells.
        tz: zone of times that name none.
        time_format: strptime format instead of the above.
        header: the column's name; "Gmt time" says UTC by itself.

    Raises:
        DataError: a cell that is no time, an order of day and month that cannot be told, a zone that is
            missing, unknown or given twice, a local time that a change of the clocks makes double or void.
    """
    text = text.astype("str").str.strip()
    if time_format is not None:
        parsed = _strptime(text, time_format)
    else:
        seconds = text.str.fullmatch(r"\d{10}|\d{13}|\d{16}|\d{19}")
        if seconds.all():
            return _epoch(text, tz)
        parsed = _iso(text, header)
    if parsed.tz is not None:
        if tz is not None and tz.upper() != "UTC":
            raise DataError(f"times name their zone themselves (as in {text.iloc[0]!r}); leave out tz={tz!r}")
        return parsed.tz_convert("UTC")
    if tz is None and re.search(r"\b(gmt|utc)\b", header.lower()):
        tz = "UTC"
    return _localized(parsed, tz, text.iloc[0])


def _epoch(text: pd.Series, tz: str | None) -> pd.DatetimeIndex:
    if tz is not None and tz.upper() != "UTC":
        raise DataError(f"times count from 1970 UTC (as in {text.iloc[0]!r}); leave out tz={tz!r}")
    lengths = text.str.len()
    if lengths.nunique() > 1:
        i = int(np.argmax((lengths != lengths.iloc[0]).to_numpy()))
        raise DataError(f"row {i + 1}: time {text.iloc[i]!r} has another unit than {text.iloc[0]!r} of row 1")
    counts = text.to_numpy(dtype=object).astype(np.int64)
    return pd.DatetimeIndex(counts * _EPOCH_NS[int(lengths.iloc[0])], tz="UTC")


def _strptime(text: pd.Series, time_format: str) -> pd.DatetimeIndex:
    try:
        parsed = pd.to_datetime(text, format=time_format, errors="coerce", utc="%z" in time_format)
    except (ValueError, TypeError) as error:
        raise DataError(f"time_format {time_format!r} is not a format: {error}") from None
    _all_read(parsed, text, f"does not match time_format {time_format!r}")
    return pd.DatetimeIndex(parsed)


def _iso(text: pd.Series, header: str) -> pd.DatetimeIndex:
    """Rewrite every understood form as ISO 8601 and parse that."""
    if text.str.match(_DOTTED).all():
        text_iso = text.str.replace(_DOTTED, r"\3-\2-\1", regex=True)  # dots: the day comes first
    elif text.str.match(_SLASHED).all():
        order = r"\3-\2-\1" if _day_first(text) else r"\3-\1-\2"
        text_iso = text.str.replace(_SLASHED, order, regex=True)
    elif text.str.match(_YEAR_FIRST).all():
        text_iso = text.str.replace(_YEAR_FIRST, r"\1-\2-\3", regex=True)
    elif text.str.match(_COMPACT + r"(?:[ T]?\d{6})?$").all():
        text_iso = text.str.replace(_COMPACT + r"[ T]?", r"\1-\2-\3 ", regex=True).str.strip()
        text_iso = text_iso.str.replace(r" (\d\d)(\d\d)(\d\d)$", r" \1:\2:\3", regex=True)
    else:
        odd = ~text.str.match(f"{_DOTTED}|{_SLASHED}|{_YEAR_FIRST}|{_COMPACT}")
        i = int(np.argmax(odd.to_numpy()))
        raise DataError(
            f"row {i + 1}: {header} {text.iloc[i]!r} is no time, or not written as the others; "
            "give time_format='%d %b %Y %H:%M' or the like"
        )
    text_iso = text_iso.str.replace(r"-(\d)(?=\D|$)", r"-0\1", regex=True)
    zoned = text.str.contains(_ZONE)
    date_only = text_iso.str.fullmatch(r"\d{4}-\d\d-\d\d")  # its own "-01" looks like no zone, but be sure
    zoned &= ~date_only
    if zoned.any() and not zoned.all():
        i = int(np.argmax((~zoned).to_numpy()))
        raise DataError(f"row {i + 1}: time {text.iloc[i]!r} names no zone and others do; write one form")
    parsed = pd.to_datetime(text_iso, format="ISO8601", errors="coerce", utc=bool(zoned.any()))
    _all_read(parsed, text, "is no time")
    return pd.DatetimeIndex(parsed)


def _day_first(text: pd.Series) -> bool:
    parts = text.str.extract(_SLASHED)
    first, second = (parts[k].astype(int) > 12 for k in (0, 1))
    if first.any() and second.any():
        i, j = int(np.argmax(first.to_numpy())), int(np.argmax(second.to_numpy()))
        raise DataError(
            f"row {i + 1}: {text.iloc[i]!r} has the day first and row {j + 1}: {text.iloc[j]!r} the month; "
            "write one form"
        )
    if not first.any() and not second.any():
        raise DataError(
            f"{text.iloc[0]!r} may have the day or the month first, and no row tells which; "
            "give time_format='%d/%m/%Y %H:%M' or '%m/%d/%Y %H:%M'"
        )
    return bool(first.any())


def _all_read(parsed: pd.Series, text: pd.Series, complaint: str) -> None:
    failed = parsed.isna().to_numpy()
    if failed.any():
        i = int(np.argmax(failed))
        raise DataError(f"row {i + 1}: time {text.iloc[i]!r} {complaint}; drop or mend the row")


def _localized(naive: pd.DatetimeIndex, tz: str | None, example: str) -> pd.DatetimeIndex:
    if tz is None:
        raise DataError(
            f"times such as {example!r} have no time zone; say which with tz='UTC' or another IANA name"
        )
    try:
        naive[:0].tz_localize(tz)
    except (KeyError, ValueError, TypeError, OSError):
        raise DataError(f"tz is {tz!r}; write 'UTC' or an IANA name such as 'Europe/Berlin'") from None
    try:
        # "infer": in the doubled hour the times fall back once, and that tells the first pass from the second
        return naive.tz_localize(tz, ambiguous="infer").tz_convert("UTC")
    except ValueError as error:
        reason = str(error).split(",")[0].split(" as there")[0]
        raise DataError(f"times cannot be read as {tz} ({reason}); give the zone the file is in") from None
