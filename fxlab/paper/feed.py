"""Where closed bars come from: the protocol of a feed, and one that replays history."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Protocol

from fxlab.market import Bars, Instrument


class Feed(Protocol):
    """A source of closed bars."""

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The pairs of every bar, in column order."""

    @property
    def every_ns(self) -> int | None:
        """Length of a bar in nanoseconds."""

    def bars(self, after: int | None) -> Iterator[Bars]:
        """Closed bars in order, one row each, those that open later than `after` (nanoseconds; None: all)."""


class ReplayFeed:
    """Hands out bars one by one as if they had just closed.

    Args:
        bars: what to replay.
        pause_s: seconds to wait between bars; 0 replays as fast as the strategy answers.
    """

    def __init__(self, bars: Bars, pause_s: float = 0.0) -> None:
        if not isinstance(bars, Bars):
            raise TypeError(f"ReplayFeed needs Bars, got {type(bars).__name__}")
        if not pause_s >= 0:
            raise ValueError(f"pause_s is {pause_s}; seconds, zero or more")
        self._bars = bars
        self._pause_s = pause_s

    def __len__(self) -> int:
        return len(self._bars)

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The pairs of the bars."""
        return self._bars.instruments

    @property
    def every_ns(self) -> int | None:
        """Length of a bar in nanoseconds."""
        return self._bars.every_ns

    def bars(self, after: int | None) -> Iterator[Bars]:
        """The bars that open later than `after`, one row each."""
        first = 0 if after is None else int((self._bars.times <= after).sum())
        for i in range(first, len(self._bars)):
            if self._pause_s and i > first:
                time.sleep(self._pause_s)
            yield self._bars[i : i + 1]
