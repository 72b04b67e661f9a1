"""Backtests and sweeps beside vectorbt: the same signals, CPU seconds, medians of alternating repeats.

python benchmarks/bench_backtest.py [--quick] [--only single stops sweep table cold scaling]
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # one thread for everybody

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

import fxlab as fx  # noqa: E402
from fxlab.execution import make_tape  # noqa: E402
from fxlab.execution.counting import Counter  # noqa: E402
from fxlab.strategy import target_arrays  # noqa: E402

# every money rule on: margin, stop-out, swap, commission, slippage, the bars' own spread
COSTS = fx.Costs(slippage_pips=0.1, commission_per_lot=3.5, swap={"EURUSD": (-0.6, 0.3)})
ACCOUNT = fx.Account(balance=1_000_000)  # so that nobody is ruined half-way
LOTS = 0.1
HERE = Path(__file__).parent


def minute_bars(n: int) -> fx.Bars:
    return fx.load_bars("EURUSD", source="synthetic", n_bars=n, every="1min", start="1990-01-01", seed=1)


def held_signal(n: int, hold: int = 50, seed: int = 0) -> np.ndarray:
    """−1, 0 or 1, drawn anew every `hold` bars."""
    draws = np.random.default_rng(seed).integers(-1, 2, n // hold + 1)
    return np.repeat(draws, hold)[:n].astype(float)


def cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.process_time()
    value = work()
    return time.process_time() - began, value


def alternated(
    ours: Callable[[], Any], theirs: Callable[[], Any] | None, repeats: int
) -> tuple[float, float]:
    """Median CPU seconds of both, after a warm-up of each, in turn."""
    works = [ours] if theirs is None else [ours, theirs]
    for work in works:
        work()
    times: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for seconds, work in zip(times, works, strict=True):
            seconds.append(cpu(work)[0])
    medians = [statistics.median(seconds) for seconds in times]
    return medians[0], medians[1] if theirs is not None else float("nan")


def row(name: str, n_bars: float, ours: float, theirs: float) -> None:
    rates = [
        f"{n_bars / seconds / 1e6:8.2f}" if seconds == seconds else "       –" for seconds in (ours, theirs)
    ]
    ratio = f"{theirs / ours:6.1f} ×" if theirs == theirs else "      –"
    print(f"| {name:<46} | {ours:9.4f} | {theirs:9.4f} | {rates[0]} | {rates[1]} | {ratio} |", flush=True)


def vectorbt() -> Any:
    if find_spec("vectorbt") is None:
        return None
    import vectorbt as vbt

    return vbt


def plain(prices: pd.DataFrame) -> pd.Series:
    """Closes on an index without a time zone: vectorbt takes a hundred times as long over one that has it."""
    return prices["EURUSD"].tz_localize(None)


def their_signals(signal: np.ndarray) -> dict[str, np.ndarray]:
    """The same decisions, delayed by a bar, since vectorbt fills in the bar that carries the signal."""
    late = np.concatenate([np.zeros_like(signal[:1]), signal[:-1]])
    before = np.concatenate([np.zeros_like(late[:1]), late[:-1]])
    changed = late != before
    return {
        "entries": changed & (late > 0),
        "exits": changed & (before > 0) & (late <= 0),
        "short_entries": changed & (late < 0),
        "short_exits": changed & (before < 0) & (late >= 0),
    }


def single(vbt: Any, repeats: int, n: int, stops: bool) -> None:
    bars = minute_bars(n)
    signal = held_signal(n)
    levels = {"stop_loss_pips": 20.0, "take_profit_pips": 30.0} if stops else {}

    def ours() -> Any:
        result = fx.backtest(fx.Targets(lots=signal * LOTS, **levels), bars, costs=COSTS, account=ACCOUNT)
        return result.equity, result.trades

    theirs = None
    if vbt is not None:
        close, opens = plain(bars.bid.close), bars.bid.open["EURUSD"].to_numpy()
        high, low = bars.bid.high["EURUSD"].to_numpy(), bars.bid.low["EURUSD"].to_numpy()
        theirs_signals = their_signals(signal)
        their_levels = {"sl_stop": 0.002, "tp_stop": 0.003} if stops else {}

        def theirs() -> Any:
            portfolio = vbt.Portfolio.from_signals(
                close,
                **theirs_signals,
                open=opens,
                high=high,
                low=low,
                price=opens,
                size=LOTS * 100_000,
                fees=3.5e-5,
                slippage=5e-5,
                init_cash=1e6,
                freq="1min",
                **their_levels,
            )
            return portfolio.value(), portfolio.trades.records

    first = cpu(ours)[1]
    if theirs is not None and not stops:  # the same work: as many closed trades, the open one aside
        n_theirs = len(theirs()[1])
        assert abs(len(first[1]) - n_theirs) <= 1, (len(first[1]), n_theirs)
    row(f"single, {n / 1e6:g} M bars{', stops' if stops else ''}", n, *alternated(ours, theirs, repeats))


def sweep(vbt: Any, n_combos: int, n: int) -> None:
    """Four statistics of each of n_combos signals; ours one after the other, theirs in one call."""
    bars = minute_bars(n)
    signals = np.stack([held_signal(n, 20 + k % 80, seed=k) for k in range(n_combos)], axis=1)
    tape = make_tape(bars, COSTS, ACCOUNT)
    counter = Counter(tape, tape.lean())
    counter.count(target_arrays(fx.Targets(lots=signals[:, 0] * LOTS), bars))

    def ours() -> Any:
        told = []
        for k in range(n_combos):
            figures = counter.count(target_arrays(fx.Targets(lots=signals[:, k] * LOTS), bars))
            told.append(
                [figures[name] for name in ("Return [%]", "Sharpe ratio", "Max drawdown [%]", "Trades")]
            )
        return told

    our_seconds = cpu(ours)[0]
    their_seconds = float("nan")
    if vbt is not None:
        close = plain(bars.bid.close)

        def theirs() -> Any:
            portfolio = vbt.Portfolio.from_signals(
                close, **their_signals(signals), size=LOTS * 100_000, fees=3.5e-5, slippage=5e-5, init_cash=1e6,
                freq="1min",
            )  # fmt: skip
            return (
                portfolio.total_return(),
                portfolio.sharpe_ratio(),
                portfolio.max_drawdown(),
                portfolio.trades.count(),
            )

        their_seconds = cpu(theirs)[0]
    row(f"sweep, {n_combos:,} × {n:,} bars, four statistics", n_combos * n, our_seconds, their_seconds)


@fx.strategy.shared
def average(bars: fx.Bars, length: int) -> np.ndarray:
    return bars.close["EURUSD"].rolling(length).mean().to_numpy()


def ma_cross(bars: fx.Bars, fast: int, slow: int) -> fx.Targets:
    return fx.Targets(lots=np.sign(average(bars, fast) - average(bars, slow)) * LOTS)


def table(vbt: Any, n_fast: int, n_slow: int, n: int) -> None:
    """From bars to the finished table, indicators included."""
    bars = minute_bars(n)
    fast, slow = list(range(5, 5 + n_fast)), list(range(100, 100 + 10 * n_slow, 10))
    fx.sweep(ma_cross, bars[:5_000], {"fast": [5], "slow": [100]}, costs=COSTS, account=ACCOUNT)
    ours = cpu(
        lambda: fx.sweep(
            ma_cross, bars, {"fast": fast, "slow": slow}, costs=COSTS, account=ACCOUNT, executor="serial"
        )
    )[0]
    theirs = float("nan")
    if vbt is not None:
        close = plain(bars.bid.close)

        def work() -> Any:
            quick, calm = (vbt.MA.run(close, window=windows).ma.to_numpy() for windows in (fast, slow))
            lead = np.sign(np.repeat(quick, n_slow, axis=1) - np.tile(calm, (1, n_fast)))
            portfolio = vbt.Portfolio.from_signals(
                close, **their_signals(np.nan_to_num(lead)), size=LOTS * 100_000, fees=3.5e-5, slippage=5e-5,
                init_cash=1e6, freq="1min",
            )  # fmt: skip
            return (
                portfolio.total_return(),
                portfolio.sharpe_ratio(),
                portfolio.max_drawdown(),
                portfolio.trades.count(),
            )

        theirs = cpu(work)[0]
    row(f"bars to table, {n_fast * n_slow:,} × {n:,}", n_fast * n_slow * n, ours, theirs)


COLD = {
    "ours": """
