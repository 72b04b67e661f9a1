"""What is benchmarked: bars, signals, costs, and how fxlab runs them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import fxlab as fx
from fxlab.execution import make_tape
from fxlab.execution.counting import Counter
from fxlab.strategy import target_arrays

LOT = 100_000
LOTS = 0.1
STOP_PIPS, TARGET_PIPS, TRAIL_PIPS = 20.0, 30.0, 25.0
SPREAD_PIPS, SLIPPAGE_PIPS, COMMISSION_BPS = 0.8, 0.1, 0.3
FOUR = ("Return [%]", "Sharpe ratio", "Max drawdown [%]", "Trades")

# Every money rule is on: bid and ask, slippage, commission, swap, margin, margin call and stop-out.
COSTS = fx.Costs(slippage_pips=SLIPPAGE_PIPS, commission_bps=COMMISSION_BPS, swap={"EURUSD": (-0.6, 0.3)})
# So much that nobody is ruined half-way: a million bars hold 20,000 trades, each of which pays its costs.
ACCOUNT = fx.Account(balance=1_000_000.0)
BALANCE = ACCOUNT.balance


def minute_bars(n: int) -> fx.Bars:
    """n one-minute bars of a random walk."""
    return fx.load_bars("EURUSD", source="synthetic", n_bars=n, every="1min", start="1990-01-01", seed=1)


def held_signal(n: int, hold: int = 25, seed: int = 0) -> np.ndarray:
    """(n,) −1 or 1, drawn anew every `hold` bars: it turns every 2 × hold bars on average. Flat in the first and
    last five, so that all can open and close."""
    draws = np.random.default_rng(seed).choice(np.array([-1, 1], dtype=np.int8), n // hold + 1)
    signal = np.repeat(draws, hold)[:n]
    signal[:5] = signal[-5:] = 0
    return signal


def many_signals(n_combos: int, n: int) -> np.ndarray:
    """(combos, n) int8 signals that turn every 20 to 80 bars."""
    return np.stack([held_signal(n, 10 + k % 31, seed=k) for k in range(n_combos)])


def levels(stops: bool, trail: bool = False) -> dict[str, float]:
    """Stop and target of Targets, and a trailing stop too."""
    found = {"stop_loss_pips": STOP_PIPS, "take_profit_pips": TARGET_PIPS} if stops else {}
    return found | ({"trailing_stop_pips": TRAIL_PIPS} if trail else {})


def run(
    bars: fx.Bars, targets: fx.Targets, costs: fx.Costs = COSTS
) -> tuple[fx.Result, pd.Series, pd.DataFrame]:
    """A single run with its equity and its trades produced."""
    result = fx.backtest(targets, bars, costs=costs, account=ACCOUNT)
    return result, result.equity, result.trades


def sweep_of_signals(bars: fx.Bars, signals: np.ndarray, costs: fx.Costs = COSTS) -> pd.DataFrame:
    """Four statistics of each row of signals, counted in the pass of the fills."""
    tape = make_tape(bars, costs, ACCOUNT)
    counter = Counter(tape, tape.lean())
    rows = []
    for signal in signals:
        figures = counter.count(target_arrays(fx.Targets(lots=signal * LOTS), bars))
        rows.append([figures[name] for name in FOUR])
    return pd.DataFrame(rows, columns=list(FOUR))


@fx.strategy.shared
def average(bars: fx.Bars, length: int) -> np.ndarray:
    return bars.close["EURUSD"].rolling(length).mean().to_numpy()


def ma_cross(bars: fx.Bars, fast: int, slow: int) -> fx.Targets:
    return fx.Targets(lots=np.sign(average(bars, fast) - average(bars, slow)) * LOTS)


def windows(n: int) -> list[int]:
    """n window lengths, every pair of which is a combination."""
    return [5 + 4 * k for k in range(n)]


def sweep_of_averages(bars: fx.Bars, n_windows: int, costs: fx.Costs = COSTS) -> pd.DataFrame:
    """From bars to the table of every pair of windows, indicators included."""
    lengths = windows(n_windows)
    grid = [{"fast": fast, "slow": slow} for k, fast in enumerate(lengths) for slow in lengths[k + 1 :]]
    return fx.sweep(
        ma_cross, bars, grid, costs=costs, account=ACCOUNT, executor="serial", progress=False
    ).table


def plain_costs() -> fx.Costs:
    """Costs that every peer can express to the cent: no spread, a commission in proportion to the notional."""
    return fx.Costs(spread_pips=0.0, commission_bps=COMMISSION_BPS)


def settings(**changes: Any) -> fx.Costs:
    """COSTS with some of them changed."""
    return fx.Costs(**{name: getattr(COSTS, name) for name in COSTS.__dataclass_fields__} | changes)
