from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxlab.report import style
from fxlab.report.style import as_runs, run_colours, shown, thinned, utc


@given(st.integers(1, 5_000), st.integers(4, 400), st.integers(0, 2**32 - 1))
def test_a_thinned_line_keeps_its_ends_its_highest_and_its_lowest_point(n, max_points, seed):
    values = np.random.default_rng(seed).standard_normal(n).cumsum()
    rows = thinned(values, max_points)
    assert rows[0] == 0 and rows[-1] == n - 1
    assert (np.diff(rows) > 0).all()
    assert values[rows].min() == values.min() and values[rows].max() == values.max()
    assert len(rows) <= max_points + 2


def test_a_short_line_is_left_alone():
    assert thinned(np.arange(10.0), 10).tolist() == list(range(10))


def test_gaps_do_not_stop_the_thinning():
    values = np.full(1_000, np.nan)
    values[500] = 3.0
    assert 500 in thinned(values, 50)


def test_the_deepest_drawdown_survives_in_a_long_figure(planted):
    from fxlab.metrics import max_drawdown
    from fxlab.report import equity_and_drawdown

    returns = np.random.default_rng(1).normal(0, 1e-3, 60_000)
    returns[31_234], returns[31_235] = -0.2, 0.25
    run = planted(returns)
    drawdown = np.asarray(equity_and_drawdown(run).data[1].y)
    assert len(drawdown) <= style.MAX_POINTS + 2
    assert -drawdown.min() / 100 == pytest.approx(max_drawdown(run.equity.to_numpy()), abs=1e-12)


def test_times_are_drawn_in_utc():
    index = pd.DatetimeIndex(["2017-03-01 17:00"]).tz_localize("America/New_York")
    assert utc(index).tolist() == [pd.Timestamp("2017-03-01 22:00").to_pydatetime()]


def test_runs_that_trade_get_different_colours_and_flat_ones_are_grey(runs):
    colours = run_colours(runs)
    assert colours["Flat"] == (style.GREY, "dot")
    assert colours["Buy and hold"] != colours["Cross"]


def test_twenty_runs_are_told_apart_by_colour_and_dash(crossing):
    colours = run_colours({str(n): crossing for n in range(20)})
    assert len(set(colours.values())) == 20


def test_names_cannot_carry_tags_into_a_figure():
    assert shown("<b>x</b> & y") == "&lt;b&gt;x&lt;/b&gt; &amp; y"


def test_nothing_to_draw_is_an_error():
    with pytest.raises(ValueError, match="there are no runs to draw"):
        as_runs({})
