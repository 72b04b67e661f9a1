"""Which part of history is wanted, and in bars of what length: the words of users turned into nanoseconds."""

from __future__ import annotations

import datetime
import re
from typing import Any

import numpy as np
import pandas as pd

from fxlab.data.errors import DataError
from fxlab.market import Bars

_LENGTH = re.compile(r"(\d+)?\s*([a-zA-Z]+)")
_UNITS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "m", "t", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "D"),
    **dict.fromkeys(("w", "week", "weeks"), "W"),
}


def bar_length(every: Any) -> pd.Timedelta:
    """Length of a bar from "1h", "15min", "1D", "1W" or a timedelta.

    Raises:
        DataError: not a length, or not positive.

    >>> bar_length("4H")
    Timedelta('0 days 04:00:00')
    """
    length = None
    if isinstance(every, str):
        match = _LENGTH.fullmatch(every.strip())
        if match and match[2].lower() in _UNITS:
            length = pd.Timedelta(f"{match[1] or 1}{_UNITS[match[2].lower()]}")
    elif isinstance(every, (datetime.timedelta, np.timedelta64)):
        length = pd.Timedelta(every)
    if length is None or length <= pd.Timedelta(0):
        raise DataError(f"every is {every!r}; write the length of a bar, such as '15min', '1h', '4h' or '1D'")
    return length


def first_ns(start: Any) -> int | None:
    """First nanosecond UTC of `start`; "2015" begins with the year."""
    return None if start is None else _ends_of(start, "start")[0]


def last_ns(end: Any) -> int | None:
    """Last nanosecond UTC of `end`, itself included; "2020" ends with the year, "2020-03" with the month."""
    return None if end is None else _ends_of(end, "end")[1]


def checked_span(start: Any, end: Any) -> tuple[int | None, int | None]:
    """(first, last) nanosecond wanted; None for an open end.

    Raises:
        DataError: not a time, or start after end.
    """
    first, last = first_ns(start), last_ns(end)
    if first is not None and last is not None and first > last:
        raise DataError(f"start {start} is after end {end}; exchange them")
    return first, last


def narrow(bars: Bars, start: Any, end: Any, name: str) -> Bars:
    """The bars that open from start to end, both included; `name` is what messages call the data.

    Raises:
        DataError: nothing left, saying what the data covers.
    """
    first, last = checked_span(start, end)
    begin = 0 if first is None else int(np.searchsorted(bars.times, first, side="left"))
    stop = len(bars) if last is None else int(np.searchsorted(bars.times, last, side="right"))
    if begin >= stop:
        raise DataError(nothing_left(name, bars.times, start, end))
    return bars[begin:stop]


def nothing_left(name: str, times: np.ndarray, start: Any, end: Any) -> str:
    """The message for a span that holds no bar of (bars,) opening times in nanoseconds."""
    covered = f"{name} covers {_minute(times[0])} to {_minute(times[-1])} UTC"
    first, last = first_ns(start), last_ns(end)
    if first is not None and first > times[-1]:
        return f"{covered}; start {start} is after its end"
    if last is not None and last < times[0]:
        return f"{covered}; end {end} is before its start"
    return f"{covered} but has no bar from {start} to {end}; widen the span"


def _ends_of(when: Any, name: str) -> tuple[int, int]:
    """(first, last) nanosecond of a moment, a day, or as much of a date as the text gives."""
    complaint = DataError(f"{name} is {when!r}; write a date such as '2017', '2017-03' or '2017-03-01 12:00'")
    if isinstance(when, (int, np.integer)) and not isinstance(when, bool):
        when = str(when)  # YAML reads a bare 2017 as a number
    elif isinstance(when, datetime.date) and not isinstance(when, datetime.datetime):
        when = when.isoformat()
    try:
        if not isinstance(when, str):
            return (_utc(pd.Timestamp(when)).as_unit("ns").value,) * 2
        if not re.match(r"\d{4}", when.strip()):
            raise complaint
        stamp = pd.Timestamp(when)
        if stamp.tzinfo is not None:
            return (_utc(stamp).as_unit("ns").value,) * 2
        period = pd.Period(when)
        return period.start_time.as_unit("ns").value, (period + 1).start_time.as_unit("ns").value - 1
    except DataError:
        raise
    except (ValueError, TypeError):
        raise complaint from None


def _utc(stamp: pd.Timestamp) -> pd.Timestamp:
    if stamp is pd.NaT:
        raise ValueError("not a time")
    return stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")


def _minute(time_ns: int) -> str:
    return f"{pd.Timestamp(int(time_ns), tz='UTC'):%Y-%m-%d %H:%M}"
