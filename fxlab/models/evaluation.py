"""How good forecasts were, always beside the driftless random walk."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

Numbers = pd.Series | np.ndarray


def directional_accuracy(y: Numbers, forecast: Numbers) -> float:
    """Share of rows whose sign was forecast, among rows where both y and forecast are finite and not zero.

    A forecast of 0 takes no side, so the random walk scores NaN; a coin scores 0.5.

    Args:
        y, forecast: (rows,) numbers, NaN where unknown.

    Returns:
        0 to 1, NaN when no row takes a side.

    Raises:
        ValueError: y and forecast differ in length.
    """
    actual, guess = _both(y, forecast)
    sided = (actual != 0) & (guess != 0)
    return float((np.sign(actual[sided]) == np.sign(guess[sided])).mean()) if sided.any() else float("nan")


def rmse(y: Numbers, forecast: Numbers) -> float:
    """Root mean squared error over rows where both are finite, in the units of y; NaN without such rows."""
    actual, guess = _both(y, forecast)
    return float(np.sqrt(np.mean((actual - guess) ** 2))) if actual.size else float("nan")


def mae(y: Numbers, forecast: Numbers) -> float:
    """Mean absolute error over rows where both are finite, in the units of y; NaN without such rows."""
    actual, guess = _both(y, forecast)
    return float(np.mean(np.abs(actual - guess))) if actual.size else float("nan")


def relative_rmse(y: Numbers, forecast: Numbers) -> float:
    """RMSE over that of the driftless random walk (a forecast of 0) on the same rows; below 1 beats it.

    Known as Theil's U2; NaN when y never moved.

    Source: Theil (1966), "Applied Economic Forecasting", p. 28.
    """
    actual, guess = _both(y, forecast)
    walk = rmse(actual, np.zeros_like(actual))
    return rmse(actual, guess) / walk if walk > 0 else float("nan")


def forecast_table(y: Numbers, forecasts: Mapping[str, Numbers]) -> pd.DataFrame:
    """One row per forecaster, units in the labels, all on the rows that every one of them forecast.

    Args:
        y: (rows,) returns that came.
        forecasts: name → (rows,) forecasts.

    Returns:
        columns "Rows", "RMSE [bp]", "MAE [bp]", "RMSE / random walk", "Direction right [%]".

    Raises:
        ValueError: lengths differ, or there is nothing to compare.
    """
    if not forecasts:
        raise ValueError("nothing to compare; give {'LSTM': forecasts, ...}")
    actual = np.asarray(y, dtype=np.float64)
    everyone = np.isfinite(actual)
    for forecast in forecasts.values():
        _same_length(actual, np.asarray(forecast))
        everyone &= np.isfinite(np.asarray(forecast, dtype=np.float64))
    rows = {}
    for name, forecast in forecasts.items():
        mine, guess = actual[everyone], np.asarray(forecast, dtype=np.float64)[everyone]
        rows[name] = {
            "Rows": int(everyone.sum()),
            "RMSE [bp]": rmse(mine, guess) * 1e4,
            "MAE [bp]": mae(mine, guess) * 1e4,
            "RMSE / random walk": relative_rmse(mine, guess),
            "Direction right [%]": directional_accuracy(mine, guess) * 100,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _both(y: Numbers, forecast: Numbers) -> tuple[np.ndarray, np.ndarray]:
    actual, guess = np.asarray(y, dtype=np.float64), np.asarray(forecast, dtype=np.float64)
    _same_length(actual, guess)
    known = np.isfinite(actual) & np.isfinite(guess)
    return actual[known], guess[known]


def _same_length(y: np.ndarray, forecast: np.ndarray) -> None:
    if y.shape != forecast.shape:
        raise ValueError(f"y has shape {y.shape} and the forecast {forecast.shape}; give one forecast per y")
