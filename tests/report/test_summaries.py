from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fxlab.report import (
    cost_breakdown,
    cost_table,
    monthly_heatmap,
    monthly_returns,
    sharpe_intervals,
    trade_distribution,
    verdict,
)
from fxlab.report.style import BLUE, GREY, VERMILLION


def test_the_costs_by_kind_sum_to_the_costs_of_the_run(runs):
    table = cost_table(runs)
    for name, run in runs.items():
        stats = run.stats()
        assert table.loc[name, "Total"] == pytest.approx(stats["Costs [USD]"], abs=1e-9)
        assert table.loc[name, "Spread"] == stats["Spread cost [USD]"]
        assert table.loc[name, "Swap"] == -stats["Swap [USD]"]
    assert (table.loc["Flat"] == 0).all()


def test_the_bars_of_the_cost_figure_are_the_table(runs):
    table = cost_table(runs)
    figure = cost_breakdown(runs)
    assert [bar.name for bar in figure.data] == ["Spread", "Slippage", "Commission", "Swap"]
    for bar in figure.data:
        assert dict(zip(bar.y, bar.x, strict=True)) == table[bar.name].to_dict()
    assert figure.layout.xaxis.title.text == "paid [USD]"


def test_the_histogram_holds_the_net_of_every_trade(crossing):
    (histogram,) = trade_distribution(crossing).data
    assert np.array_equal(histogram.x, crossing.trades["net"])


def test_several_runs_with_trades_get_a_box_each(crossing, flat):
    figure = trade_distribution({"a": crossing, "b": crossing, "flat": flat})
    assert [box.name for box in figure.data] == ["b", "a"]  # plotly draws the first one lowest
    assert all(np.array_equal(box.x, crossing.trades["net"]) for box in figure.data)


def test_a_run_without_trades_still_has_a_figure(flat):
    assert len(trade_distribution(flat).data) == 0


def test_months_compound_to_the_whole_return(crossing):
    months = monthly_returns(crossing)
    assert months.index.tolist() == ["2017-09", "2017-10", "2017-11"]
    assert ((1 + months / 100).prod() - 1) * 100 == pytest.approx(crossing.stats()["Return [%]"], abs=1e-9)


def test_a_month_starts_from_where_the_last_one_ended(planted):
    returns = np.zeros(24 * 60)
    returns[5], returns[24 * 40] = 0.10, -0.05  # 2 January, 11 February
    assert monthly_returns(planted(returns)).round(9).to_dict() == {
        "2017-01": 10.0,
        "2017-02": -5.0,
        "2017-03": 0.0,
    }


def test_a_run_is_drawn_as_years_by_months_and_several_as_runs_by_months(crossing, runs):
    (alone,) = monthly_heatmap(crossing).data
    assert list(alone.y) == ["2017"] and len(alone.x) == 12
    assert alone.z[0][9] == pytest.approx(monthly_returns(crossing)["2017-10"])
    assert np.isnan(alone.z[0][0])
    (together,) = monthly_heatmap(runs).data
    assert list(together.y) == list(runs) and list(together.x) == ["2017-09", "2017-10", "2017-11"]
    assert together.z[2][1] == alone.z[0][9]


def test_one_month_makes_no_heat_map(planted):
    assert monthly_heatmap(planted(np.zeros(100))) is None


def test_the_forest_draws_the_intervals_of_the_verdict(runs):
    judged = verdict(runs)
    figure = sharpe_intervals(judged)
    drawn = {point.y[0]: point for point in figure.data}
    assert set(drawn) == {"Buy and hold", "Cross"}  # flat has no Sharpe ratio, only an empty row
    row = judged.table.loc["Cross"]
    assert drawn["Cross"].x[0] == row["Sharpe ratio"]
    assert drawn["Cross"].x[0] + drawn["Cross"].error_x.array[0] == pytest.approx(row["Sharpe 90 % high"])
    assert drawn["Cross"].x[0] - drawn["Cross"].error_x.arrayminus[0] == pytest.approx(row["Sharpe 90 % low"])
    assert list(figure.layout.yaxis.categoryarray) == ["Cross", "Buy and hold", "Flat"]


def test_colour_tells_on_which_side_of_zero_an_interval_lies(planted):
    noise = np.random.default_rng(0).normal(0, 1e-3, 2_000)
    noise -= noise.mean()
    judged = verdict({"up": planted(noise + 3e-4), "none": planted(noise), "down": planted(noise - 3e-4)})
    figure = sharpe_intervals(judged)
    colours = {point.y[0]: point.marker.color for point in figure.data}
    assert colours == {"up": BLUE, "none": GREY, "down": VERMILLION}
    assert isinstance(judged.table, pd.DataFrame)
