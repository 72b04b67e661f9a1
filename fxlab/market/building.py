"""How Bars come to be: checks, a DataFrame in, several pairs joined, short bars made long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fxlab.market.instrument import Instrument

if TYPE_CHECKING:
    from fxlab.market.bars import Bars

FIELDS = ("open", "high", "low", "close")
COLUMNS = tuple(f"{side}_{field}" for side in ("bid", "ask") for field in FIELDS)
SIDES = ("mid", "bid", "ask")


def spell(every: pd.Timedelta) -> str:
    """Length of a bar as people write it: 1h, 15min, 1D."""
    for unit, name in ((86_400, "D"), (3_600, "h"), (60, "min"), (1, "s")):
        seconds = every.total_seconds()
        if seconds >= unit and seconds % unit == 0:
            return f"{int(seconds // unit)}{name}"
    return str(every)


def duration(every: str | pd.Timedelta) -> int:
    """Nanoseconds of a bar's length such as "1h".

    Raises:
        ValueError: not a length of time, or not a positive one.
    """
    try:
        length = int(pd.Timedelta(every).as_unit("ns").value)
    except (TypeError, ValueError):
        length = 0
    if length <= 0:
        raise ValueError(f"every is {every!r}; write a length of time such as '15min', '1h' or '1D'")
    return length


def in_utc(end: Any) -> Any:
    """An end of a time slice as UTC; text stays text so that "2017-03" means the whole month."""
    if end is None or isinstance(end, str):
        return end
    stamp = pd.Timestamp(end)
    return stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")


# --- checks ----------------------------------------------------------------------------------------------


def check(bars: Bars) -> None:
    """Raise one clear ValueError for the first thing in the bars that cannot be."""
    n, n_symbols = len(bars.times), len(bars.instruments)
    names = ", ".join(bars.symbols)
    if n_symbols == 0 or len(set(bars.symbols)) != n_symbols:
        raise ValueError(f"bars need one or more pairs, none twice; got {names or 'none'}")
    if bars.quotes.shape != (n, n_symbols, 8):
        raise ValueError(f"{names} bars: quotes have shape {bars.quotes.shape}, expected {(n, n_symbols, 8)}")
    if bars.known is None or bars.known.shape != (n,):
        raise ValueError(f"{names} bars: known_at needs one time for each of the {n} bars")
    if bars.volumes is not None and bars.volumes.shape != (n, n_symbols):
        raise ValueError(f"{names} bars: volumes have shape {bars.volumes.shape}, expected {(n, n_symbols)}")
    _check_times(bars.times, bars.known, names)
    for i, symbol in enumerate(bars.symbols):
        _check_prices(bars.quotes[:, i, :], bars.times, symbol)


def _check_times(times: np.ndarray, known: np.ndarray, names: str) -> None:
    steps = np.diff(times)
    if (steps <= 0).any():
        i = int(np.argmax(steps <= 0))
        if steps[i] == 0:
            raise ValueError(f"{names} bars: {at(times[i])} appears twice; keep one row for each time")
        raise ValueError(
            f"{names} bars: {at(times[i])} and {at(times[i + 1])} are out of order; sort by time"
        )
    if (known < times).any():
        i = int(np.argmax(known < times))
        raise ValueError(f"{names} bars: the bar of {at(times[i])} is known before it opens ({at(known[i])})")
    if (np.diff(known) < 0).any():
        i = int(np.argmax(np.diff(known) < 0))
        raise ValueError(f"{names} bars: the bar of {at(times[i + 1])} is known before the one ahead of it")


def _check_prices(quotes: np.ndarray, times: np.ndarray, symbol: str) -> None:
    missing = np.isnan(quotes)
    absent = missing.all(axis=1)
    faults = (
        (missing.any(axis=1) & ~absent, missing, "{} is nan; drop or fill the row"),
        (
            (~np.isfinite(quotes)).any(axis=1) & ~absent,
            ~np.isfinite(quotes) & ~missing,
            "{} is {}; not a price",
        ),
        ((quotes <= 0).any(axis=1), quotes <= 0, "{} is {}; prices are positive"),
    )
    for rows, cells, complaint in faults:
        if rows.any():
            i = int(np.argmax(rows))
            j = int(np.argmax(cells[i]))
            text = complaint.format(COLUMNS[j].replace("_", " "), quotes[i, j])
            raise ValueError(f"{symbol} bars: at {at(times[i])} {text}")
    for side, first in (("bid", 0), ("ask", 4)):
        o, h, low, c = (quotes[:, first + k] for k in range(4))
        wrong = (h < np.maximum(o, c)) | (low > np.minimum(o, c)) | (h < low)
        if wrong.any():
            i = int(np.argmax(wrong))
            prices = f"open {o[i]:g}, high {h[i]:g}, low {low[i]:g}, close {c[i]:g}"
            raise ValueError(
                f"{symbol} bars: at {at(times[i])} the {side} high and low do not span the bar ({prices})"
            )
    crossed = (quotes[:, :4] > quotes[:, 4:]).any(axis=1)
    if crossed.any():
        i = int(np.argmax(crossed))
        j = int(np.argmax(quotes[i, :4] > quotes[i, 4:]))
        bid, ask = quotes[i, j], quotes[i, j + 4]
        raise ValueError(
            f"{symbol} bars: at {at(times[i])} the bid {FIELDS[j]} {bid:g} is above the ask {ask:g}"
        )


def at(time_ns: int) -> str:
    """An instant as messages show it."""
    return f"{pd.Timestamp(int(time_ns), tz='UTC'):%Y-%m-%d %H:%M:%S} UTC".replace(":00 UTC", " UTC")


# --- one frame in ----------------------------------------------------------------------------------------


def from_frame(
    cls: type[Bars],
    frame: pd.DataFrame,
    symbol: str | Instrument,
    side: str,
    spread_pips: float | None,
    tz: str | None,
    every: str | pd.Timedelta | None,
    known_at: pd.DatetimeIndex | None,
) -> Bars:
    """See `Bars.from_frame`."""
    instrument = symbol if isinstance(symbol, Instrument) else Instrument(symbol)
    name = instrument.symbol
    times = utc_times(frame, name, tz)
    columns = {str(column).strip().lower(): column for column in frame.columns}
    prices = {key: _numbers(frame[column], name, key) for key, column in columns.items() if key in _WANTED}
    notes: tuple[str, ...] = ()
    if all(key in prices for key in COLUMNS):
        quotes = np.stack([prices[key] for key in COLUMNS], axis=1)
    else:
        lacking = [field for field in FIELDS if field not in prices]
        if lacking:
            raise ValueError(
                f"{name} frame: column {', '.join(lacking)} is missing; needs open high low close, "
                f"or bid_open … ask_close, and has {', '.join(map(str, frame.columns)) or 'no columns'}"
            )
        known_side = np.stack([prices[field] for field in FIELDS], axis=1)
        _no_holes(known_side, times, name)
        spread, notes = _spread(prices.get("spread"), spread_pips, instrument, times, side)
        quotes = complete(known_side, spread, side)
    volumes = prices["volume"][:, None] if "volume" in prices else None
    known = None if known_at is None else utc_ns(known_at)
    length = _length(times, every, name) if (every is not None or known is None) else _length_or_none(times)
    return cls(times, quotes[:, None, :], (instrument,), length, known, volumes, notes)


_WANTED = {*FIELDS, *COLUMNS, "volume", "spread"}


def utc_times(frame: pd.DataFrame, name: str, tz: str | None) -> np.ndarray:
    """(bars,) int64 UTC nanoseconds of a frame's index; a naive index needs `tz`."""
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"{name}: expected a DataFrame, got {type(frame).__name__}")
    index = frame.index
    if not isinstance(index, pd.DatetimeIndex):
        raise TypeError(
            f"{name} frame: the index holds {index.dtype}, not times; set a DatetimeIndex of opening times"
        )
    if index.hasnans:
        raise ValueError(f"{name} frame: row {int(np.argmax(index.isna()))} has no time; drop the row")
    if index.tz is None:
        if tz is None:
            raise ValueError(
                f"{name} frame: times have no time zone; say which with tz='UTC' or another IANA name"
            )
        try:
            index = index.tz_localize(tz, ambiguous="raise", nonexistent="raise")
        except Exception as error:
            raise ValueError(f"{name} frame: times cannot be read as {tz}: {error}") from None
    elif tz is not None and str(index.tz) != tz:
        raise ValueError(f"{name} frame: times already carry the zone {index.tz}; leave out tz={tz!r}")
    return utc_ns(index)


