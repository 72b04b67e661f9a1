"""Headlines made up from a seed, with known labels: no real ones ship with fxlab."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fxlab.data.errors import DataError
from fxlab.data.headlines import LATENCY, latency_ns
from fxlab.market import Bars, is_open

DAY_NS = 86_400_000_000_000
_DAYS_BEFORE_1970 = 1_000_000  # a seed must not be negative

_NAMES = {  # currency: its name, its central bank, its economy
    "AUD": ("Australian dollar", "RBA", "Australia"),
    "CAD": ("Canadian dollar", "Bank of Canada", "Canada"),
    "CHF": ("Swiss franc", "SNB", "Switzerland"),
    "EUR": ("euro", "ECB", "the euro zone"),
    "GBP": ("sterling", "Bank of England", "Britain"),
    "JPY": ("yen", "Bank of Japan", "Japan"),
    "NOK": ("Norwegian krone", "Norges Bank", "Norway"),
    "NZD": ("New Zealand dollar", "RBNZ", "New Zealand"),
    "SEK": ("Swedish krona", "Riksbank", "Sweden"),
    "USD": ("US dollar", "Fed", "the United States"),
}
_HAVENS = ("USD", "JPY", "CHF")  # sought when risk is shunned
_MONETARY = {
    1: (
        "{bank} signals further rate hikes as inflation stays high in {place}",
        "Hawkish {bank} minutes lift the {name}",
        "{bank} raises rates by more than expected",
        "Traders price out {bank} rate cuts",
    ),
    -1: (
        "{bank} signals rate cuts as growth slows in {place}",
        "Dovish {bank} minutes weigh on the {name}",
        "{bank} cuts rates by more than expected",
        "Traders bet on earlier {bank} rate cuts",
    ),
    0: (
        "{bank} keeps rates unchanged, as expected",
        "{bank} governor speaks on payment systems",
    ),
}
_ECONOMIC = {
    1: (
        "{name} rises after strong jobs data from {place}",
        "Growth in {place} beats forecasts, {name} gains",
    ),
    -1: (
        "{name} falls after weak jobs data from {place}",
        "Growth in {place} misses forecasts, {name} slides",
    ),
    0: (
        "{name} little changed ahead of inflation data",
        "{name} trades in a narrow range",
    ),
}
_RISK_OFF = (
    "Risk-off mood grips markets, {name} {verb}",
    "Stocks tumble on recession fears, {name} {verb}",
)
_RISK_ON = (
    "Risk-on mood returns to markets, {name} {verb}",
    "Stocks rally on trade hopes, {name} {verb}",
)


def synthetic_headlines(
    bars: Bars,
    n_per_day: int = 4,
    seed: int = 0,
    signal: float = 0.0,
    latency: str | pd.Timedelta = LATENCY,
) -> pd.DataFrame:
    """Made-up FX headlines over the span of some bars, with the direction each one was written to have.

    A small grammar: templates times the currencies of the bars times policy, economy, risk-on and risk-off
    events. Publication times are uniform over each UTC day; those outside the open FX week are left out. Each
    day has random numbers of its own, made from the seed and the date: a shorter span holds the same ones.

    With signal = 0 the headlines know nothing of prices: only the calendar span and the pairs of `bars` are
    used, and any profit found in them is luck. **signal > 0 looks into the future on purpose**: that share of
    headlines is written to agree with the return of the following 24 hours, to test that the machinery finds
    what is there. Never show such a result without saying so.

    Args:
        bars: their pairs name the currencies; their first opening and last known time bound the span.
        n_per_day: headlines a day of 24 open hours.
        seed: zero or more.
        signal: 0 to 1, the share of headlines that agree with the next day's return.
        latency: from publication until the headline is available.

    Returns:
        Rows sorted by time: published_at and available_at (UTC), headline, source ("synthetic"), and the
        labels currency (the one spoken of) and direction (+1 up, -1 down, 0 neither).

    Raises:
        DataError: a value out of range, or bars without a bar.
    """
    if not len(bars):
        raise DataError("no bars to write headlines for; widen the span")
    if not 1 <= n_per_day <= 10_000:
        raise DataError(f"n_per_day is {n_per_day}; give 1 to 10,000")
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise DataError(f"seed is {seed!r}; give a whole number, zero or more")
    if not 0 <= signal <= 1:
        raise DataError(f"signal is {signal}; give a share from 0 to 1")
    wait = latency_ns(latency)
    currencies = tuple(dict.fromkeys(c for one in bars.instruments for c in (one.base, one.quote)))
    draws = _draws(bars, n_per_day, int(seed))
    published = draws[:, 0].astype(np.int64)
    spoken = (draws[:, 1] * len(currencies)).astype(int)
    direction = np.select([draws[:, 2] < 0.4, draws[:, 2] < 0.8], [1, -1], default=0)
    if signal > 0:
        told = draws[:, 5] < signal
        direction = np.where(
            told, _next_day_direction(bars, currencies, published, spoken, direction), direction
        )
    texts = [
        _text(currencies[spoken[k]], int(direction[k]), draws[k, 3], draws[k, 4]) for k in range(len(draws))
    ]
    return pd.DataFrame(
        {
            "published_at": pd.DatetimeIndex(published, tz="UTC"),
            "available_at": pd.DatetimeIndex(published + wait, tz="UTC"),
            "headline": pd.Series(texts, dtype="str"),
            "source": pd.Series("synthetic", index=range(len(draws)), dtype="str"),
            "currency": pd.Series([currencies[k] for k in spoken], dtype="str"),
            "direction": direction.astype(np.int64),
        }
    )


def _draws(bars: Bars, n_per_day: int, seed: int) -> np.ndarray:
    """(headlines, 6) publication time in ns (a whole second, exact in float64) and five uniform numbers."""
    first, last = int(bars.times[0]), int(bars.known_at[-1].as_unit("ns").value)
    parts = []
    for day in range(first // DAY_NS, last // DAY_NS + 1):
        uniform = np.random.default_rng([seed, day + _DAYS_BEFORE_1970]).random((n_per_day, 6))
        uniform[:, 0] = day * DAY_NS + np.floor(uniform[:, 0] * 86_400) * 1e9
        parts.append(uniform[np.argsort(uniform[:, 0], kind="stable")])
    draws = np.concatenate(parts)
    times = draws[:, 0].astype(np.int64)
    return draws[is_open(times) & (times >= first) & (times <= last)]


def _next_day_direction(
    bars: Bars, currencies: tuple[str, ...], published: np.ndarray, spoken: np.ndarray, otherwise: np.ndarray
) -> np.ndarray:
    """(headlines,) sign of the currency's return over the next 24 hours of bars; `otherwise` if none."""
    per_day = 1 if bars.every_ns is None else max(int(DAY_NS // bars.every_ns), 1)
    known = bars.known_at.as_unit("ns").asi8
    now = np.searchsorted(known, published, side="right") - 1
    then = now + per_day
    inside = (now >= 0) & (then < len(bars))
    close = bars.mid(3)
    out = otherwise.copy()
    for k, currency in enumerate(currencies):
        j = next(i for i, one in enumerate(bars.instruments) if currency in (one.base, one.quote))
        side = 1 if bars.instruments[j].base == currency else -1
        rows = np.flatnonzero(inside & (spoken == k))
        change = close[then[rows], j] - close[now[rows], j]
        moved = np.isfinite(change) & (change != 0)
        out[rows[moved]] = side * np.sign(change[moved]).astype(int)
    return out


def _text(currency: str, direction: int, kind: float, variant: float) -> str:
    name, bank, place = _NAMES.get(currency, (currency, f"{currency} central bank", f"the {currency} area"))
    verb = "gains" if direction > 0 else "slips"
    if kind < 0.4 or (direction == 0 and kind < 0.5):
        choices = _MONETARY[direction]
    elif kind < 0.8 or direction == 0:
        choices = _ECONOMIC[direction]
    else:
        shunned = (currency in _HAVENS) == (direction > 0)
        choices = _RISK_OFF if shunned else _RISK_ON
    text = choices[int(variant * len(choices))].format(name=name, bank=bank, place=place, verb=verb)
    return text[0].upper() + text[1:]
