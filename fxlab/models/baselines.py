"""Baselines: what a forecaster has to beat. The random walk is the hardest in foreign exchange."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from fxlab.models.forecaster import Forecaster


class RandomWalkForecaster(Forecaster):
    """The driftless random walk: the next return is 0, whatever came before.

    Forecasts are NaN where X is, so that it is compared on the rows others can forecast.

    Source: Meese & Rogoff (1983), "Empirical exchange rate models of the seventies: do they fit out of
        sample?", J. International Economics 14(1-2).
    """

    takes_longer_windows: ClassVar[bool] = True

    def _learn(self, view: np.ndarray, rows: np.ndarray, y: np.ndarray) -> None:
        pass  # it has nothing to learn

    def _infer(self, block: np.ndarray) -> np.ndarray:
        return np.zeros(len(block))

    def _state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        return {}, {}

    def _restore(self, numbers: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        pass


class DriftForecaster(Forecaster):
    """The random walk with drift: every forecast is the mean y of the training rows.

    Attributes, once fitted:
        drift_: that mean, in the units of y.
    """

    takes_longer_windows: ClassVar[bool] = True

    def _learn(self, view: np.ndarray, rows: np.ndarray, y: np.ndarray) -> None:
        self.drift_ = float(y.mean())

    def _infer(self, block: np.ndarray) -> np.ndarray:
        return np.full(len(block), self.drift_)

    def _state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        return {"drift": self.drift_}, {}

    def _restore(self, numbers: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        self.drift_ = float(numbers["drift"])
