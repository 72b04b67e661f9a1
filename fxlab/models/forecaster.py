"""Forecaster: the scikit-learn verbs all models share, from rows of features to one number a row.

Two laws live here, so that no model can break them:

- a forecast at row i reads rows up to i only, `window` of them, and is NaN where one of those is not finite;
- inference always runs on blocks of BLOCK rows, cut at fixed row positions and padded with zeros. Matrix
products
  round differently for different shapes; at one shape, `predict(X[:k])` equals `predict(X)[:k]` to the bit,
  and a forecast made bar by bar equals the one made all at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.base import BaseEstimator, RegressorMixin

BLOCK = 256  # rows per inference call; part of the forecast's last bits, so not a setting

Columns = pd.DataFrame | np.ndarray


class Forecaster(RegressorMixin, BaseEstimator, ABC):
    """Base of all forecasters. A subclass says `_learn` and `_infer`; its __init__ stores arguments as given.

    X is rows × features (a DataFrame or array, oldest first), or samples × window × features as
    `fx.features.windows` gives it. y holds one number per row (or sample) of X, NaN where it is not known.

    Attributes, once fitted:
        n_features_in_: columns of X.
        feature_names_in_: their names, when X was a DataFrame.
        n_samples_: rows learned from.
        n_dropped_: rows left out, because y or a value in their window is NaN.
    """

    window: int = 1
    takes_longer_windows: ClassVar[bool] = False  # of a longer sample the last `window` rows are read
    unsaved: ClassVar[tuple[str, ...]] = ()  # arguments that are callables and stay out of files
    dtype: ClassVar[type] = np.float64

    n_features_in_: int
    n_samples_: int
    n_dropped_: int

    # --- what a model adds -------------------------------------------------------------------------------

    @abstractmethod
    def _learn(self, view: np.ndarray, rows: np.ndarray, y: np.ndarray) -> None:
        """Learn from view[rows] (samples, window, features), in time order, and their finite y (samples,)."""

    @abstractmethod
    def _infer(self, block: np.ndarray) -> np.ndarray:
        """Forecasts (BLOCK,) of a block (BLOCK, window, features), each from its own window only."""

    @abstractmethod
    def _state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """What fitting learned: JSON-ready numbers, and arrays."""

    @abstractmethod
    def _restore(self, numbers: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Take back what `_state` gave."""

    # --- verbs -------------------------------------------------------------------------------------------

    def fit(self, X: Columns, y: pd.Series | np.ndarray) -> Forecaster:
        """Learn from every row whose window and y are finite; returns the model itself.

        Raises:
            ValueError: X and y disagree in length or index, y is infinite, or no row is usable.
        """
        self._check_settings()
        values = self._values(X)
        view, usable = self._windows(values)
        target = _target(X, y)
        rows = np.flatnonzero(usable & ~np.isnan(target))
        if not rows.size:
            raise ValueError(
                f"{type(self).__name__}: none of {len(values):,} rows has a finite y and "
                f"{self.window} finite rows of X up to it; give more rows or a shorter window"
            )
        self.n_features_in_ = int(values.shape[-1])
        if isinstance(X, pd.DataFrame):
            self.feature_names_in_ = np.array([str(name) for name in X.columns], dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        self.n_dropped_ = len(values) - rows.size
        self._learn(view, rows, target[rows])
        self.n_samples_ = int(rows.size)
        return self

    def predict(self, X: Columns, first: int = 0) -> np.ndarray:
        """Forecast of each row of X, from that row and the window - 1 rows before it.

        Args:
            X: rows × features, or samples × window × features, columns as in fit.
            first: row to start at; `predict(X, first=i)` equals `predict(X)[i:]` to the bit and costs only
                the blocks from i on. For drivers that need the newest row.

        Returns:
            (rows - first,) float64 in the units of y, NaN where the window is not complete and finite.

        Raises:
            sklearn.exceptions.NotFittedError: not fitted.
            ValueError: X has other columns than in fit.
        """
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self, "n_samples_")
        self._check_columns(X)
        n_rows = len(X)
        if not 0 <= first <= n_rows:
            raise ValueError(f"predict: first is {first}; give a row between 0 and {n_rows}")
        begin = first - first % BLOCK
        past = max(0, begin - self.window + 1) if X.ndim == 2 else begin  # rows before `past` are not read
        values = self._values(X.iloc[past:] if isinstance(X, pd.DataFrame) else X[past:])
        view, usable = self._windows(values)
        forecasts = np.full(n_rows - begin, np.nan)
        for start in range(begin, n_rows, BLOCK):
            rows = np.arange(start, min(start + BLOCK, n_rows))
            places = np.flatnonzero(usable[rows - past])
            if not places.size:
                continue
            block = np.zeros((BLOCK, *view.shape[1:]), dtype=self.dtype)
            block[places] = view[rows[places] - past]
            forecasts[rows[places] - begin] = self._infer(block)[places]
        return forecasts[first - begin :]

    def score(self, X: Columns, y: pd.Series | np.ndarray, sample_weight: Any = None) -> float:
        """R² of the forecasts over rows where forecast and y are both known.

        Raises:
            ValueError: fewer than two such rows.
        """
        from sklearn.metrics import r2_score

        forecast, target = self.predict(X), _target(X, y)
        both = np.isfinite(forecast) & np.isfinite(target)
        if both.sum() < 2:
            raise ValueError(f"R² needs two rows with a forecast and a y, got {int(both.sum())}")
        weight = None if sample_weight is None else np.asarray(sample_weight)[both]
        return float(r2_score(target[both], forecast[both], sample_weight=weight))

    def save(self, directory: str | Path) -> Path:
        """Write the fitted model into a directory (JSON and arrays); `fx.models.load` reads it back.

        The manifest is replaced last and in one step: an interrupted save leaves the old model whole.

        Raises:
            sklearn.exceptions.NotFittedError: not fitted.
            TypeError: a class that `fx.models.load` does not know.
        """
        from sklearn.utils.validation import check_is_fitted

        from fxlab.models import storage

        check_is_fitted(self, "n_samples_")
        return storage.save(self, Path(directory))

    # --- checks ------------------------------------------------------------------------------------------

    def _check_settings(self) -> None:
        """Raise ValueError for arguments that cannot be; subclasses add theirs."""
        if isinstance(self.window, bool) or not isinstance(self.window, (int, np.integer)) or self.window < 1:
            raise ValueError(
                f"{type(self).__name__}: window is {self.window!r}; give a whole number of at least 1"
            )

    def _values(self, X: Columns) -> np.ndarray:
        if not isinstance(X, (pd.DataFrame, np.ndarray)):
            raise TypeError(f"{type(self).__name__}: X is a {type(X).__name__}; give a DataFrame or an array")
        if X.ndim not in (2, 3):
            raise ValueError(
                f"{type(self).__name__}: X has shape {X.shape}; "
                "give rows × features or samples × window × features"
            )
        if X.ndim == 3:
            if X.shape[1] < self.window or (X.shape[1] > self.window and not self.takes_longer_windows):
                raise ValueError(
                    f"{type(self).__name__}: samples of X hold {X.shape[1]} rows, window is {self.window}; "
                    "cut them with fx.features.windows(frame, window) of the same window"
                )
            return np.asarray(X[:, X.shape[1] - self.window :, :], dtype=self.dtype)
        if isinstance(X, pd.DataFrame):
            return np.ascontiguousarray(X.to_numpy(dtype=self.dtype))
        return np.ascontiguousarray(X, dtype=self.dtype)

    def _windows(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(rows, window, features) view whose row i ends at row i of X, and whether that window is finite.

        The first window - 1 rows have no window; they are marked unusable and the view repeats row 0 for
        them.
        """
        if values.ndim == 3:
            return values, np.isfinite(values).all(axis=(1, 2))
        lead = np.full((self.window - 1, values.shape[1]), np.nan, dtype=values.dtype)
        padded = np.concatenate([lead, values])
        wrong = np.concatenate([[0], np.cumsum(~np.isfinite(padded).all(axis=1))])
        usable = wrong[self.window :] == wrong[: len(values)]
        if not len(values):
            return np.empty((0, self.window, values.shape[1]), dtype=values.dtype), usable
        return sliding_window_view(padded, self.window, axis=0).transpose(0, 2, 1), usable

    def _check_columns(self, X: Columns) -> None:
        if not isinstance(X, (pd.DataFrame, np.ndarray)):
            raise TypeError(f"{type(self).__name__}: X is a {type(X).__name__}; give a DataFrame or an array")
        names = getattr(self, "feature_names_in_", None)
        if isinstance(X, pd.DataFrame) and names is not None:
            given = [str(name) for name in X.columns]
            if given != list(names):
                odd = next((a for a in given if a not in names), None) or next(
                    (b for b in names if b not in given), "the order"
                )
                raise ValueError(
                    f"{type(self).__name__}: X has other columns than in fit (first difference: {odd}); "
                    "transform with the pipeline the model was fitted on"
                )
        if X.shape[-1] != self.n_features_in_:
            raise ValueError(
                f"{type(self).__name__}: X has {X.shape[-1]} features, the model was fitted on "
                f"{self.n_features_in_}; transform with the same pipeline"
            )


def _differ(left: pd.Index, right: pd.Index) -> bool:
    return len(left) == len(right) and not left.equals(right)


def _target(X: Columns, y: pd.Series | np.ndarray) -> np.ndarray:
    if isinstance(y, pd.DataFrame) and y.shape[1] == 1:
        y = y.iloc[:, 0]
    if isinstance(X, pd.DataFrame) and isinstance(y, pd.Series) and _differ(X.index, y.index):
        i = int(np.argmax(X.index != y.index))
        raise ValueError(
            f"X and y are on different times (row {i}: {X.index[i]} and {y.index[i]}); "
            "y.reindex(X.index) aligns them"
        )
    target = np.asarray(y, dtype=np.float64)
    if target.shape != (len(X),):
        raise ValueError(f"X has {len(X):,} rows and y has shape {target.shape}; give one y per row of X")
    if np.isinf(target).any():
        i = int(np.argmax(np.isinf(target)))
        raise ValueError(f"y[{i}] is {target[i]}; make it NaN (dropped) or finite")
    return target
