"""Do both sides do the same work? Checked before anything is timed; an AssertionError says where they part."""

from __future__ import annotations

import numpy as np

import fxlab as fx
from benchmarks import cases
from benchmarks.peers import FEES, Vectorbt, backtesting_run, plain_python_run, turns

CENT = 0.005


def check_single(bars: fx.Bars, signal: np.ndarray, vectorbt: Vectorbt) -> str:
    """All costs on: as many trades, the same money to the cent once our swap, which they lack, is taken off."""
    targets = fx.Targets(lots=signal * cases.LOTS)
    result, equity, trades = cases.run(bars, targets)
    portfolio, _, theirs = vectorbt.run(vectorbt.orders(signal))
    ledger = result.ledger
    swap = float(ledger.loc[ledger["kind"] == "swap", "amount"].sum())
    assert len(trades) == len(theirs), (len(trades), len(theirs))
    apart = abs(float(equity.iloc[-1]) - swap - float(portfolio.final_value()))
    assert apart < CENT, apart
    net = cases.run(bars, targets, cases.settings(swap=None))[2]["net"].to_numpy()
    assert np.abs(net - theirs["pnl"].to_numpy()).max() < CENT
    return f"single: {len(trades):,} trades on both sides, each to the cent; swap of {swap:,.2f} USD is ours alone"


def check_stops(bars: fx.Bars, signal: np.ndarray, vectorbt: Vectorbt) -> str:
    """No spread: both sides see one price, and nearly all trades agree to the cent.

    They part where a stop or target lies in the bar of the entry, which vectorbt passes over, or in the bar of an
    opposite signal, where it lets the stop go before the open.
    """
    targets = fx.Targets(lots=signal * cases.LOTS, **cases.levels(stops=True))
    trades = cases.run(bars, targets, cases.plain_costs())[2]
    theirs = vectorbt.run(vectorbt.orders(signal, worse_pips=0.0), vectorbt.levels(exact=True))[2]
    entries = dict(zip(trades["entry_time"].dt.tz_localize(None), trades["net"], strict=True))
    when = vectorbt.close.index[theirs["entry_idx"].to_numpy()]
    same = sum(abs(entries.get(at, np.inf) - pnl) < CENT for at, pnl in zip(when, theirs["pnl"], strict=True))
    assert same >= 0.97 * max(len(trades), len(theirs)), (same, len(trades), len(theirs))
    hit = trades["exit_reason"].isin(["stop", "target"]).mean()
    return (
        f"stops: {len(trades):,} trades against {len(theirs):,}, {same:,} of them equal to the cent; "
        f"{hit:.0%} of ours end at a stop or target"
    )


def check_sweep(bars: fx.Bars, signals: np.ndarray, vectorbt: Vectorbt) -> str:
    """No spread: the same return, drawdown and trades; Sharpe ratios differ by the year they are scaled to."""
    ours = cases.sweep_of_signals(bars, signals, cases.plain_costs())
    theirs = vectorbt.sweep_of_signals(turns(signals.T), FEES)
    assert np.array_equal(ours["Trades"], theirs["Trades"])
    for name in ("Return [%]", "Max drawdown [%]"):
        assert np.allclose(ours[name], theirs[name], rtol=0, atol=1e-9), name
    year = np.sqrt(365.0 * 24 * 60 / bars.bars_per_year)
    assert np.allclose(
        ours["Sharpe ratio"] * year, theirs["Sharpe ratio"], rtol=3 / len(bars)
    )  # they count a first return
    return f"sweep: {len(ours)} combinations, equal returns, drawdowns and trades"


def check_table(bars: fx.Bars, n_windows: int, vectorbt: Vectorbt) -> str:
    """No spread: as many trades to 1 in 200. We trade before the first crossing, which vectorbt waits for, and are
    flat where two averages are equal, which is no crossing for it."""
    ours = cases.sweep_of_averages(bars, n_windows, cases.plain_costs())["Trades"].to_numpy()
    theirs = vectorbt.sweep_of_averages(n_windows, FEES)["Trades"].to_numpy()
    assert len(ours) == len(theirs) and (np.abs(ours - theirs) <= 1 + ours / 200).all(), (ours, theirs)
    return f"table: {len(ours)} combinations, {int(ours.sum()):,} trades against {int(theirs.sum()):,}"


def check_backtesting(bars: fx.Bars, signal: np.ndarray) -> str:
    """backtesting.py with neither spread nor slippage: the same final equity to the cent."""
    equity = cases.run(bars, fx.Targets(lots=signal * cases.LOTS), cases.plain_costs())[1]
    apart = abs(float(equity.iloc[-1]) - float(backtesting_run(bars, signal)["Equity Final [$]"]))
    assert apart < CENT, apart
    return "backtesting.py: the same final equity to the cent"


def check_plain_python(bars: fx.Bars, signal: np.ndarray) -> str:
    """Our own slow reference, every rule on: the same equity at every bar."""
    targets = fx.Targets(lots=signal * cases.LOTS, **cases.levels(stops=True, trail=True))
    equity = cases.run(bars, targets)[1].to_numpy()
    theirs = np.array(plain_python_run(bars, targets, cases.COSTS, cases.ACCOUNT).equity)
    assert np.abs(equity - theirs).max() < 1e-6
    return "plain Python: the same equity at every bar, stops and trailing stops on"
