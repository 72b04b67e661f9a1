from __future__ import annotations

import numpy as np
import pytest

import fxlab as fx
from fxlab import metrics
from fxlab.report import equity_and_drawdown, plot_result, position_and_price, positions
from fxlab.report.plots import openings


def traces(figure, name):
    return [trace for trace in figure.data if trace.name == name]


def test_the_equity_drawn_is_the_equity_of_the_run(crossing):
    figure = equity_and_drawdown(crossing)
    equity, drawdown = figure.data
    assert np.array_equal(equity.y, crossing.equity.to_numpy())
    assert np.array_equal(drawdown.y, metrics.drawdowns(crossing.equity.to_numpy()) * 100)
    times = crossing.equity.index.tz_localize(None).to_numpy()
    assert np.array_equal(np.asarray(equity.x, dtype="datetime64[s]"), times.astype("datetime64[s]"))
    assert figure.layout.yaxis.title.text == "equity [USD]"
    assert figure.layout.yaxis2.title.text == "drawdown [%]"
    assert figure.layout.xaxis2.title.text == "time (UTC)"


def test_several_runs_share_a_figure_and_a_legend_entry_each(runs):
    figure = equity_and_drawdown(runs)
    assert [trace.name for trace in figure.data if trace.showlegend] == list(runs)
    for name, run in runs.items():
        assert np.array_equal(traces(figure, name)[0].y, run.equity.to_numpy())


def test_runs_of_different_accounts_are_drawn_in_percent(bars, crossing):
    small = fx.backtest(1.0, bars, account=fx.Account(balance=1_000.0))
    figure = equity_and_drawdown({"big": crossing, "small": small})
    assert figure.layout.yaxis.title.text == "return [%]"
    assert traces(figure, "small")[0].y[-1] == pytest.approx(small.stats()["Return [%]"])


def test_every_entry_and_exit_has_its_marker(crossing):
    figure = position_and_price(crossing)
    trades = crossing.trades
    exits = traces(figure, "Exit with a profit") + traces(figure, "Exit with a loss")
    assert sorted(np.concatenate([t.y for t in exits])) == sorted(trades["exit_price"])
    assert len(traces(figure, "Exit with a profit")[0].y) == (trades["net"] > 0).sum()
    entries = traces(figure, "Long entry") + traces(figure, "Short entry")
    # every fill is an entry or the exit of a trade
    assert sum(len(t.y) for t in entries) == len(crossing.fills) - len(trades)
    assert np.array_equal(traces(figure, "EURUSD mid close")[0].y, crossing.close["EURUSD"])
    assert np.array_equal(traces(figure, "EURUSD")[0].y, crossing.exposure["EURUSD"])


def test_a_position_still_open_shows_its_entry(holding):
    assert len(holding.trades) == 0
    figure = position_and_price(holding)
    (entry,) = traces(figure, "Long entry")
    assert list(entry.y) == [holding.fills["price"].iloc[0]]


def test_a_part_sold_is_an_exit_and_a_part_bought_is_an_entry(bars):
    target = np.select([np.arange(len(bars)) < n for n in (10, 20, 30)], [1.0, 0.5, 0.8], -0.5)
    run = fx.backtest(target, bars)
    sides = openings(run, "EURUSD")["side"].tolist()
    assert sides == [
        "buy",
        "buy",
        "sell",
    ]  # 1; half sold is an exit; up to 0.8; close the long, open the short
    assert len(run.fills) == len(sides) + len(run.trades) == 5


def test_too_many_markers_are_cut_and_the_legend_says_so(crossing, monkeypatch):
    monkeypatch.setattr("fxlab.report.plots.MAX_MARKERS", 3)
    names = [trace.name for trace in position_and_price(crossing).data]
    n = len(crossing.trades[crossing.trades["net"] <= 0])
    assert f"Exit with a loss (last 3 of {n})" in names


def test_the_plot_of_a_run_has_its_four_panels(crossing):
    figure = crossing.plot()
    titles = [figure.layout[f"yaxis{n}"].title.text for n in ("", 2, 3, 4)]
    assert titles == ["equity [USD]", "drawdown [%]", "EURUSD mid close", "exposure [× equity]"]


def test_each_run_has_a_panel_for_its_positions(runs):
    figure = positions(runs)
    assert [note.text for note in figure.layout.annotations] == list(runs)
    exposures = traces(figure, "EURUSD")
    for trace, run in zip(exposures, runs.values(), strict=True):
        assert np.array_equal(trace.y, run.exposure["EURUSD"])


def test_an_unknown_pair_is_named_with_those_there_are(crossing):
    with pytest.raises(ValueError, match="ma_cross traded no USDJPY; its pairs are EURUSD"):
        plot_result(crossing, "USDJPY")


def test_a_run_of_several_pairs_draws_the_pair_asked_for():
    bars = fx.load_bars(["EURUSD", "USDJPY"], source="ecb", start="2019", end="2019-06")
    run = fx.backtest(0.5, bars)
    figure = plot_result(run, "USDJPY")
    assert figure.layout.yaxis3.title.text == "USDJPY mid close"
    assert len(traces(figure, "EURUSD")) == len(traces(figure, "USDJPY")) == 1
