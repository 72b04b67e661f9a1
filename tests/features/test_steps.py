"""A step may be spelled in many ways and means one thing; a wrong one is told what was meant."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fxlab.features import FeaturePipeline, Step, log_return, rsi


def shape_of_day(bars, scale=1.0):
    return bars.close["EURUSD"].to_numpy() * scale


@pytest.mark.parametrize(
    ("spelling", "name", "parameters"),
    [
        ("rsi", "rsi", {}),
        (("rsi", {"period": 5}), "rsi", {"period": 5}),
        ({"rsi": {"period": 5}}, "rsi", {"period": 5}),
        ({"rsi": None}, "rsi", {}),
        (("quick", "rsi", {"period": 5}), "quick", {"period": 5}),
        (["quick", "rsi", {"period": 5}], "quick", {"period": 5}),
        (("quick", rsi), "quick", {}),
        (rsi, "rsi", {}),
        (Step("rsi", rsi, {"period": 5}), "rsi", {"period": 5}),
    ],
)
def test_each_spelling_is_the_same_step(spelling, name, parameters):
    (step,) = FeaturePipeline([spelling]).steps
    assert (step.name, step.function, step.parameters) == (name, rsi, parameters)


def test_a_mapping_lists_steps_in_its_order():
    steps = FeaturePipeline({"rsi": {"period": 5}, "log_return": None}).steps
    assert [step.name for step in steps] == ["rsi", "log_return"]


def test_columns_are_named_after_step_pair_and_part(bars, pairs):
    steps = ["log_return", "time_of_day", ("mine", shape_of_day, {"scale": 2.0})]
    assert FeaturePipeline(steps).columns(bars).columns.tolist() == [
        "log_return",
        "time_of_day_sin",
        "time_of_day_cos",
        "mine",
    ]
    assert FeaturePipeline(["rsi"]).columns(pairs).columns.tolist() == ["rsi_EURUSD", "rsi_USDJPY"]


@pytest.mark.parametrize(
    ("steps", "error", "complaint"),
    [
        (["rsy"], ValueError, r"rsy is not a feature; did you mean rsi\?"),
        (["zzz"], ValueError, "zzz is not a feature; there is atr, "),
        ([("rsi", {"perod": 5})], ValueError, r"step rsi has no parameter perod; did you mean period\?"),
        ([{"time_of_day": {"hour": 5}}], ValueError, "step time_of_day has no parameter hour; it takes none"),
        (["rsi", ("rsi", {"period": 5})], ValueError, "two steps are called rsi; name one of them apart"),
        ([], ValueError, r"needs at least one step"),
        ([5], TypeError, "5 is not a feature step; write 'rsi'"),
        ([("rsi", 14, {})], TypeError, "step rsi: 14 is not a function"),
        ([{"rsi": 14}], TypeError, r"step rsi: parameters are 14; give a mapping such as \{'period': 14\}"),
    ],
)
def test_a_step_that_cannot_be_read_is_told_what_was_meant(steps, error, complaint):
    with pytest.raises(error, match=complaint):
        FeaturePipeline(steps)


@pytest.mark.parametrize(
    ("function", "complaint"),
    [
        (
            lambda bars: np.ones(3),
            r"feature mine returned an array of shape \(3,\); return one value or row a bar",
        ),
        (lambda bars: 5, r"feature mine returned a int; return one value or row a bar \(1,500\)"),
        (
            lambda bars: log_return(bars)[:-1],
            "feature mine returned 1,499 rows on another index for 1,500 bars",
        ),
        (lambda bars: pd.Series("up", index=bars.index), "feature mine holds something that is not a number"),
    ],
)
def test_a_function_of_wrong_shape_is_named(function, complaint, bars):
    with pytest.raises(ValueError, match=complaint):
        FeaturePipeline([("mine", function)]).fit(bars)


def test_two_steps_may_not_give_one_column(bars):
    def sin(bars):
        return log_return(bars)

    with pytest.raises(ValueError, match="two steps give a column time_of_day_sin; rename one of them"):
        FeaturePipeline(["time_of_day", ("time_of_day_sin", sin)]).fit(bars)
