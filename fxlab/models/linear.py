"""Ridge regression on the last rows of features: the linear forecaster."""

from __future__ import annotations

from typing import Any

import numpy as np

from fxlab.models.forecaster import Forecaster


class RidgeForecaster(Forecaster):
    """Least squares with a penalty on the squared weights, by scikit-learn's Ridge.

    Args:
        window: rows flattened into one input, the newest last; 1 reads the present row only.
        alpha: strength of the penalty; scaled features are assumed.

    Attributes, once fitted:
        coef_: (window, features) weights.
        intercept_: in the units of y.

    Source: Hoerl & Kennard (1970), "Ridge regression", Technometrics 12(1).
    """

    def __init__(self, window: int = 1, alpha: float = 1.0) -> None:
        self.window = window
        self.alpha = alpha

    def _check_settings(self) -> None:
        super()._check_settings()
        if not (np.isfinite(self.alpha) and self.alpha >= 0):
            raise ValueError(f"RidgeForecaster: alpha is {self.alpha!r}; give zero or more")

    def _learn(self, view: np.ndarray, rows: np.ndarray, y: np.ndarray) -> None:
        from sklearn.linear_model import Ridge

        flat = view[rows].reshape(len(rows), -1)
        ridge = Ridge(alpha=self.alpha, solver="cholesky").fit(flat, y)
        self.coef_ = np.array(ridge.coef_).reshape(view.shape[1:])
        self.intercept_ = float(ridge.intercept_)

    def _infer(self, block: np.ndarray) -> np.ndarray:
        return block.reshape(len(block), -1) @ self.coef_.ravel() + self.intercept_

    def _state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        return {"intercept": self.intercept_}, {"coef": self.coef_}

    def _restore(self, numbers: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        self.coef_ = arrays["coef"]
        self.intercept_ = float(numbers["intercept"])
