"""What an agent sees: a window of features up to the bar just closed, then its account."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit

from fxlab.features import FeaturePipeline
from fxlab.market import Bars

N_STATE = 2  # inputs for each pair: last requested target, exposure held


def observation_size(n_features: int, window: int, n_symbols: int) -> int:
    """Length of an observation: window × features, then target and exposure of each pair, then the open profit."""
    return n_features * window + state_inputs(n_symbols)


def state_inputs(n_symbols: int) -> int:
    """Inputs that describe the account: N_STATE for each pair, and the open profit as a fraction of the balance."""
    return N_STATE * n_symbols + 1


def as_pipeline(features: Any, bars: Bars) -> FeaturePipeline:
    """A fitted pipeline from what an environment was given.

    Args:
        features: a fitted FeaturePipeline; functions (or one) bars → column, taken as they are, unscaled; or
            None for the last return in tenths of a percent.

    Raises:
        TypeError: neither. ValueError: a pipeline that is not fitted.
    """
    if features is None:
        features = [last_return]
    if callable(features) and not isinstance(features, FeaturePipeline):
        features = [features]
    if isinstance(features, FeaturePipeline):
        if not features.is_fitted:
            raise ValueError("the FeaturePipeline is not fitted; call .fit(training bars) first")
        return features
    if isinstance(features, Sequence) and not isinstance(features, str):
        steps = [
            (getattr(one, "__name__", f"f{i}"), one) if callable(one) else one
            for i, one in enumerate(features)
        ]
        return FeaturePipeline(steps, scaler=None).fit(bars)
    raise TypeError(f"features is {features!r}; give a fitted FeaturePipeline or functions of bars")


def last_return(bars: Bars) -> Any:
    """Log return of the mid close over the last bar, in tenths of a percent; one column a pair."""
    close = bars.close
    moves = (close / close.shift(1)).apply(np.log) * 1_000.0
    return moves.iloc[:, 0] if moves.shape[1] == 1 else moves


def feature_matrix(pipeline: FeaturePipeline, bars: Bars) -> tuple[np.ndarray, int]:
    """(bars, columns) float32 of the features with NaN as 0, and the number of leading rows that held a NaN."""
    values = np.asarray(pipeline.transform(bars), dtype=np.float64)
    whole = np.isfinite(values).all(axis=1)
    warmup = int(np.argmax(whole)) if whole.any() else len(values)
    return as_input(values), warmup


def as_input(values: np.ndarray) -> np.ndarray:
    """Features as networks take them: float32, NaN (warming up, or no bar) as 0."""
    return np.ascontiguousarray(np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0), dtype=np.float32)


@njit(cache=True)
def write_observation(i, window, features, state, out):
    """Fill `out` with the observation after bar i.

    Args:
        features: (bars, columns) float32. state: (inputs,) float64 account. out: (observation_size,) float32;
            window rows from the oldest to bar i, zeros before the first bar, then the account.
    """
    n_columns = features.shape[1]
    for w in range(window):
        row = i - window + 1 + w
        for c in range(n_columns):
            out[w * n_columns + c] = features[row, c] if row >= 0 else 0.0
    first = window * n_columns
    for k in range(state.shape[0]):
        value = state[k]
        out[first + k] = 0.0 if math.isnan(value) else value


@njit(cache=True)
def write_observations(rows, window, features, states, out):
    """`write_observation` of many accounts: rows (accounts,), states (accounts, inputs), out (accounts, size)."""
    for k in range(rows.shape[0]):
        write_observation(rows[k], window, features, states[k], out[k])