import fxlab as fx, numpy as np
bars = fx.load_bars("EURUSD"); close = bars.close
result = fx.backtest(np.sign(close.rolling(20).mean() - close.rolling(100).mean()), bars)
print(result.stats()["Sharpe ratio"])
""",
    "theirs": """
import pandas as pd, vectorbt as vbt
close = pd.read_parquet("data/sample/eurusd_1h_2017.parquet")["close"]
fast, slow = close.rolling(20).mean(), close.rolling(100).mean()
portfolio = vbt.Portfolio.from_signals(close, fast > slow, fast < slow, freq="1h")
print(portfolio.sharpe_ratio())
""",
}


def cold(vbt: Any, repeats: int) -> None:
    """A new process to its first statistic, compiled code cached by an earlier run; sums user and system time."""

    def seconds(code: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code], check=True, capture_output=True, cwd=HERE.parent
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    times: dict[str, list[float]] = {name: [] for name in COLD if name == "ours" or vbt is not None}
    for k in range(repeats + 1):
        for name, kept in times.items():
            value = seconds(COLD[name])
            if k:
                kept.append(value)
    medians = [statistics.median(times[name]) if name in times else float("nan") for name in COLD]
    row("cold process to a first statistic", float("nan"), *medians)


SCALE = """
import resource, sys, time
sys.path.insert(0, "benchmarks")
from bench_backtest import *
kind, size = sys.argv[1], int(sys.argv[2])
if kind == "bars":
    bars, signal = minute_bars(size), held_signal(size)
    work = lambda: fx.backtest(fx.Targets(lots=signal * LOTS), bars, costs=COSTS, account=ACCOUNT).equity
    fx.backtest(fx.Targets(lots=signal[:500] * LOTS), bars[:500], costs=COSTS, account=ACCOUNT)
