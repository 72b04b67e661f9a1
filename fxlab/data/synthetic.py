"""Made-up bars with a known law, from a seed: to see what a method finds where the truth is known."""

from __future__ import annotations

import difflib
from typing import Any

import numpy as np
import pandas as pd

from fxlab.data.errors import DataError
from fxlab.data.span import bar_length, checked_span
from fxlab.market import Bars, Instrument, bars_per_year, is_open

KINDS = ("random_walk", "trend", "mean_reverting", "sine")
SPREAD_PIPS = 0.8
START = "2020-01-06"  # a Monday
N_BARS = 5_000
STEPS = 12  # of the finer path inside a bar, from which its high and low are taken
MOST_BARS = 20_000_000  # an `end` far away would fill the memory
DAY_NS = 86_400_000_000_000

# Rough dollars for one unit, so that a made-up USDJPY stands near 110 and crosses agree at the start.
_DOLLARS = {
    "AUD": 0.70, "BRL": 0.20, "CAD": 0.76, "CHF": 1.04, "CNY": 0.145, "CZK": 0.044, "DKK": 0.149, "EUR": 1.12,
    "GBP": 1.30, "HKD": 0.128, "HUF": 0.0033, "IDR": 7e-5, "ILS": 0.28, "INR": 0.0135, "JPY": 1 / 110,
    "KRW": 8.5e-4, "MXN": 0.052, "MYR": 0.24, "NOK": 0.112, "NZD": 0.66, "PHP": 0.0195, "PLN": 0.26,
    "RON": 0.234, "RUB": 0.016, "SEK": 0.106, "SGD": 0.74, "THB": 0.033, "TRY": 0.17, "USD": 1.0, "ZAR": 0.07,
}  # fmt: skip


def synthetic_bars(
    instruments: list[Instrument],
    *,
    start: Any = None,
    end: Any = None,
    every: Any = None,
    spread_pips: float | None = None,
    kind: str = "random_walk",
    seed: int = 0,
    n_bars: int | None = None,
    volatility: float = 0.08,
    drift: float = 0.1,
    half_life_bars: float = 48.0,
    period_bars: float = 240.0,
) -> Bars:
    """Bars of a seeded random process; the same arguments give the same bytes.

    Each pair has a stream of its own, made from its name and the seed: adding a pair, or asking for more
    bars, changes none that were there. Pairs are independent: EURUSD, USDJPY and EURJPY form no triangle.
    High and low come from a path of 12 steps inside each bar. No jump over weekends.

    Args:
        instruments: the pairs.
        start, end: span of opening times; `start` is "2020-01-06", a Monday, unless given. Intraday bars open
            on multiples of `every`, those that the FX week touches; daily ones at 00:00 on weekdays.
        every: length of a bar, "1h" unless given.
        spread_pips: constant spread, 0.8 unless given.
        kind: of the log price, with s the standard deviation of a bar's return,
            "random_walk": independent normal returns, nothing to predict;
            "trend": the same plus a constant drift of `drift` · s a bar;
            "mean_reverting": pulled back to the first price, half of the way in `half_life_bars`
            (Ornstein-Uhlenbeck);
            "sine": a wave of `period_bars` whose returns have the root mean square s, plus a random walk of
            s / 10.
        seed: zero or more.
        n_bars: bars from `start` on, 5,000 unless `end` is given.
        volatility: standard deviation of returns in a year, as a fraction (0.08 is 8 %).

    Raises:
        DataError: an unknown kind, a value out of range, both `end` and `n_bars`, or a span without bars.

    Source: Uhlenbeck & Ornstein (1930), "On the Theory of the Brownian Motion", Physical Review 36.
    """
    _check(kind, seed, n_bars, end, volatility, half_life_bars, period_bars)
    length = pd.Timedelta("1h") if every is None else bar_length(every)
    times = _opening_times(START if start is None else start, end, n_bars, length.as_unit("ns").value)
    sigma = volatility / np.sqrt(bars_per_year(length.as_unit("ns").value))
    spread = SPREAD_PIPS if spread_pips is None else spread_pips
    parts = []
    for instrument in instruments:
        rng = np.random.default_rng([seed, *instrument.symbol.encode()])
        path = _log_path(kind, rng, len(times), sigma, drift, half_life_bars, period_bars)
        prices = _ohlc(path, start_price(instrument) or 1.0, 10 / instrument.pip)
        frame = pd.DataFrame(prices, index=pd.DatetimeIndex(times, tz="UTC"), columns=list(_OHLC))
        parts.append(Bars.from_frame(frame, instrument, side="mid", spread_pips=spread, every=length))
    bars = parts[0] if len(parts) == 1 else Bars.join(parts)
    note = f"{', '.join(bars.symbols)}: synthetic prices ({kind}, seed {seed}), not a market"
    return bars.replace(notes=(note, *bars.notes))


_OHLC = ("open", "high", "low", "close")


