"""A fitted forecaster as a strategy: long above a threshold, short below it, and what to do in between."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fxlab.features import window_rows
from fxlab.market import Bars

BETWEEN = ("flat", "hold")


@dataclass(frozen=True, eq=False)
class ForecastStrategy:
    """Callable strategy(bars) → exposure; build it with `from_forecaster`."""

    forecaster: Any
    features: Any
    threshold: float
    exposure: float
    between: str

    def __call__(self, bars: Bars) -> pd.DataFrame:
        """Exposure (bars × symbols): sign of the forecast return where it exceeds the threshold.

        Causal when features and forecaster are: row i needs bars up to i. NaN until both have warmed up.
        """
        forecast = self._forecast(bars)
        if forecast.shape != (len(bars),):
            raise ValueError(
                f"the forecaster returned shape {forecast.shape} for {len(bars):,} rows of features"
            )
        target = self._stance(forecast)
        known = np.flatnonzero(~np.isnan(forecast))
        if known.size and math.isnan(target[known[0]]):
            target[known[0]] = 0.0  # nothing to hold yet: flat, from the first forecast on
        return pd.DataFrame(target[:, None], index=bars.index, columns=list(bars.symbols))

    def latest(self, bars: Bars) -> pd.DataFrame:
        """The last row of `self(bars)`, to the bit, without forecasting the rows before it again."""
        window = getattr(self.forecaster, "window", None)
        if window is None:
            return self(bars).iloc[-1:]
        columns = self.features.transform(bars)
        last = len(bars) - 1
        forecast = np.asarray(self.forecaster.predict(columns, first=last), dtype=np.float64)
        target = self._stance(forecast)
        if math.isnan(target[0]) and not math.isnan(forecast[0]) and window_rows(columns, window)[0] == last:
            target[0] = 0.0
        return pd.DataFrame(target[:, None], index=bars.index[last:], columns=list(bars.symbols))

    def _forecast(self, bars: Bars) -> np.ndarray:
        if len(bars.symbols) != 1:
            raise ValueError(f"a forecaster trades one pair, these bars hold {', '.join(bars.symbols)}")
        return np.asarray(self.forecaster.predict(self.features.transform(bars)), dtype=np.float64)

    def _stance(self, forecast: np.ndarray) -> np.ndarray:
        """Exposure for each forecast; NaN where it is unknown, or too small to act on and the position is held."""
        middle = 0.0 if self.between == "flat" else math.nan
        target = np.where(np.abs(forecast) > self.threshold, np.sign(forecast) * self.exposure, middle)
        target[np.isnan(forecast)] = math.nan
        return target

    @property
    def __name__(self) -> str:
        return f"{type(self.forecaster).__name__} strategy"


def from_forecaster(
    forecaster: Any,
    features: Any,
    threshold: float = 0.0,
    exposure: float = 1.0,
    between: str = "hold",
) -> ForecastStrategy:
    """Trade what a forecaster expects.

    Args:
        forecaster: fitted, with predict(X) → (rows,) expected log returns over its horizon, NaN while warming up.
        features: fitted FeaturePipeline, with transform(bars) → DataFrame.
        threshold: smallest forecast acted on, as a log return (0.0002 is about 2 pips of EURUSD); zero or more.
            A round trip's cost is a sensible one.
        exposure: multiple of equity that is held, positive.
        between: "hold" keeps the position while the forecast is inside the threshold, "flat" leaves the market.

    Raises:
        TypeError: no predict or no transform.
        ValueError: a negative threshold, an exposure that is not positive, unknown `between`.
    """
    if not hasattr(forecaster, "predict"):
        raise TypeError(f"{type(forecaster).__name__} has no predict(X); give a fitted forecaster")
    if not hasattr(features, "transform"):
        raise TypeError(f"{type(features).__name__} has no transform(bars); give a fitted FeaturePipeline")
    if not (math.isfinite(threshold) and threshold >= 0):
        raise ValueError(f"threshold is {threshold}; a log return, zero or more")
    if not (math.isfinite(exposure) and exposure > 0):
        raise ValueError(f"exposure is {exposure}; a positive multiple of equity")
    if between not in BETWEEN:
        raise ValueError(f"between is {between!r}; write 'flat' or 'hold'")
    return ForecastStrategy(forecaster, features, threshold, exposure, between)
