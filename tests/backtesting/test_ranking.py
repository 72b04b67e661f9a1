"""The best run is the one a trader would call so: more return, less drawdown, and never a figure that is NaN."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fxlab as fx
from fxlab.backtesting.ranking import LESS_IS_BETTER, best, check_metric, measure, metric_name

NAN = float("nan")


@pytest.fixture(scope="module")
def result() -> fx.Result:
    bars = fx.load_bars("EURUSD", start="2017-03-06", end="2017-03-08")
    return fx.backtest((bars.close > bars.close.rolling(5).mean()).astype(float), bars)


@pytest.mark.parametrize(
    ("values", "metric", "expected"),
    [
        ([1.0, 3.0, 2.0], "Sharpe ratio", 1),
        ([1.0, 3.0, 2.0], "Max drawdown [%]", 0),
        ([1.0, 3.0, 2.0], "Costs [EUR]", 0),
        ([-5.0, -1.0], "Swap [USD]", 1),  # paid swap is negative
        ([2.0, 2.0, 1.0], "Return [%]", 0),
        ([NAN, -9.0, NAN], "Return [%]", 1),
        ([NAN, 9.0], "Ulcer index [%]", 1),
        ([NAN, NAN], "Return [%]", 0),
        ([NAN, -math.inf], "Return [%]", 1),
        ([1.0, math.inf], "Profit factor", 1),
        ([1.0, 3.0], max, 1),
    ],
)
def test_the_best_is_found(values: list[float], metric: Any, expected: int) -> None:
    assert best(values, metric) == expected


@given(st.lists(st.floats(), min_size=1), st.sampled_from(["Return [%]", "Max drawdown [%]"]))
def test_the_best_beats_every_other_and_is_the_first_of_its_kind(values: list[float], metric: str) -> None:
    i = best(values, metric)
    sign = 1 if metric == "Return [%]" else -1
    numbers = [sign * value for value in values if not math.isnan(value)]
    if not numbers:
        assert i == 0
    else:
        assert sign * values[i] == max(numbers)
        assert all(value != values[i] for value in values[:i])


def test_every_figure_where_less_is_better_exists(result: fx.Result) -> None:
    labels = [str(label) for label in result.stats().index]
    for beginning in LESS_IS_BETTER:
        assert any(label.startswith(beginning) for label in labels), beginning


def test_a_metric_is_a_figure_or_a_function_of_the_result(result: fx.Result) -> None:
    assert measure(result, "Fills") == len(result.fills)
    assert measure(result, lambda one: len(one.trades)) == len(result.trades)
    assert metric_name(len) == "len"
    assert metric_name("Fills") == "Fills"


def test_what_is_no_number_cannot_be_ranked(result: fx.Result) -> None:
    with pytest.raises(
        ValueError, match=r"metric 'Start' is .*, a Timestamp; choose by a figure that is a number"
    ):
        measure(result, "Start")
    with pytest.raises(ValueError, match=r"metric 'Average holding time' is .*, a Timedelta; choose"):
        measure(result, "Average holding time")
    with pytest.raises(ValueError, match="metric '<lambda>' is None, a NoneType; choose"):
        measure(result, lambda one: None)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    ("metric", "error", "complaint"),
    [
        ("sharpe", ValueError, r"metric 'sharpe' is not a figure of a run; did you mean 'Sharpe ratio'\?"),
        ("Costs", ValueError, r"metric 'Costs' is not a figure of a run; did you mean 'Costs \[USD\]'\?"),
        (
            "xyzzy",
            ValueError,
            r"metric 'xyzzy' is not a figure of a run; see the labels of result\.stats\(\)",
        ),
        (
            3,
            TypeError,
            r"metric is 3; give a label of result\.stats\(\), such as 'Sharpe ratio', or a function",
        ),
        (None, TypeError, "metric is None; give a label"),
    ],
)
def test_an_unknown_metric_is_told_with_the_nearest(
    result: fx.Result, metric: Any, error: type[Exception], complaint: str
) -> None:
    labels = [str(label) for label in result.stats().index]
    with pytest.raises(error, match=complaint):
        check_metric(metric, labels)
    check_metric("Sharpe ratio", labels)
    check_metric(len, labels)
