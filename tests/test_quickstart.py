"""The quickstart at small sizes: every part runs, and the page and summary tell what the results hold."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from rich.console import Console

import fxlab as fx
from fxlab.quickstart import COSTS, SMALL, SYNTHETIC, round_trip_cost, run_quickstart

ROWS = ["Flat", "Buy and hold", "Moving-average cross", "Random walk", SYNTHETIC, "LSTM", "DQN"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quickstart")
    console = Console(file=io.StringIO(), width=80)
    summary = run_quickstart(folder, console=console, sizes=SMALL)
    return folder, summary, console.file.getvalue()


def test_every_strategy_is_judged_on_the_same_last_thirty_percent(run):
    folder, summary, _ = run
    assert list(summary["table"]) == ROWS
    bars = fx.load_bars("EURUSD")
    first = int(len(bars) * 0.7) + 24 + 120  # 70 %, then a purge of the horizon and an embargo of a week
    assert summary["test_span"] == [str(bars.index[first]), str(bars.index[-1])]
    spans = set()
    for path in (folder / "results").iterdir():
        equity = fx.Result.load(path).equity
        spans.add((equity.index[0], equity.index[-1], len(equity)))
    assert spans == {(bars.index[first], bars.index[-1], len(bars) - first)}


def test_the_moving_average_row_is_the_backtest_of_its_targets(run):
    folder, summary, _ = run
    bars = fx.load_bars("EURUSD")
    close = bars.close
    target = np.sign(close.rolling(24).mean() - close.rolling(120).mean())
    first = int(len(bars) * 0.7) + 24 + 120
    again = fx.backtest(target.iloc[first:], bars[first:], costs=COSTS)
    kept = fx.Result.load(folder / "results" / "moving-average-cross")
    assert np.array_equal(again.equity, kept.equity)
    assert summary["table"]["Moving-average cross"]["Return [%]"] == pytest.approx(
        again.stats()["Return [%]"]
    )


def test_staying_flat_and_the_random_walk_never_trade(run):
    _, summary, _ = run
    for name in ("Flat", "Random walk"):
        assert summary["table"][name]["Trades"] == 0
        assert summary["table"][name]["Costs [USD]"] == 0


def test_the_page_is_self_contained_and_holds_every_section(run):
    folder, summary, _ = run
    page = (folder / "report.html").read_text(encoding="utf-8")
    for words in (
        *ROWS,
        "Equity and drawdown",
        "Data check",
        "Look-ahead check",
        "Training of the LSTM",
        "Costs",
    ):
        assert words in page
    assert 'src="http' not in page
    assert summary["verdict"] == json.loads((folder / "summary.json").read_text(encoding="utf-8"))["verdict"]


def test_the_terminal_shows_the_table_the_verdict_and_what_is_made_up(run):
    _, summary, shown = run
    for name in ROWS:
        assert name in shown
    assert " ".join(summary["verdict"].split()[:4]) in shown
    assert "made-up headlines" in " ".join(shown.split())


def test_the_models_it_saves_load_again(run):
    folder, _, _ = run
    assert fx.models.load(folder / "lstm").window == SMALL.window
    assert fx.DQNAgent.load(folder / "dqn").observation_size == SMALL.window * 14 + 3


def test_a_round_trip_costs_spread_slippage_and_commission():
    bars = fx.load_bars("EURUSD")
    # 0.8 + 2 × 0.1 pips, and 2 × 3.50 USD of 100,000 EUR, at the median price
    expected = (0.8e-4 + 0.2e-4 + 7 / 100_000) / bars.close["EURUSD"].median()
    assert round_trip_cost(bars, COSTS) == pytest.approx(expected)