def utc_ns(index: pd.DatetimeIndex) -> np.ndarray:
    """(times,) int64 nanoseconds since 1970 UTC of a tz-aware index, whatever unit it is kept in."""
    if index.tz is None:
        raise ValueError("times have no time zone; localize them first")
    return index.tz_convert("UTC").as_unit("ns").asi8.copy()


def complete(known_side: np.ndarray, spread: np.ndarray | float, side: str) -> np.ndarray:
    """(bars, 8) bid and ask quotes from the four prices of one side and the spread, in price."""
    width = np.asarray(spread, dtype=np.float64).reshape(-1, 1)
    if side == "mid":
        return np.concatenate([known_side - width / 2, known_side + width / 2], axis=1)
    if side == "bid":
        return np.concatenate([known_side, known_side + width], axis=1)
    return np.concatenate([known_side - width, known_side], axis=1)


def _spread(
    column: np.ndarray | None, pips: float | None, instrument: Instrument, times: np.ndarray, side: str
) -> tuple[np.ndarray | float, tuple[str, ...]]:
    name = instrument.symbol
    if side not in SIDES:
        raise ValueError(f"{name}: side is {side!r}; write 'mid', 'bid' or 'ask'")
    if column is not None:
        wrong = ~(np.isfinite(column) & (column >= 0))
        if wrong.any():
            i = int(np.argmax(wrong))
            raise ValueError(f"{name} frame: at {at(times[i])} spread is {column[i]}; zero or more, in price")
        return column, ()
    if pips is None:
        raise ValueError(
            f"{name}: only {side} prices; give spread_pips so that bid and ask can be told apart"
        )
    if not (np.isfinite(pips) and pips >= 0):
        raise ValueError(f"{name}: spread_pips is {pips}; zero or more")
    width = f"{pips:g} {'pip' if pips == 1 else 'pips'}"
    return pips * instrument.pip, (f"{name}: {side} prices completed with a spread of {width}",)


