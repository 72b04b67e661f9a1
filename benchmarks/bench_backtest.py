"""Backtests and sweeps beside what a user would pick instead: CPU seconds, one thread, medians of alternating repeats.

    python benchmarks/bench_backtest.py [--quick] [--only single stops sweep table cold others scaling]

That both sides do the same work is checked first (same_work.py). How each peer is run stands in peers.py.
"""

from __future__ import annotations

import argparse
import platform
import sys
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# run as a file, Python puts benchmarks/ on the path and not the folder above it
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measuring import (
    Seconds,
    alternated,
    cpu_seconds,
    one_thread,
    peak_megabytes,
    process_seconds,
)

one_thread()

import fxlab as fx  # noqa: E402
from benchmarks import cases, peers, same_work  # noqa: E402
from fxlab.execution import make_tape  # noqa: E402
from fxlab.execution.batch import run_targets  # noqa: E402
from fxlab.strategy import target_arrays  # noqa: E402

PARTS = ("single", "stops", "sweep", "table", "cold", "others", "scaling")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small sizes: does it run, not how fast is it")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument(
        "--alone", nargs=4, help=argparse.SUPPRESS
    )  # WORK SIDE N_BARS N_COMBOS, in this process
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.alone:
        work, side, n, n_combos = options.alone
        print(cpu_seconds(alone(work, side, int(n), int(n_combos)))[0], peak_megabytes())
        return
    print(versions(), "\n")
    for part in options.only:
        PARTS_TO_RUN[part](options.quick)


def versions() -> str:
    """What was measured with, in one line."""
    from importlib.metadata import version

    names = ["numpy", "pandas", "numba", "vectorbt", "vectorbt-rust", "backtesting"]
    found = [f"{name} {version(name)}" for name in names if find_spec(name.replace("-", "_")) is not None]
    return ", ".join([f"Python {platform.python_version()}", f"fxlab {fx.__version__}", *found, "one thread"])


# --------------------------------------------------------------------------------------------------- single runs


def single(quick: bool) -> None:
    """One run of a million bars, equity and trades produced."""
    _single_runs(quick, stops=False)


def stops(quick: bool) -> None:
    """The same with a stop and a target; ours with a trailing stop as well, which they cannot add to the two."""
    _single_runs(quick, stops=True)


def _single_runs(quick: bool, stops: bool) -> None:
    n, repeats = (20_000, 2) if quick else (1_000_000, 9)
    bars, signal = cases.minute_bars(n), cases.held_signal(n)
    targets = fx.Targets(lots=signal * cases.LOTS, **cases.levels(stops))
    tape, arrays = make_tape(bars, cases.COSTS, cases.ACCOUNT), target_arrays(targets, bars)

    # a run keeps the arrays that it made from its bars; these have made none yet
    unseen = iter([bars.replace() for _ in range(repeats + 1)])

    def kernel_pass() -> Any:
        result = run_targets(arrays, tape)
        return result, result.equity, result.trades

    works: dict[str, Callable[[], Any]] = {
        "fxlab": lambda: cases.run(bars, targets),
        "fxlab, the pass and its tables": kernel_pass,
        "fxlab, bars never seen": lambda: cases.run(next(unseen), targets),
    }
    if stops:
        trailing = fx.Targets(lots=signal * cases.LOTS, **cases.levels(stops, trail=True))
        works["fxlab, trailing stops too"] = lambda: cases.run(bars, trailing)
    for engine in peers.vectorbt_engines():
        vectorbt = peers.Vectorbt(bars, engine)
        check = same_work.check_stops if stops else same_work.check_single
        print(f"- {engine}: {check(bars, signal, vectorbt)}")
        orders, levels = vectorbt.orders(signal), vectorbt.levels(exact=False) if stops else None
        works[f"vectorbt, {engine}"] = lambda v=vectorbt, o=orders, at=levels: v.run(o, at)
    tell(f"single run, {n:,} bars{', stops and targets' if stops else ''}", n, alternated(works, repeats))


# -------------------------------------------------------------------------------------------------------- sweeps


