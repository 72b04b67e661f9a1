"""Random markets, accounts, costs and targets, all from one seed, wild enough that every rule is used."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

import fxlab as fx
from fxlab.strategy import TargetArrays

PRICES = {"EURUSD": 1.2, "USDJPY": 109.0, "GBPUSD": 1.4, "EURJPY": 131.0, "GBPJPY": 152.0, "AUDNZD": 1.07}
PRICES |= {"NZDUSD": 0.71, "USDCHF": 0.92}
# pairs, and the currencies that each of them has a route to
MARKETS = (
    (("EURUSD",), ("USD", "EUR")),
    (("USDJPY",), ("JPY", "USD")),
    (("EURUSD", "USDJPY"), ("USD", "EUR", "JPY")),
    (("EURJPY", "EURUSD"), ("USD", "EUR", "JPY")),
    (("AUDNZD", "NZDUSD"), ("USD",)),
    (("EURUSD", "USDJPY", "GBPJPY"), ("USD", "EUR", "JPY")),
    (("USDCHF", "EURUSD", "GBPUSD"), ("USD", "EUR")),
    (("EURUSD", "GBPUSD"), ("USD",)),
)
START = pd.Timestamp("2021-03-08 09:00", tz="UTC")  # a Monday; New York's clocks change on the 14th


def random_bars(
    rng: np.random.Generator,
    symbols: tuple[str, ...],
    n: int,
    volatility: float = 0.002,
    missing: float = 0.0,
    every: str = "4h",
    on_grid: bool = False,
) -> fx.Bars:
    """Bars of ticks that wander and jump, bid and ask with a spread of their own at each tick.

    Args:
        volatility: standard deviation of a bar's return. missing: share of bars that a pair lacks, never the first,
            except GBPUSD beside EURUSD, which no other pair needs.
        on_grid: prices on powers of two, where sums are exact, so that prices meet levels and fall on neither side.
    """
    quotes = np.empty((n, len(symbols), 8))
    n_ticks = 6
    for s, symbol in enumerate(symbols):
        steps = rng.normal(0.0, volatility / math.sqrt(n_ticks), n * n_ticks)
        gaps = rng.random(n) < 0.1
        steps[::n_ticks] += np.where(gaps, rng.normal(0.0, 2 * volatility, n), 0.0)
        mid = (PRICES[symbol] * np.exp(np.cumsum(steps))).reshape(n, n_ticks)
        half = mid * 1e-4 * rng.uniform(0.05, 1.0, mid.shape)
        if on_grid:
            pip = instrument(symbol, on_grid).pip
            mid, half = np.round(mid / pip) * pip, pip * rng.integers(0, 3, mid.shape)
        for first, side in ((0, mid - half), (4, mid + half)):
            quotes[:, s, first] = side[:, 0]
            quotes[:, s, first + 1] = side.max(axis=1)
            quotes[:, s, first + 2] = side.min(axis=1)
            quotes[:, s, first + 3] = side[:, -1]
        absent = rng.random(n) < missing
        absent[0] = False
        if symbols == ("EURUSD", "GBPUSD") and s == 1 and missing:
            absent[: rng.integers(n // 3)] = True
        quotes[absent, s] = np.nan
    length = pd.Timedelta(every).as_unit("ns").value
    times = START.as_unit("ns").value + length * np.arange(n)
    return fx.Bars(times, quotes, tuple(instrument(symbol, on_grid) for symbol in symbols), length)


def instrument(symbol: str, on_grid: bool) -> fx.Instrument:
    """The pair with its usual sizes, or with powers of two near them."""
    if not on_grid:
        return fx.Instrument(symbol)
    return fx.Instrument(symbol, pip=2**-7 if symbol.endswith("JPY") else 2**-13, lot=2**17, lot_step=2**-6)


def random_costs(rng: np.random.Generator, symbols: tuple[str, ...], currency: str) -> fx.Costs:
    """Each kind of cost or none of it, some of them a table by pair."""

    def maybe(draw: float, share: float = 0.5) -> Any:
        if rng.random() > share:
            return 0.0
        if rng.random() < 0.3:
            return {symbol: draw * rng.uniform(0.5, 1.5) for symbol in symbols}
        return draw

    kind = rng.integers(4)
    swap: Any = None
    rates = None
    if kind == 1:
        swap = {symbol: (rng.normal(0.0, 1.0), rng.normal(-0.5, 1.0)) for symbol in symbols}
    elif kind == 2:
        swap = "rates"
        months = pd.date_range("2020-12-01", periods=9, freq="MS")
        currencies = sorted({code for symbol in symbols for code in (symbol[:3], symbol[3:])})
        rates = pd.DataFrame(rng.normal(1.0, 2.0, (9, len(currencies))), index=months, columns=currencies)
    fee_currencies = [None, currency, *(symbol[3:] for symbol in symbols)]
    worth = 100.0 if currency == "JPY" else 1.0
    return fx.Costs(
        spread_pips=rng.uniform(0.2, 3.0) if rng.random() < 0.4 else None,
        spread_scale=rng.choice([1.0, 1.0, 0.5, 3.0]),
        slippage_pips=maybe(rng.uniform(0.1, 2.0)),
        commission_per_lot=maybe(rng.uniform(1.0, 8.0) * worth),
        commission_bps=maybe(rng.uniform(0.05, 1.0), 0.3),
        commission_min=maybe(rng.uniform(0.5, 6.0), 0.3),
        commission_currency=fee_currencies[rng.integers(len(fee_currencies))],
        swap=swap,
        rates=rates,
        swap_markup=maybe(rng.uniform(0.1, 1.0)) if kind == 2 else 0.0,
    )


def random_account(rng: np.random.Generator, symbols: tuple[str, ...], currency: str) -> fx.Account:
    """From roomy to reckless."""
    leverage: Any = float(rng.choice([2.0, 30.0, 100.0, 500.0]))
    if rng.random() < 0.3:
        leverage = {symbol: leverage * rng.uniform(0.5, 1.5) for symbol in symbols}
    return fx.Account(
        balance=rng.choice([2_000.0, 10_000.0, 250_000.0]) * (100.0 if currency == "JPY" else 1.0),
        currency=currency,
        leverage=leverage,
        margin_call=rng.choice([0.8, 1.0, 1.5]),
        stop_out=rng.choice([0.0, 0.2, 0.5, 1.0]),
    )


def random_targets(
    rng: np.random.Generator, bars: fx.Bars, account: fx.Account, volatility: float
) -> TargetArrays:
    """Steps and holes of exposure or lots, with brackets about as wide as the bars."""
    n, symbols = len(bars), bars.symbols
    in_lots = bool(rng.random() < 0.4)
    leverage = account.leverage if isinstance(account.leverage, float) else min(account.leverage.values())  # type: ignore[union-attr]
    largest = leverage * rng.choice([0.1, 0.5, 1.1]) / len(symbols)
    values = rng.choice([-1.0, -0.5, 0.0, 0.5, 1.0, 1.0, 0.3, 1e-6], (n, len(symbols))) * largest
    if in_lots:
        worth = account.balance / (100.0 if account.currency == "JPY" else 1.0)
        values *= worth / 100_000.0
    values[rng.random(values.shape) < rng.choice([0.2, 0.7, 0.95])] = np.nan
    values[0] = np.where(np.isnan(values[0]), 0.0, values[0])
    shape = (n, len(symbols)) if rng.random() < 0.5 else (1, len(symbols))
    brackets = np.full((*shape, 5), np.nan)
    for s, symbol in enumerate(symbols):
        bar_pips = PRICES[symbol] * volatility / bars.instruments[s].pip
        for k, share in enumerate((0.6, 0.5, 0.4, 0.35)):
            if rng.random() < share:
                brackets[:, s, k] = bar_pips * rng.uniform(0.1, 3.0, shape[0])
        if rng.random() < 0.5:
            brackets[:, s, 4] = rng.integers(1, 6, shape[0])
    if bars.instruments[0].lot != 100_000.0:
        brackets = np.maximum(np.round(brackets), 1.0)
    brackets[rng.random(brackets.shape) < 0.1] = np.nan
    return TargetArrays(values, in_lots, brackets, float(rng.choice([0.0, 0.0, 0.02])))


def random_run(seed: int, n: int = 120) -> tuple[fx.Bars, fx.Costs, fx.Account, TargetArrays, bool]:
    """Everything that one run needs, and whether it closes at the end."""
    rng = np.random.default_rng(seed)
    symbols, currencies = MARKETS[rng.integers(len(MARKETS))]
    currency = str(rng.choice(currencies))
    volatility = float(rng.choice([0.0005, 0.002, 0.01]))
    missing = float(rng.choice([0.0, 0.0, 0.15]))
    on_grid = bool(rng.random() < 0.3)
    bars = random_bars(rng, symbols, n, volatility, missing, str(rng.choice(["1h", "4h", "12h"])), on_grid)
    account = random_account(rng, symbols, currency)
    costs = fx.Costs() if on_grid and rng.random() < 0.5 else random_costs(rng, symbols, currency)
    targets = random_targets(rng, bars, account, volatility)
    return bars, costs, account, targets, bool(rng.random() < 0.5)


def as_targets(arrays: TargetArrays, bars: fx.Bars) -> fx.Targets:
    """The same targets as a user would write them."""
    columns = list(bars.symbols)

    def frame(values: np.ndarray) -> pd.DataFrame:
        whole = np.broadcast_to(values, (len(bars), len(columns)))
        return pd.DataFrame(whole.copy(), index=bars.index, columns=columns)

    names = (
        "stop_loss_pips",
        "take_profit_pips",
        "trailing_stop_pips",
        "entry_limit_pips",
        "limit_expiry_bars",
    )
    distances: dict[str, Any] = {name: frame(arrays.brackets[:, :, k]) for k, name in enumerate(names)}
    what: dict[str, Any] = {"lots" if arrays.in_lots else "exposure": frame(arrays.values)}
    return fx.Targets(**what, **distances, min_change=arrays.min_change)