def _no_holes(prices: np.ndarray, times: np.ndarray, name: str) -> None:
    holes = ~np.isfinite(prices)
    if holes.any():
        i, j = (int(k) for k in np.argwhere(holes)[0])
        raise ValueError(
            f"{name} bars: at {at(times[i])} {FIELDS[j]} is {prices[i, j]}; drop or fill the row"
        )
    if (prices <= 0).any():
        i, j = (int(k) for k in np.argwhere(prices <= 0)[0])
        raise ValueError(
            f"{name} bars: at {at(times[i])} {FIELDS[j]} is {prices[i, j]:g}; prices are positive"
        )


def _numbers(column: pd.Series, name: str, key: str) -> np.ndarray:
    if isinstance(column, pd.DataFrame):
        raise ValueError(f"{name} frame: column {key} appears twice")
    try:
        return column.to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        bad = next((value for value in column if not isinstance(value, (int, float, np.number))), None)
        raise ValueError(f"{name} frame: column {key} holds {bad!r}, not numbers") from None


def _length(times: np.ndarray, every: str | pd.Timedelta | None, name: str) -> int:
    if every is not None:
        return duration(every)
    found = _length_or_none(times)
    if found is None:
        raise ValueError(
            f"{name}: {len(times)} bars do not tell their length; pass every='1h' or another length"
        )
    return found


def _length_or_none(times: np.ndarray) -> int | None:
    steps = np.diff(times)
    if (steps <= 0).any():  # told better by the check of the bars
        return max(int(np.abs(steps).max()), 1)
    if not steps.size:
        return None
    lengths, counts = np.unique(steps, return_counts=True)
    return int(lengths[np.argmax(counts)])


# --- join and resample -----------------------------------------------------------------------------------