else:
    bars = minute_bars(10_000)
    grid = [{"fast": 5 + k % 50, "slow": 60 + k // 50} for k in range(size)]
    work = lambda: fx.sweep(ma_cross, bars, grid, costs=COSTS, account=ACCOUNT, executor="serial")
    fx.sweep(ma_cross, bars, grid[:1], costs=COSTS, account=ACCOUNT)
print(cpu(work)[0], peak_megabytes())
"""


def peak_megabytes() -> float:
    """Largest resident size of this process so far; Linux tells it without what the parent had before the start."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return float(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def scaling(quick: bool) -> None:
    """Time and peak memory against bars and against combinations, each size in a process of its own."""
    sizes = {
        "bars": [100_000, 1_000_000, 10_000_000],
        "combinations of 10,000 bars": [10, 100, 1_000, 10_000],
    }
    print("\n| size | CPU s | peak MB of the process |\n| --- | ---: | ---: |")
    told: dict[str, list[tuple[int, float, float]]] = {}
    for kind, ladder in sizes.items():
        for size in ladder[: 2 if quick else None]:
            command = [sys.executable, "-c", SCALE, kind.split()[0], str(size)]
            out = subprocess.run(
                command, check=True, capture_output=True, text=True, cwd=HERE.parent
            ).stdout.split()
            told.setdefault(kind, []).append((size, float(out[0]), float(out[1])))
            print(f"| {size:,} {kind} | {float(out[0]):.4f} | {float(out[1]):.0f} |", flush=True)
    if not quick and find_spec("matplotlib") is not None:
        draw(told)


def draw(told: dict[str, list[tuple[int, float, float]]]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6))
    for axis, (kind, points) in zip(axes, told.items(), strict=True):
        sizes, seconds, megabytes = (np.array(column) for column in zip(*points, strict=True))
        axis.loglog(sizes, seconds, "o-", color="#0072B2", label="CPU seconds")
        axis.loglog(sizes, megabytes / 1024, "s--", color="#D55E00", label="peak GB of the process")
        axis.loglog(sizes, seconds[-1] * sizes / sizes[-1], ":", color="#767676", label="linear")
        axis.set_xlabel(kind)
        axis.grid(alpha=0.3)
    axes[0].legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(HERE / "scaling.png", dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes: does it run, not how fast is it")
    parser.add_argument("--only", nargs="*", default=["single", "stops", "sweep", "table", "cold", "scaling"])
    options = parser.parse_args()
    vbt, quick = vectorbt(), options.quick
    engine = (
        "not installed"
        if vbt is None
        else f"{vbt.__version__}, Rust engine: {find_spec('vectorbt_rust') is not None}"
    )
    print(
        f"fxlab {fx.__version__}, Python {platform.python_version()}, numpy {np.__version__}, pandas {pd.__version__}"
    )
    print(f"vectorbt {engine}; CPU seconds, one thread\n")
    print(
        "| work | fxlab s | vectorbt s | fxlab M/s | vectorbt M/s | ratio |\n| --- | ---: | ---: | ---: | ---: | ---: |"
    )
    n, repeats = (50_000, 2) if quick else (1_000_000, 7)
    if "single" in options.only:
        single(vbt, repeats, n, stops=False)
    if "stops" in options.only:
        single(vbt, repeats, n, stops=True)
    if "sweep" in options.only:
        sweep(vbt, 20 if quick else 1_000, 10_000 if quick else 100_000)
    if "table" in options.only:
        table(vbt, 4 if quick else 40, 5 if quick else 25, 10_000 if quick else 100_000)
    if "cold" in options.only:
        cold(vbt, 1 if quick else 3)
    if "scaling" in options.only:
        scaling(quick)


if __name__ == "__main__":
    main()
