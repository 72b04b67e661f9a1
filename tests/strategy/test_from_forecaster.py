"""A forecaster becomes a strategy by its sign, a threshold, and what is done in between."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import fxlab as fx
from fxlab.strategy import from_forecaster

NAN = float("nan")


class Echo:
    """Features that are the closes, and a forecaster that says what it was told."""

    def __init__(self, forecast: list[float]) -> None:
        self.forecast = np.array(forecast)

    def transform(self, bars: fx.Bars) -> pd.DataFrame:
        return bars.close

    def predict(self, columns: pd.DataFrame) -> np.ndarray:
        assert list(columns.columns) == ["EURUSD"]
        return self.forecast[: len(columns)]


def exposures(forecast: list[float], **settings: Any) -> list[float]:
    bars = fx.load_bars("EURUSD", source="synthetic", n_bars=len(forecast), seed=1)
    echo = Echo(forecast)
    frame = from_forecaster(echo, echo, **settings)(bars)
    assert frame.index.equals(bars.index)
    return frame["EURUSD"].tolist()


def test_the_sign_of_a_forecast_is_the_side_of_the_position() -> None:
    assert exposures([0.01, -0.02, 0.005]) == [1.0, -1.0, 1.0]
    assert exposures([0.01, -0.02, 0.005], exposure=2.5) == [2.5, -2.5, 2.5]


def test_between_the_thresholds_a_position_is_held_or_closed() -> None:
    forecast = [0.01, 0.001, -0.001, -0.01]
    held = exposures(forecast, threshold=0.002)
    assert held == pytest.approx([1.0, NAN, NAN, -1.0], nan_ok=True)
    assert exposures(forecast, threshold=0.002, between="flat") == [1.0, 0.0, 0.0, -1.0]


def test_a_forecast_on_the_threshold_is_not_acted_on() -> None:
    assert exposures([0.5, 0.75], threshold=0.5, between="flat") == [0.0, 1.0]


def test_a_forecaster_that_warms_up_leaves_nan_whatever_is_done_in_between() -> None:
    assert exposures([NAN, NAN, 0.01], between="flat") == pytest.approx([NAN, NAN, 1.0], nan_ok=True)


def test_it_trades_in_a_backtest_under_the_name_of_its_forecaster() -> None:
    bars = fx.load_bars("EURUSD", source="synthetic", n_bars=6, seed=1)
    echo = Echo([NAN, 0.01, 0.01, -0.01, -0.01, 0.01])
    result = fx.backtest(from_forecaster(echo, echo), bars)
    assert result.name == "Echo strategy"
    assert result.fills["time"].tolist() == [bars.index[2], bars.index[4], bars.index[4]]


def test_several_pairs_are_refused_by_name() -> None:
    bars = fx.load_bars(["EURUSD", "USDJPY"], source="synthetic", n_bars=4, seed=1)
    echo = Echo([0.0] * 4)
    with pytest.raises(ValueError, match="a forecaster trades one pair, these bars hold EURUSD, USDJPY"):
        from_forecaster(echo, echo)(bars)


def test_a_forecast_for_too_few_rows_is_refused() -> None:
    bars = fx.load_bars("EURUSD", source="synthetic", n_bars=4, seed=1)
    echo = Echo([0.0] * 3)
    with pytest.raises(ValueError, match=r"the forecaster returned shape \(3,\) for 4 rows of features"):
        from_forecaster(echo, echo)(bars)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"threshold": -0.1}, "threshold is -0.1; a log return, zero or more"),
        ({"threshold": NAN}, "threshold is nan"),
        ({"exposure": 0.0}, "exposure is 0.0; a positive multiple of equity"),
        ({"exposure": -1.0}, "exposure is -1.0"),
        ({"between": "wait"}, "between is 'wait'; write 'flat' or 'hold'"),
    ],
)
def test_settings_that_cannot_be_are_named(settings: dict[str, Any], complaint: str) -> None:
    echo = Echo([0.0])
    with pytest.raises(ValueError, match=complaint):
        from_forecaster(echo, echo, **settings)


def test_what_is_no_forecaster_or_no_pipeline_is_named() -> None:
    echo = Echo([0.0])
    with pytest.raises(TypeError, match=r"dict has no predict\(X\); give a fitted forecaster"):
        from_forecaster({}, echo)
    with pytest.raises(TypeError, match=r"list has no transform\(bars\); give a fitted FeaturePipeline"):
        from_forecaster(echo, [])