def sweep(quick: bool) -> None:
    """Four statistics of each of many signals that are there already."""
    n, n_combos, repeats = (5_000, 10, 2) if quick else (100_000, 100, 5)
    bars, signals = cases.minute_bars(n), cases.many_signals(n_combos, n)
    works: dict[str, Callable[[], Any]] = {"fxlab": lambda: cases.sweep_of_signals(bars, signals)}
    fees = peers.all_costs_as_fees(float(bars.close["EURUSD"].mean()))
    for engine in peers.vectorbt_engines():
        vectorbt, few = peers.Vectorbt(bars[: n // 5], engine), signals[:10, : n // 5]
        print(f"- {engine}: {same_work.check_sweep(bars[: n // 5], few, vectorbt)}")
        vectorbt, columns = peers.Vectorbt(bars, engine), peers.turns(signals.T)
        works[f"vectorbt, {engine}"] = lambda v=vectorbt, c=columns: v.sweep_of_signals(c, fees)
    tell(f"sweep, {n_combos:,} × {n:,} bars, four statistics", n * n_combos, alternated(works, repeats))
    tell_alone("sweep", n, 20 if quick else 1_000)


def table(quick: bool) -> None:
    """From bars to the finished table: two averages of every pair of windows, a run, the statistics."""
    n, n_windows, repeats = (5_000, 5, 2) if quick else (100_000, 15, 5)
    bars = cases.minute_bars(n)
    fees = peers.all_costs_as_fees(float(bars.close["EURUSD"].mean()))
    works: dict[str, Callable[[], Any]] = {"fxlab": lambda: cases.sweep_of_averages(bars, n_windows)}
    for engine in peers.vectorbt_engines():
        print(f"- {engine}: {same_work.check_table(bars, 4, peers.Vectorbt(bars, engine))}")
        works[f"vectorbt, {engine}"] = lambda e=engine: peers.Vectorbt(bars, e).sweep_of_averages(
            n_windows, fees
        )
    n_combos = n_windows * (n_windows - 1) // 2
    tell(f"bars to table, {n_combos:,} × {n:,} bars", n * n_combos, alternated(works, repeats))
    tell_alone("table", n, 10 if quick else 990)


def alone(work: str, side: str, n: int, n_combos: int) -> Callable[[], Any]:
    """One piece of work of one side, compiled by a smaller one; what it needs is made before the clock starts."""
    bars, few = cases.minute_bars(n), cases.minute_bars(n)[:2_000]
    engine = side.removeprefix("vectorbt, ")
    n_windows = round((1 + (1 + 8 * n_combos) ** 0.5) / 2)
    fees = peers.all_costs_as_fees(float(bars.close["EURUSD"].mean()))
    if work == "single":
        signal = cases.held_signal(n)
        if side == "fxlab":
            cases.run(few, fx.Targets(lots=signal[:2_000] * cases.LOTS))
            targets = fx.Targets(lots=signal * cases.LOTS)
            return lambda: cases.run(bars, targets)
        warm, vectorbt = peers.Vectorbt(few, engine), peers.Vectorbt(bars, engine)
        warm.run(warm.orders(signal[:2_000]))
        orders = vectorbt.orders(signal)
        return lambda: vectorbt.run(orders)
    if work == "sweep":
        signals = cases.many_signals(n_combos, n)
        if side == "fxlab":
            cases.sweep_of_signals(few, signals[:2, :2_000])
            return lambda: cases.sweep_of_signals(bars, signals)
        peers.Vectorbt(few, engine).sweep_of_signals(peers.turns(signals[:2, :2_000].T), fees)
        vectorbt, columns = peers.Vectorbt(bars, engine), peers.turns(signals.T)
        return lambda: vectorbt.sweep_of_signals(columns, fees)
    if side == "fxlab":
        cases.sweep_of_averages(few, 3)
        return lambda: cases.sweep_of_averages(bars, n_windows)
    peers.Vectorbt(few, engine).sweep_of_averages(3, fees)
    return lambda: peers.Vectorbt(bars, engine).sweep_of_averages(n_windows, fees)


def measured_alone(work: str, side: str, n: int, n_combos: int) -> tuple[float, float]:
    """CPU seconds and peak megabytes of one side in a process of its own."""
    told = process_seconds(__file__, "--alone", work, side, str(n), str(n_combos))[1].split()
    return float(told[0]), float(told[1])


def tell_alone(work: str, n: int, n_combos: int) -> None:
    """The large size, once a side."""
    print(f"\n| {n_combos:,} × {n:,} bars, once, a process each | CPU s | M bars/s | ratio | peak MB |")
    print("| --- | ---: | ---: | ---: | ---: |")
    sides = ["fxlab", *(f"vectorbt, {engine}" for engine in peers.vectorbt_engines()[:1])]
    ours = None
    for side in sides:
        seconds, megabytes = measured_alone(work, side, n, n_combos)
        ours = ours or seconds
        rate = n * n_combos / seconds / 1e6
        print(
            f"| {side} | {seconds:.2f} | {rate:.2f} | {seconds / ours:.1f} × | {megabytes:,.0f} |", flush=True
        )


# --------------------------------------------------------------------------------------------- cold start, others


COLD = {
    "fxlab": """
import numpy as np
import fxlab as fx
bars = fx.load_bars("EURUSD")
close = bars.close
print(fx.backtest(np.sign(close.rolling(20).mean() - close.rolling(100).mean()), bars).stats())
""",
    "vectorbt": """
import pandas as pd
import vectorbt as vbt
close = pd.read_parquet("data/sample/eurusd_1h_2017.parquet").set_index("time")["close"].tz_localize(None)
fast, slow = vbt.MA.run(close, 20), vbt.MA.run(close, 100)
long, short = fast.ma_crossed_above(slow), fast.ma_crossed_below(slow)
print(vbt.Portfolio.from_signals(close, long, short_entries=short, freq="1h").stats())
""",
}


def cold(quick: bool) -> None:
    """A new process to the printed statistics of a first run on the sample, compiled code cached before."""
    sides = ["fxlab", "vectorbt"] if peers.vectorbt_engines() else ["fxlab"]
    told: dict[str, list[float]] = {side: [] for side in sides}
    for repeat in range(2 if quick else 6):
        for side in sides:
            seconds = process_seconds("-c", COLD[side])[0]
            if repeat:  # the first one fills the caches
                told[side].append(seconds)
    tell(
        "cold process to first statistics", None, {side: Seconds(tuple(all_)) for side, all_ in told.items()}
    )


def others(quick: bool) -> None:
    """backtesting.py, and the plain Python of our own tests."""
    n, repeats = (3_000, 1) if quick else (20_000, 5)
    bars, signal = cases.minute_bars(n), cases.held_signal(n)
    targets = fx.Targets(lots=signal * cases.LOTS)
    works: dict[str, Callable[[], Any]] = {"fxlab": lambda: cases.run(bars, targets)}
    if find_spec("backtesting") is not None:
        print(f"- {same_work.check_backtesting(bars[:3_000], cases.held_signal(3_000))}")
        works["backtesting.py"] = lambda: peers.backtesting_run(bars, signal)
    else:
        print(
            "- backtesting.py is not installed: pip install backtesting (AGPL, so it is no dependency of fxlab)"
        )
    print(f"- {same_work.check_plain_python(bars[:3_000], cases.held_signal(3_000))}")
    works["plain Python"] = lambda: peers.plain_python_run(bars, targets, cases.COSTS, cases.ACCOUNT)
    tell(f"single run, {n:,} bars", n, alternated(works, repeats))


# ------------------------------------------------------------------------------------------------------- scaling


def scaling(quick: bool) -> None:
    """CPU seconds and peak memory against bars and against combinations, each size in a process of its own."""
    sides = ["fxlab", *(f"vectorbt, {engine}" for engine in peers.vectorbt_engines()[:1])]
    bars = [(n, 1) for n in (10**5, 10**6, 10**7)]
    combos = [(10_000, n) for n in (10, 100, 1_000, 10_000)]
    told: dict[tuple[str, str], list[tuple[int, float, float]]] = {}
    print("\n| work | side | CPU s | peak MB |\n| --- | --- | ---: | ---: |")
    for work, ladder in (("single", bars), ("sweep", combos)):
        for n, n_combos in ladder[: 2 if quick else None]:
            for side in sides:
                if side != "fxlab" and n * n_combos > 10**7:
                    continue  # vectorbt would want tens of gigabytes
                seconds, megabytes = measured_alone(work, side, n, n_combos)
                size = n if work == "single" else n_combos
                told.setdefault((work, side), []).append((size, seconds, megabytes))
                print(
                    f"| {n_combos:,} × {n:,} bars | {side} | {seconds:.4f} | {megabytes:,.0f} |", flush=True
                )
    if not quick and find_spec("matplotlib") is not None:
        draw(told, Path(__file__).with_name("scaling.png"))


def draw(told: dict[tuple[str, str], list[tuple[int, float, float]]], path: Path) -> None:
    """Log-log lines of seconds and memory, bars left and combinations right."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=(9, 6), sharex="col")
    for (work, side), points in told.items():
        column = 0 if work == "single" else 1
        sizes, *measures = zip(*points, strict=True)
        colour = "#0072B2" if side == "fxlab" else "#D55E00"
        for axis, values in zip(axes[:, column], measures, strict=True):
            axis.loglog(sizes, values, "o-", color=colour, label=side)
        if side == "fxlab":
            linear = [measures[0][-1] * size / sizes[-1] for size in sizes]
            axes[0, column].loglog(sizes, linear, ":", color="#767676", label="in proportion")
    for axis in axes.flat:
        axis.grid(alpha=0.3)
    axes[0, 0].set_ylabel("CPU seconds")
    axes[1, 0].set_ylabel("peak MB of the process")
    axes[1, 0].set_xlabel("bars of a single run")
    axes[1, 1].set_xlabel("combinations of 10,000 bars")
    axes[0, 0].legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=100)


# -------------------------------------------------------------------------------------------------------- tables


def tell(title: str, n_bars: int | None, told: dict[str, Seconds]) -> None:
    """A table of all sides beside the first one, ours."""
    ours = told["fxlab"].median
    print(
        f"\n| {title} | CPU s | least–most | M bars/s | of fxlab's time |\n| --- | ---: | ---: | ---: | ---: |"
    )
    for side, seconds in told.items():
        rate = "" if n_bars is None else f"{n_bars / seconds.median / 1e6:.2f}"
        ratio = f"{seconds.median / ours:.1f} ×"
        print(f"| {side} | {seconds.median:.4f} | {seconds.spread} | {rate} | {ratio} |", flush=True)
    print(flush=True)


PARTS_TO_RUN: dict[str, Callable[[bool], None]] = {
    "single": single,
    "stops": stops,
    "sweep": sweep,
    "table": table,
    "cold": cold,
    "others": others,
    "scaling": scaling,
}

if __name__ == "__main__":
    main()