def join(cls: type[Bars], parts: Sequence[Bars], how: str) -> Bars:
    """See `Bars.join`."""
    parts = list(parts)
    if not parts:
        raise ValueError("nothing to join; give a list of Bars")
    if how not in ("inner", "outer"):
        raise ValueError(f"how is {how!r}; write 'inner' or 'outer'")
    lengths = {part.every_ns for part in parts}
    if len(lengths) > 1:
        found = ", ".join(
            f"{'+'.join(part.symbols)} {spell(part.every) if part.every else 'none'}" for part in parts
        )
        raise ValueError(f"bars of different lengths cannot be joined ({found}); resample them first")
    times = parts[0].times
    for part in parts[1:]:
        times = np.intersect1d(times, part.times) if how == "inner" else np.union1d(times, part.times)
    if not times.size:
        raise ValueError(
            f"{', '.join(s for part in parts for s in part.symbols)} have no common time; try how='outer'"
        )
    n_symbols = sum(len(part.symbols) for part in parts)
    quotes = np.full((len(times), n_symbols, 8), np.nan)
    volumes = np.full((len(times), n_symbols), np.nan)
    known = times.copy()
    notes: list[str] = []
    first = 0
    for part in parts:
        here = np.isin(part.times, times)
        rows = np.searchsorted(times, part.times[here])
        columns = slice(first, first + len(part.symbols))
        quotes[rows, columns] = part.quotes[here]
        if part.volumes is not None:
            volumes[rows, columns] = part.volumes[here]
        assert part.known is not None
        known[rows] = np.maximum(known[rows], part.known[here])
        first = columns.stop
        notes += part.notes
        amount = len(part) - len(rows) if how == "inner" else len(times) - len(rows)
        if amount:
            verb = "lost" if how == "inner" else "lacks"
            noun = "bar" if amount == 1 else "bars"
            notes += [f"{', '.join(part.symbols)} {verb} {amount:,} {noun} in the {how} join"]
    instruments = tuple(one for part in parts for one in part.instruments)
    has_volume = any(part.volumes is not None for part in parts)
    return cls(
        times, quotes, instruments, parts[0].every_ns, known, volumes if has_volume else None, tuple(notes)
    )


def followed_by(bars: Bars, more: Bars) -> Bars:
    """See `Bars.followed_by`."""
    if bars.instruments != more.instruments or bars.every_ns != more.every_ns:
        raise ValueError(f"{more!r} does not continue {bars!r}: other pairs or another bar length")
    if len(bars) and len(more) and more.times[0] <= bars.times[-1]:
        raise ValueError(
            f"{more!r} does not follow {bars!r}: the first new bar must open after the last old one"
        )
    assert bars.known is not None and more.known is not None
    volumes = None
    if bars.volumes is not None and more.volumes is not None:
        volumes = np.concatenate([bars.volumes, more.volumes])
    return bars._trusted(
        times=np.concatenate([bars.times, more.times]),
        quotes=np.concatenate([bars.quotes, more.quotes]),
        known=np.concatenate([bars.known, more.known]),
        volumes=volumes,
    )


def resample(bars: Bars, every: str | pd.Timedelta) -> Bars:
    """See `Bars.resample`."""
    length = duration(every)
    if bars.every_ns is None:
        raise ValueError("bars of no fixed length cannot be resampled")
    if length < bars.every_ns or length % bars.every_ns:
        raise ValueError(
            f"every is {spell(pd.Timedelta(every))}; "
            f"give a whole multiple of {spell(pd.Timedelta(bars.every_ns, unit='ns'))}"
        )
    opening = bars.times - bars.times % length
    starts = np.flatnonzero(np.diff(opening, prepend=opening[:1] - 1))
    n_symbols = len(bars.symbols)
    quotes = np.full((len(starts), n_symbols, 8), np.nan)
    volumes = None if bars.volumes is None else np.full((len(starts), n_symbols), np.nan)
    group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(bars))))
    for j in range(n_symbols):
        here = np.flatnonzero(~np.isnan(bars.quotes[:, j, 0]))  # a missing bar belongs to no group
        if not here.size:
            continue
        firsts = np.flatnonzero(np.diff(group[here], prepend=-1))
        lasts = np.append(firsts[1:], here.size) - 1
        rows = group[here][firsts]
        prices = bars.quotes[here, j]
        for side in (0, 4):
            quotes[rows, j, side] = prices[firsts, side]
            quotes[rows, j, side + 1] = np.maximum.reduceat(prices[:, side + 1], firsts)
            quotes[rows, j, side + 2] = np.minimum.reduceat(prices[:, side + 2], firsts)
            quotes[rows, j, side + 3] = prices[lasts, side + 3]
        if volumes is not None and bars.volumes is not None:
            volumes[rows, j] = np.add.reduceat(bars.volumes[here, j], firsts)
    times = opening[starts]
    assert bars.known is not None
    known = np.maximum(times + length, np.maximum.reduceat(bars.known, starts)) if len(starts) else times
    return bars.replace(times=times, quotes=quotes, every_ns=length, known=known, volumes=volumes)
