"""Where walk-forward windows lie: training bars, an embargo, test bars, and the same again one test length later."""

from __future__ import annotations

import datetime
import itertools
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fxlab.market import Bars

_TEXT = re.compile(r"(\d+)\s*([a-zA-Z]+)")
_HOUR = 3_600_000_000_000
_UNITS = {  # (months, nanoseconds) of one
    **dict.fromkeys(("y", "year", "years"), (12, 0)),
    **dict.fromkeys(("m", "mo", "month", "months"), (1, 0)),
    **dict.fromkeys(("w", "week", "weeks"), (0, 168 * _HOUR)),
    **dict.fromkeys(("d", "day", "days"), (0, 24 * _HOUR)),
    **dict.fromkeys(("h", "hour", "hours"), (0, _HOUR)),
    **dict.fromkeys(("min", "minute", "minutes"), (0, _HOUR // 60)),
}
_WRITE = "write '2y', '6m' (months), '3w', '5d', '12h', or a number of bars"


@dataclass(frozen=True)
class Length:
    """A length of history: months of the calendar, a time, or a number of bars. Build it with `length_of`.

    Attributes:
        months, ns: of the calendar, nanoseconds. bars: None, or how many bars instead.
        told: as the user wrote it.
    """

    months: int = 0
    ns: int = 0
    bars: int | None = None
    told: str = ""

    def after(self, moment: int, bars: Bars, times: int = 1) -> int:
        """The moment that lies `times` of this length after another (before it, when negative), nanoseconds UTC.

        A number of bars is counted along the bars; after the last one, in the room that a bar takes on average, and
        before the first one not at all.
        """
        if self.bars is None:
            month = pd.Timestamp(moment, tz="UTC") + pd.DateOffset(months=self.months * times)
            return month.as_unit("ns").value + self.ns * times
        n, last = len(bars), int(bars.times[-1])
        here = int(np.searchsorted(bars.times, moment))
        row = here + self.bars * times
        if row < n:
            return int(bars.times[max(row, 0)])
        room = bars.every_ns or (last - int(bars.times[0])) // max(n - 1, 1) or 1
        return max(moment, last) + (row - max(here, n - 1)) * room


@dataclass(frozen=True)
class Window:
    """One window; rows are positions in the bars.

    Attributes:
        train: bars that choose the parameters. test: bars that are traded with them.
    """

    train: slice
    test: slice


def length_of(value: Any, name: str, may_be_zero: bool = False) -> Length:
    """A Length from "2y", "6m" (months), "3w", "5d", "12h", "30min", a timedelta, or a whole number of bars.

    Raises:
        TypeError: none of these. ValueError: not positive, or text that is no length.

    >>> length_of("2y", "train").months
    24
    """
    length: Length | None = None
    if isinstance(value, str):
        length = _read(value)
    elif isinstance(value, (datetime.timedelta, np.timedelta64)):  # the latter is an integer to NumPy
        time = pd.Timedelta(value)
        length = Length(ns=time.as_unit("ns").value, told=str(time))
    elif isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        length = Length(bars=int(value), told=f"{int(value):,} bars")
    else:
        raise TypeError(f"{name} is {value!r}; {_WRITE}")
    if length is None:
        raise ValueError(f"{name} is {value!r}; {_WRITE}")
    size = length.months or length.bars or length.ns
    if size < 0 or (size == 0 and not may_be_zero):
        raise ValueError(
            f"{name} is {value!r}; give {'zero or more' if may_be_zero else 'a length above zero'}"
        )
    return length


def _read(text: str) -> Length | None:
    match = _TEXT.fullmatch(text.strip())
    if not match or match[2].lower() not in _UNITS:
        return None
    months, ns = _UNITS[match[2].lower()]
    count = int(match[1])
    return Length(months=count * months, ns=count * ns, told=repr(text))


def windows_of(
    bars: Bars, train: Any, test: Any, embargo: Any, anchored: bool = False
) -> tuple[list[Window], list[str]]:
    """Walk-forward windows over bars, and in sentences what a reader of the result should know of them.

        bars     ........ train ........ | embargo | .... test .... |
        next         + test ........ train ........ | embargo | .... test .... |

    The first window begins with the first bar. Test bars follow each other without a hole: the embargo lies between
    the training bars of a window and its test bars. A training bar is closed before the embargo begins. The last
    test window ends with the bars; when they fill less than half of it, it is left out.

    Args:
        train, test, embargo: lengths, see `length_of`.
        anchored: training bars always begin with the first bar, and grow.

    Raises:
        TypeError, ValueError: a length that is none.
        ValueError: too few bars for one window, a window without bars to train on.
    """
    lengths = length_of(train, "train"), length_of(test, "test"), length_of(embargo, "embargo", True)
    if not len(bars):
        raise ValueError(f"{', '.join(bars.symbols)}: there are no bars to walk through")
    assert bars.known is not None
    train_length, test_length, embargo_length = lengths
    if bars.every_ns and 0 < test_length.ns < bars.every_ns:
        raise ValueError(f"test is {test_length.told}, shorter than a bar of {bars.every}; lengthen it")
    origin = embargo_length.after(train_length.after(int(bars.times[0]), bars), bars)
    windows: list[Window] = []
    notes: list[str] = []
    n_empty = 0
    for k in itertools.count():
        start, end = test_length.after(origin, bars, k), test_length.after(origin, bars, k + 1)
        test_rows = slice(*(int(row) for row in np.searchsorted(bars.times, [start, end])))
        share = _share(bars, test_rows, start, end, test_length)
        if share < 0.5:
            if test_rows.start < len(bars):
                notes.append(
                    f"bars from {bars.index[test_rows.start]:%Y-%m-%d %H:%M} UTC on are left out: they fill less "
                    f"than half of a test window of {test_length.told}"
                )
            break
        if test_rows.start == test_rows.stop:
            n_empty += 1
            continue
        train_end = embargo_length.after(start, bars, -1)
        train_rows = _training_rows(bars, train_length.after(train_end, bars, -1), train_end, anchored)
        if train_rows.start >= train_rows.stop:
            raise ValueError(
                f"the window that tests from {bars.index[test_rows.start]:%Y-%m-%d %H:%M} UTC has no bars to train "
                f"on; lengthen train {train_length.told}, or fill the gap in the bars"
            )
        windows.append(Window(train_rows, test_rows))
        if share < 1.0:
            notes.append(
                f"the last test window ends with the bars, {share:.0%} of {test_length.told} after its start"
            )
            break
    if not windows:
        raise ValueError(_too_short(bars, lengths, origin))
    if n_empty:
        notes.append(f"{n_empty} test windows of {test_length.told} hold no bar and are left out")
    return windows, notes


def _training_rows(bars: Bars, begin: int, end: int, anchored: bool) -> slice:
    """Bars that open from `begin` on and are closed by `end`."""
    assert bars.known is not None
    first = 0 if anchored else int(np.searchsorted(bars.times, begin))
    opened = int(np.searchsorted(bars.times, end))
    closed = int(np.searchsorted(bars.known, end, side="right"))
    return slice(first, min(opened, closed))


def _share(bars: Bars, rows: slice, start: int, end: int, test: Length) -> float:
    """How much of a test window the bars cover, 0 to 1."""
    if test.bars is not None:
        return (rows.stop - rows.start) / test.bars
    assert bars.known is not None
    return float(np.clip((int(bars.known[-1]) - start) / (end - start), 0.0, 1.0))


def _too_short(bars: Bars, lengths: tuple[Length, Length, Length], start: int) -> str:
    train, test, embargo = lengths
    assert bars.known is not None
    days = (int(bars.known[-1]) - int(bars.times[0])) / 86_400e9
    return (
        f"{', '.join(bars.symbols)}: {len(bars):,} bars over {days:,.0f} days "
        f"({bars.index[0]:%Y-%m-%d} to {bars.index[-1]:%Y-%m-%d}) are too few for train {train.told} + embargo "
        f"{embargo.told} + half of test {test.told}: the first test begins on "
        f"{pd.Timestamp(start, tz='UTC'):%Y-%m-%d}; load more bars or shorten them"
    )
