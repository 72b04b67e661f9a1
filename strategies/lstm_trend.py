"""LSTM trend: trade what a recurrent network, fitted on the first bars, expects of the next day.

Thesis: returns depend on past returns, volatility and the hour in ways that lines do not catch. The burden of proof
is on the network: the random walk is hard to beat, and forecasts smaller than the costs are worth nothing.

Source: Fischer & Krauss (2018), "Deep learning with long short-term memory networks for financial market
predictions", European J. Operational Research 270(2). Departures: one pair, returns forecast instead of ranks, one
fit on the first `train_bars` instead of yearly ones. Needs `pip install "fxlab[models]"`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fxlab.market import Bars

# What was fitted, by everything it depends on: a replay asks for the same network at every bar.
_FITTED: dict[Any, Any] = {}
_MOST = 4


def lstm_trend(
    bars: Bars,
    train_bars: int = 3_000,
    horizon: int = 24,
    window: int = 24,
    units: int = 16,
    epochs: int = 6,
    threshold: float = 0.0005,
    exposure: float = 1.0,
    seed: int = 0,
) -> pd.DataFrame:
    """Long or short while the forecast exceeds the threshold, holding in between; flat on the training bars.

    Args:
        bars: one pair.
        train_bars: bars at the start that features and network are fitted on; nothing later is.
        horizon: bars ahead that are forecast.
        window, units, epochs, seed: of `fx.LSTMForecaster`.
        threshold: smallest forecast acted on, a log return.
        exposure: multiple of equity.

    Returns:
        exposure (bars × 1), 0 until the network is fitted.

    Raises:
        ValueError: several pairs, or too few training bars for the window and the horizon.
    """
    from fxlab.strategy import from_forecaster

    if len(bars.symbols) != 1:
        raise ValueError(f"lstm_trend trades one pair, these bars hold {', '.join(bars.symbols)}")
    flat = pd.DataFrame(0.0, index=bars.index, columns=list(bars.symbols))
    if len(bars) <= train_bars:
        return flat
    first = bars[:train_bars]
    key = (first.checksum, horizon, window, units, epochs, seed)
    if key not in _FITTED:
        if len(_FITTED) >= _MOST:
            _FITTED.clear()
        _FITTED[key] = _fit(first, horizon, window, units, epochs, seed)
    model, pipeline = _FITTED[key]
    targets = from_forecaster(model, pipeline, threshold, exposure)(bars)
    is_training = np.arange(len(bars)) < train_bars
    return targets.mask(is_training[:, None], 0.0)


def _fit(bars: Bars, horizon: int, window: int, units: int, epochs: int, seed: int) -> tuple[Any, Any]:
    from fxlab.features import FeaturePipeline
    from fxlab.models import LSTMForecaster, forward_return

    pipeline = FeaturePipeline().fit(bars)
    model = LSTMForecaster(window=window, units=units, horizon=horizon, epochs=epochs, seed=seed)
    model.fit(pipeline.transform(bars), forward_return(bars, horizon))
    return model, pipeline
