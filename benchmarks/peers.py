"""The same work done by others, each given its fastest way: vectorbt, backtesting.py, and plain Python.

None of them is needed: what is not installed is left out. vectorbt comes with `pip install "fxlab[vectorbt]"`, its
Rust engine with `pip install vectorbt-rust==1.2.0`; backtesting.py (AGPL, so no dependency of ours) with
`pip install backtesting`.
"""

from __future__ import annotations

import sys
import warnings
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd

import fxlab as fx
from benchmarks.cases import (
    BALANCE,
    COMMISSION_BPS,
    FOUR,
    LOT,
    LOTS,
    SLIPPAGE_PIPS,
    SPREAD_PIPS,
    STOP_PIPS,
    TARGET_PIPS,
    windows,
)
from benchmarks.measuring import ROOT

FEES = COMMISSION_BPS * 1e-4
PIP = 1e-4


def vectorbt_engines() -> list[str]:
    """Engines of vectorbt that are installed, the faster first."""
    if find_spec("vectorbt") is None:
        return []
    return (["rust"] if find_spec("vectorbt_rust") is not None else []) + ["numba"]


class Vectorbt:
    """vectorbt on the bars of one pair.

    It is handed everything ready made, outside the clock: an index without a time zone (over one that has it, wrapping
    a million bars takes twelve seconds), signals that are delayed by a bar since it fills in the bar of the signal, and
    fill prices that hold half the spread and the slippage, so that both sides pay the same.
    """

    def __init__(self, bars: fx.Bars, engine: str) -> None:
        import vectorbt

        self.vbt, self.engine = vectorbt, engine
        self.close = bars.close["EURUSD"].tz_localize(None)
        self.opens, self.high, self.low = (
            np.ascontiguousarray(frame["EURUSD"].to_numpy()) for frame in (bars.open, bars.high, bars.low)
        )

    def orders(
        self, signal: np.ndarray, worse_pips: float = SPREAD_PIPS / 2 + SLIPPAGE_PIPS
    ) -> dict[str, Any]:
        """Signals and fill prices of one run."""
        found = turns(signal)
        price = self.opens.copy()
        before = np.append(0, held(signal)[:-1])
        buys = found["entries"] | (found["exits"] & (before < 0))
        sells = found["short_entries"] | (found["exits"] & (before > 0))
        price[buys] += worse_pips * PIP
        price[sells] -= worse_pips * PIP
        return found | {"short_exits": found["exits"], "price": price}

    def portfolio(self, orders: dict[str, Any], levels: dict[str, Any] | None = None, **more: Any) -> Any:
        """A Portfolio of fixed-size positions that turn on the opposite signal."""
        settings = {"size": LOTS * LOT, "fees": FEES, "init_cash": BALANCE, "freq": "1min"}
        prices = {"open": self.opens, "high": self.high, "low": self.low} if levels else {}
        return self.vbt.Portfolio.from_signals(
            self.close,
            **orders,
            **prices,
            **(levels or {}),
            **(settings | more),
            upon_opposite_entry="reverse",
            engine=self.engine,
        )

    def run(self, orders: dict[str, Any], levels: dict[str, Any] | None = None) -> tuple[Any, Any, Any]:
        """A single run with its equity and its trades produced."""
        portfolio = self.portfolio(orders, levels)
        return portfolio, portfolio.value(), portfolio.trades.records

    def levels(self, exact: bool) -> dict[str, Any]:
        """Stop and target as shares of the fill price: of each bar's, or of the mean price (less to read)."""
        base = self.opens if exact else float(self.opens.mean())
        return {
            "sl_stop": STOP_PIPS * PIP / base,
            "tp_stop": TARGET_PIPS * PIP / base,
            "stop_entry_price": "fillprice",
        }

    def sweep_of_signals(self, found: dict[str, np.ndarray], fees: float) -> pd.DataFrame:
        """Four statistics of each column of signals."""
        columns = {"short_exits": found["exits"]} | found
        return statistics_of(self.portfolio(columns, price=self.opens[:, None], fees=fees))

    def sweep_of_averages(self, n_windows: int, fees: float) -> pd.DataFrame:
        """From bars to the table of every pair of windows, indicators included."""
        fast, slow = self.vbt.MA.run_combs(
            self.close, window=windows(n_windows), r=2, short_names=["fast", "slow"], engine=self.engine
        )
        entries = fast.ma_crossed_above(slow).vbt.signals.fshift(1)
        short_entries = fast.ma_crossed_below(slow).vbt.signals.fshift(1)
        portfolio = self.portfolio(
            {"entries": entries, "short_entries": short_entries}, price=self.opens[:, None], fees=fees
        )
        return statistics_of(portfolio)


def statistics_of(portfolio: Any) -> pd.DataFrame:
    """The four figures of a sweep, named as ours."""
    told = (
        portfolio.total_return() * 100,
        portfolio.sharpe_ratio(),
        portfolio.max_drawdown() * -100,
        portfolio.trades.closed.count(),
    )
    return pd.DataFrame(dict(zip(FOUR, told, strict=True)))


def held(signal: np.ndarray) -> np.ndarray:
    """What is held in each bar by a signal of the bar before, (bars,) or (bars, combos)."""
    return np.concatenate([np.zeros_like(signal[:1]), signal[:-1]])


def turns(signal: np.ndarray) -> dict[str, np.ndarray]:
    """Bars in which a signal opens a long, opens a short, or closes what there is; the same shape as the signal."""
    now = held(signal)
    changed = now != np.concatenate([np.zeros_like(now[:1]), now[:-1]])
    return {
        "entries": changed & (now > 0),
        "short_entries": changed & (now < 0),
        "exits": changed & (now == 0),
    }


def all_costs_as_fees(price: float) -> float:
    """Half the spread, slippage and commission of one side as a share of the notional."""
    return FEES + (SPREAD_PIPS / 2 + SLIPPAGE_PIPS) * PIP / price


def backtesting_run(bars: fx.Bars, signal: np.ndarray) -> Any:
    """backtesting.py: a market order of the difference whenever the signal changes; returns its statistics."""
    import backtesting
    from backtesting import Backtest, Strategy

    backtesting.backtesting._tqdm = lambda steps, **_: steps  # its progress bar is no part of the work
    units = (signal.astype(np.float64) * LOTS * LOT).round().astype(int)

    class Follow(Strategy):
        def init(self) -> None:
            self.wanted = 0

        def next(self) -> None:
            now = int(units[len(self.data) - 1])
            change, self.wanted = now - self.wanted, now
            if change > 0:
                self.buy(size=change)
            elif change < 0:
                self.sell(size=-change)

    frame = pd.DataFrame(
        {name.title(): getattr(bars, name)["EURUSD"].to_numpy() for name in ("open", "high", "low", "close")},
        index=bars.index.tz_localize(None),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own: pandas deprecations
        return Backtest(frame, Follow, cash=BALANCE, commission=FEES, margin=1 / 30).run()


def plain_python_run(bars: fx.Bars, targets: fx.Targets, costs: fx.Costs, account: fx.Account) -> Any:
    """The slow reference of our tests, one object a position: the same rules, to the cent."""
    from fxlab.strategy import target_arrays

    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from tests.execution.reference import Reference

    return Reference(bars, costs, account).run(target_arrays(targets, bars))
