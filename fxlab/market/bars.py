"""Bars: bid and ask prices of one or several pairs on one index of opening times, as a frozen value."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from fxlab.market import building, calendar
from fxlab.market.instrument import Instrument, find_instrument

FIELDS = ("open", "high", "low", "close")
COLUMNS = tuple(f"{side}_{field}" for side in ("bid", "ask") for field in FIELDS)


@dataclass(frozen=True, eq=False, repr=False)
class Bars:
    """Bid and ask OHLC of one or several pairs, stamped with UTC opening times. Build with `from_frame`,
    `join` or `fx.load_bars`.

    Attributes:
        times: (bars,) int64, opening times in nanoseconds since 1970 UTC, strictly rising.
        quotes: (bars, symbols, 8) float64: bid open, high, low, close, then ask open, high, low, close.
            A symbol without a bar at some time holds NaN in all eight.
        instruments: the pairs, in column order.
        every_ns: length of a bar in nanoseconds; None for tick, volume and range bars.
        known: (bars,) int64, when each bar is known; default time + every.
        volumes: (bars, symbols) float64, or None when the source has none.
        notes: what was assumed on the way here (completed spread, lost bars), one sentence each.

    Raises:
        ValueError: shapes that disagree, times that do not rise, or prices that cannot be prices (a NaN beside
            numbers, zero, negative, bid above ask, high below low): naming symbol, time and value.
    """

    times: np.ndarray
    quotes: np.ndarray
    instruments: tuple[Instrument, ...]
    every_ns: int | None
    known: np.ndarray | None = None  # always an array once built
    volumes: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "times", np.ascontiguousarray(self.times, dtype=np.int64))
        set_(self, "quotes", np.ascontiguousarray(self.quotes, dtype=np.float64))
        set_(self, "instruments", tuple(self.instruments))
        if self.known is None:
            if self.every_ns is None:
                raise ValueError("bars of no fixed length need known_at: the time each of them is closed")
            set_(self, "known", self.times + self.every_ns)
        set_(self, "known", np.ascontiguousarray(self.known, dtype=np.int64))
        if self.volumes is not None:
            set_(self, "volumes", np.ascontiguousarray(self.volumes, dtype=np.float64))
        building.check(self)
        for array in (self.times, self.quotes, self.known, self.volumes):
            if array is not None:
                array.flags.writeable = False

    # --- build -------------------------------------------------------------------------------------------

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        symbol: str | Instrument,
        side: str = "mid",
        spread_pips: float | None = 0.8,
        *,
        tz: str | None = None,
        every: str | pd.Timedelta | None = None,
        known_at: pd.DatetimeIndex | None = None,
    ) -> Bars:
        """Bars of one pair from a DataFrame.

        Args:
            frame: index of opening times, columns open high low close [volume] [spread, in price]; or bid_open …
                ask_close [volume]. Names in any case.
            symbol: the pair, or an Instrument with sizes of its own.
            side: which price the four columns hold: "mid", "bid" or "ask".
            spread_pips: completes the other side when there is neither a spread column nor both sides.
            tz: time zone of an index without one (an IANA name); an index with one needs none.
            every: length of a bar; the commonest step of the index unless given.
            known_at: when each bar is known, tz-aware; time + every unless given.

        Raises:
            TypeError: no DataFrame or no DatetimeIndex.
            ValueError: missing columns, naive times, unsorted or duplicate times, NaN or impossible prices.

        >>> index = pd.date_range("2021-03-01", periods=2, freq="1h", tz="UTC")
        >>> frame = pd.DataFrame({"open": 1.2, "high": 1.21, "low": 1.19, "close": 1.205}, index=index)
        >>> Bars.from_frame(frame, symbol="EURUSD", spread_pips=1.0).ask.close["EURUSD"].round(5).tolist()
        [1.20505, 1.20505]
        """
        return building.from_frame(cls, frame, symbol, side, spread_pips, tz, every, known_at)

    @classmethod
    def join(cls, parts: Sequence[Bars], how: str = "inner") -> Bars:
        """Several pairs on one index; `.notes` says how many bars each symbol lost (inner) or lacks (outer).

        Args:
            parts: Bars of equal length of bar, no symbol twice.
            how: "inner" keeps times that all have; "outer" keeps every time, missing bars are NaN.

        Raises:
            ValueError: nothing to join, a symbol twice, unequal bar lengths, no common time, unknown `how`.
        """
        return building.join(cls, parts, how)

    def replace(self, **changes: Any) -> Bars:
        """The same bars with some attributes changed, checked again."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return Bars(**(fields | changes))

    # --- read --------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        if not len(self):
            return f"Bars({', '.join(self.symbols)}: no bars)"
        length = "" if self.every is None else f", every {building.spell(self.every)}"
        span = f"{self.index[0]:%Y-%m-%d %H:%M} to {self.index[-1]:%Y-%m-%d %H:%M} UTC"
        return f"Bars({', '.join(self.symbols)}: {len(self):,} bars{length}, {span})"

    @property
    def symbols(self) -> tuple[str, ...]:
        """Pairs in column order, e.g. ("EURUSD", "USDJPY")."""
        return tuple(one.symbol for one in self.instruments)

    @property
    def every(self) -> pd.Timedelta | None:
        """Length of a bar, None for tick, volume and range bars."""
        return None if self.every_ns is None else pd.Timedelta(self.every_ns, unit="ns")

    @cached_property
    def index(self) -> pd.DatetimeIndex:
        """Opening times, UTC."""
        return pd.DatetimeIndex(self.times, tz="UTC", name="time")

    @cached_property
    def known_at(self) -> pd.DatetimeIndex:
        """When each bar is known, UTC: the moment of decision."""
        assert self.known is not None
        return pd.DatetimeIndex(self.known, tz="UTC", name="known_at")

    @property
    def bars_per_year(self) -> float:
        """Bars in a year, from the FX week; counted in the data when bars have no fixed length."""
        if self.every_ns is not None:
            return calendar.bars_per_year(self.every_ns)
        years = (self.times[-1] - self.times[0]) / (365.25 * calendar.DAY_NS)
        return (len(self) - 1) / years

    @property
    def bid(self) -> BarSide:
        """Prices sells are filled at: `bars.bid.close` and so on, each (bars × symbols)."""
        return BarSide(self, 0)

    @property
    def ask(self) -> BarSide:
        """Prices buys are filled at: `bars.ask.close` and so on, each (bars × symbols)."""
        return BarSide(self, 4)

    @property
    def open(self) -> pd.DataFrame:
        """Mid opens, (bars × symbols)."""
        return self._frame_of(self.mid(0))

    @property
    def high(self) -> pd.DataFrame:
        """Mid highs: half-way between bid high and ask high, (bars × symbols)."""
        return self._frame_of(self.mid(1))

    @property
    def low(self) -> pd.DataFrame:
        """Mid lows: half-way between bid low and ask low, (bars × symbols)."""
        return self._frame_of(self.mid(2))

    @property
    def close(self) -> pd.DataFrame:
        """Mid closes, (bars × symbols)."""
        return self._frame_of(self.mid(3))

    @property
    def spread_pips(self) -> pd.DataFrame:
        """Spread at the close in pips, (bars × symbols)."""
        pips = np.array([one.pip for one in self.instruments])
        return self._frame_of((self.quotes[:, :, 7] - self.quotes[:, :, 3]) / pips)

    @property
    def volume(self) -> pd.DataFrame:
        """Volume as the source counts it, (bars × symbols); NaN when it counts none."""
        empty = np.full((len(self), len(self.symbols)), np.nan)
        return self._frame_of(empty if self.volumes is None else self.volumes)

    @property
    def frame(self) -> pd.DataFrame:
        """Plain DataFrame: bid_open … ask_close [volume] for one pair; columns (symbol, field) for several."""
        parts = {}
        for i, symbol in enumerate(self.symbols):
            part = pd.DataFrame(self.quotes[:, i, :], index=self.index, columns=list(COLUMNS))
            if self.volumes is not None:
                part["volume"] = self.volumes[:, i]
            parts[symbol] = part
        if len(parts) == 1:
            return parts[self.symbols[0]]
        return pd.concat(parts, axis=1, names=["symbol", "field"])

    @cached_property
    def checksum(self) -> str:
        """sha256 of times, prices, volumes and pairs: equal bars, equal checksum."""
        digest = hashlib.sha256(repr((self.instruments, self.every_ns)).encode())
        for array in (self.times, self.quotes, self.known, self.volumes):
            digest.update(b"-" if array is None else array.tobytes())
        return digest.hexdigest()

    def mid(self, field: int) -> np.ndarray:
        """(bars, symbols) array of mid prices; field 0 open, 1 high, 2 low, 3 close."""
        return (self.quotes[:, :, field] + self.quotes[:, :, field + 4]) * 0.5

    def instrument(self, symbol: str) -> Instrument:
        """The Instrument a symbol (in any spelling) names; KeyError with what there is otherwise."""
        i = find_instrument(symbol, self.instruments)
        if i is None:
            raise KeyError(f"{symbol} is not in these bars; they hold {', '.join(self.symbols)}")
        return self.instruments[i]

    # --- narrow ------------------------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> Bars:
        """Narrower Bars: by symbol, list of symbols, times ("2017-03":"2017-06", end included) or positions."""
        if isinstance(key, slice):
            return self._rows(key)
        if isinstance(key, (list, tuple)):
            return self._symbols([self._position(one) for one in key])
        i = find_instrument(key, self.instruments)
        if i is not None:
            return self._symbols([i])
        if isinstance(key, str) and key[:4].isdigit():
            return self._rows(slice(key, key))
        raise KeyError(f"{key!r} is not in these bars; they hold {', '.join(self.symbols)}")

    def followed_by(self, more: Bars) -> Bars:
        """These bars and later ones of the same pairs as one.

        Raises:
            ValueError: other pairs, another bar length, or a first time that is not after the last one here.
        """
        return building.followed_by(self, more)

    def resample(self, every: str | pd.Timedelta) -> Bars:
        """Coarser bars, aligned to midnight UTC and stamped with their opening time.

        Args:
            every: length of the new bars, a whole multiple of the old one: "4h", "1D".

        Raises:
            ValueError: not longer than the present bars, not a multiple of them, or bars without a fixed length.
        """
        return building.resample(self, every)

    def _position(self, symbol: Any) -> int:
        return self.instruments.index(self.instrument(symbol))

    def _symbols(self, columns: list[int]) -> Bars:
        volumes = None if self.volumes is None else self.volumes[:, columns]
        return self._trusted(
            quotes=np.ascontiguousarray(self.quotes[:, columns]),
            instruments=tuple(self.instruments[i] for i in columns),
            volumes=volumes,
        )

    def _rows(self, rows: slice) -> Bars:
        ends = (rows.start, rows.stop)
        if not all(end is None or isinstance(end, (int, np.integer)) for end in ends):
            try:
                start, stop = (building.in_utc(end) for end in ends)
                rows = self.index.slice_indexer(start, stop, rows.step)  # type: ignore[assignment]
            except (TypeError, ValueError):
                raise ValueError(
                    f"{', '.join(self.symbols)} bars: {ends[0]!r} to {ends[1]!r} is no span of times; "
                    "write bars['2017-03':'2017-06']"
                ) from None
        if rows.step not in (None, 1):
            raise ValueError(f"bars are sliced without a step, got {rows.step}; resample them instead")
        assert self.known is not None
        return self._trusted(
            times=self.times[rows],
            quotes=self.quotes[rows],
            known=self.known[rows],
            volumes=None if self.volumes is None else self.volumes[rows],
        )

    def _trusted(self, **changes: Any) -> Bars:
        """A part of bars that were checked before: no second look at every price."""
        new = object.__new__(Bars)
        for name in self.__dataclass_fields__:
            value = changes.get(name, getattr(self, name))
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            object.__setattr__(new, name, value)
        return new

    def _frame_of(self, values: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame(values, index=self.index, columns=list(self.symbols))


@dataclass(frozen=True, eq=False)
class BarSide:
    """One side of the market: `.open .high .low .close`, each a DataFrame (bars × symbols)."""

    bars: Bars
    first: int

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name not in FIELDS:
            raise AttributeError(f"a side has open, high, low and close, not {name}")
        return self.bars._frame_of(self.bars.quotes[:, :, self.first + FIELDS.index(name)])
