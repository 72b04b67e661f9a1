"""Both sides of the benchmark do the same work, at a small size; what is not installed is skipped."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator

import numpy as np
import pytest

import fxlab as fx
from benchmarks import cases, peers, same_work
from benchmarks.measuring import Seconds, alternated, cpu_seconds, peak_megabytes, process_seconds

N = 4_000


@pytest.fixture(scope="module")
def bars() -> fx.Bars:
    return cases.minute_bars(N)


@pytest.fixture(scope="module", params=["rust", "numba"])
def vectorbt(request: pytest.FixtureRequest, bars: fx.Bars) -> Iterator[peers.Vectorbt]:
    if request.param not in peers.vectorbt_engines():
        pytest.skip(f"vectorbt's {request.param} engine is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own: pandas deprecations
        yield peers.Vectorbt(bars, request.param)


@pytest.mark.filterwarnings("ignore")
def test_a_single_run_makes_the_same_trades_and_money_as_vectorbt(bars, vectorbt):
    told = same_work.check_single(bars, cases.held_signal(N), vectorbt)
    n_trades = int(told.split()[1].replace(",", ""))
    assert n_trades == np.count_nonzero(np.diff(cases.held_signal(N))) - 1


@pytest.mark.filterwarnings("ignore")
def test_stops_and_targets_are_hit_in_the_same_trades_as_with_vectorbt(vectorbt):
    bars, signal = cases.minute_bars(12_000), cases.held_signal(12_000, hold=200)
    longer = peers.Vectorbt(bars, vectorbt.engine)
    assert "equal to the cent" in same_work.check_stops(bars, signal, longer)
    targets = fx.Targets(lots=signal * cases.LOTS, **cases.levels(stops=True))
    reasons = set(cases.run(bars, targets)[2]["exit_reason"])
    assert {"stop", "target"} <= reasons, "the benchmark with stops must hit some"


@pytest.mark.filterwarnings("ignore")
def test_a_sweep_finds_the_statistics_that_vectorbt_finds(bars, vectorbt):
    assert same_work.check_sweep(bars, cases.many_signals(5, N), vectorbt).startswith("sweep: 5 combinations")


@pytest.mark.filterwarnings("ignore")
def test_a_table_from_bars_holds_the_trades_that_vectorbt_makes(bars, vectorbt):
    assert same_work.check_table(bars, 4, vectorbt).startswith("table: 6 combinations")


@pytest.mark.filterwarnings("ignore")
def test_backtesting_py_ends_with_the_same_equity(bars):
    pytest.importorskip("backtesting", reason="backtesting.py (AGPL, no dependency of ours) is not installed")
    assert "to the cent" in same_work.check_backtesting(bars, cases.held_signal(N))


def test_plain_python_has_the_same_equity_at_every_bar(bars):
    part = bars[:1_500]
    assert "every bar" in same_work.check_plain_python(part, cases.held_signal(1_500))


def test_work_that_differs_is_told(bars):
    class Richer:
        """A peer whose account ends a dollar richer."""

        def orders(self, signal):
            return signal

        def run(self, orders):
            _, equity, trades = cases.run(
                bars, fx.Targets(lots=orders * cases.LOTS), cases.settings(swap=None)
            )
            self.last = float(equity.iloc[-1]) + 1.0
            return self, equity, trades.rename(columns={"net": "pnl"})

        def final_value(self):
            return self.last

    with pytest.raises(AssertionError, match=r"^(0\.99|1\.0)"):
        same_work.check_single(bars, cases.held_signal(N), Richer())


# ------------------------------------------------------------------------------------------------------- signals


def test_a_signal_turns_every_second_holding_time_and_ends_flat():
    signal = cases.held_signal(100_000, hold=25)
    turned = np.count_nonzero(np.diff(signal))
    assert turned == pytest.approx(100_000 / 50, rel=0.1)
    assert set(signal[:5]) == set(signal[-5:]) == {0}
    assert np.array_equal(signal, cases.held_signal(100_000, hold=25)), "the seed decides"


def test_turns_come_one_bar_after_their_signal():
    found = peers.turns(np.array([0, 1, 1, -1, -1, 0, 0]))
    assert np.flatnonzero(found["entries"]).tolist() == [2]
    assert np.flatnonzero(found["short_entries"]).tolist() == [4]
    assert np.flatnonzero(found["exits"]).tolist() == [6]


def test_every_pair_of_windows_is_a_combination(bars):
    table = cases.sweep_of_averages(bars[:500], n_windows=4)
    assert len(table) == 6
    assert (table["fast"] < table["slow"]).all()


def test_a_side_pays_half_the_spread_slippage_and_commission():
    # 0.3 hundredths of a percent, and 0.4 + 0.1 pips of a price of 1.25
    assert peers.all_costs_as_fees(1.25) == pytest.approx(0.3e-4 + 0.5e-4 / 1.25)


# ----------------------------------------------------------------------------------------------------- measuring


def test_works_take_turns_and_the_first_round_does_not_count():
    order: list[str] = []
    told = alternated({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, repeats=3)
    assert order == ["a", "b"] * 4
    assert [len(seconds.all) for seconds in told.values()] == [3, 3]


def test_seconds_are_those_of_the_processor_and_not_of_the_wall():
    slept, value = cpu_seconds(lambda: time.sleep(0.2) or "rested")
    assert value == "rested"
    assert slept < 0.1


def test_a_median_is_told_with_the_least_and_the_most():
    seconds = Seconds((0.3, 0.1, 0.2))
    assert seconds.median == 0.2
    assert seconds.spread == "0.1–0.3"


def test_a_process_of_its_own_tells_its_seconds_and_what_it_printed():
    seconds, told = process_seconds("-c", "print(sum(k * k for k in range(300_000)))")
    assert told.strip() == str(sum(k * k for k in range(300_000)))
    assert 0.0 < seconds < 30.0


def test_peak_memory_sees_an_array_that_is_gone_again():
    before = peak_megabytes()
    held = np.ones(int(before + 100) * 2**17)  # so many times 2**20 bytes
    del held
    assert peak_megabytes() >= before + 90