def _check(
    kind: str,
    seed: int,
    n_bars: int | None,
    end: Any,
    volatility: float,
    half_life_bars: float,
    period_bars: float,
) -> None:
    if kind not in KINDS:
        near = difflib.get_close_matches(str(kind), KINDS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise DataError(f"kind is {kind!r}, which is not one of {', '.join(KINDS)}{hint}")
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise DataError(f"seed is {seed!r}; give a whole number, zero or more")
    if n_bars is not None and end is not None:
        raise DataError(f"both end {end} and n_bars {n_bars} are given; leave one of them out")
    if n_bars is not None and not 1 <= n_bars <= MOST_BARS:
        raise DataError(f"n_bars is {n_bars}; give 1 to {MOST_BARS:,}")
    positive = {"volatility": volatility, "half_life_bars": half_life_bars, "period_bars": period_bars}
    for name, value in positive.items():
        if not (np.isfinite(value) and value > 0):
            raise DataError(f"{name} is {value}; give a positive number")


def _opening_times(start: Any, end: Any, n_bars: int | None, length: int) -> np.ndarray:
    """(bars,) int64 opening times on the grid of `length` that begins at midnight UTC."""
    first, last = checked_span(start, end)
    assert first is not None
    grid = min(length, DAY_NS)
    first = -(-first // grid) * grid
    if grid == DAY_NS:  # steps of a week from a Saturday would meet no weekday
        first += DAY_NS * {5: 2, 6: 1}.get(pd.Timestamp(first).day_of_week, 0)
    if last is None:
        n_bars = N_BARS if n_bars is None else n_bars
        n_steps = (
            int(n_bars * 1.6) + 3 * DAY_NS // grid
        )  # five of seven days are open, and a weekend may lead
    else:
        n_steps = max((last - first) // length + 1, 0)
        if n_steps > MOST_BARS:
            raise DataError(
                f"{n_steps:,} bars from {start} to {end} are too many; choose a longer every or a nearer end"
            )
    times = first + length * np.arange(n_steps, dtype=np.int64)
    if length < DAY_NS:
        times = times[is_open(times) | is_open(times + length - 1)]  # a bar may begin before the week does
    else:
        times = times[pd.DatetimeIndex(times, tz="UTC").day_of_week.to_numpy() < 5]
    times = times[:n_bars]
    if not len(times):
        raise DataError(
            f"no bar opens from {start} to {end}: the FX week is closed, or the span is too short"
        )
    return times


def _log_path(
    kind: str,
    rng: np.random.Generator,
    n_bars: int,
    sigma: float,
    drift: float,
    half_life_bars: float,
    period_bars: float,
) -> np.ndarray:
    """(bars, steps) log price relative to the first price; `sigma` is the standard deviation of a bar."""
    shocks = rng.standard_normal(n_bars * STEPS) * (sigma / np.sqrt(STEPS))
    steps = np.arange(1, n_bars * STEPS + 1)
    if kind == "random_walk":
        path = np.cumsum(shocks)
    elif kind == "trend":
        path = np.cumsum(shocks) + drift * sigma / STEPS * steps
    elif kind == "mean_reverting":
        path = _autoregression(shocks, 0.5 ** (1 / (half_life_bars * STEPS)))
    else:
        # the bar returns of a wave A sin(2 pi t / P) have the root mean square A sqrt(2) sin(pi / P)
        amplitude = sigma / (np.sqrt(2) * np.sin(np.pi / max(period_bars, 2.0)))
        path = amplitude * np.sin(2 * np.pi * steps / (period_bars * STEPS)) + 0.1 * np.cumsum(shocks)
    return path.reshape(n_bars, STEPS)


def _autoregression(shocks: np.ndarray, phi: float) -> np.ndarray:
    """x[t] = phi * x[t - 1] + shocks[t], x[-1] = 0; the exponential average is that recursion, compiled."""
    scaled = shocks.copy()
    scaled[0] *= 1 - phi
    return pd.Series(scaled).ewm(alpha=1 - phi, adjust=False).mean().to_numpy() / (1 - phi)


def _ohlc(path: np.ndarray, start_price: float, ticks: float) -> np.ndarray:
    """(bars, 4) prices from the (bars, steps) log path, with `ticks` ticks to a whole unit of price.

    A bar opens where the last one closed.
    """
    prices = np.round(start_price * np.exp(path) * ticks) / ticks
    opens = np.concatenate([[np.round(start_price * ticks) / ticks], prices[:-1, -1]])
    high = np.maximum(opens, prices.max(axis=1))
    low = np.minimum(opens, prices.min(axis=1))
    return np.stack([opens, high, low, prices[:, -1]], axis=1)


def start_price(instrument: Instrument) -> float | None:
    """A rough price of the pair around 2020, to one digit or two; None where a currency is unknown."""
    if instrument.base in _DOLLARS and instrument.quote in _DOLLARS:
        return _DOLLARS[instrument.base] / _DOLLARS[instrument.quote]
    return None
