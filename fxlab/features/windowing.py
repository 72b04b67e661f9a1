"""Windows of consecutive rows, as a view: what recurrent networks and scikit-learn tools take."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from fxlab.features.shape import whole


def windows(frame: pd.DataFrame | np.ndarray, window: int) -> np.ndarray:
    """Every run of `window` consecutive rows in which all values are finite, oldest row first.

    A weekend between two rows is no gap (the rows are consecutive bars); a NaN row, such as the warm-up or a
    bar one pair lacks, is: no window spans it.

    Args:
        frame: (rows, features) numbers.
        window: rows in a window.

    Returns:
        (samples, window, features), read-only. A view without any copy of the values while the finite rows
        stand in one block, as after a warm-up; a gap in between costs a copy, window times as large. The
        last row of sample s is row `window_rows(frame, window)[s]` of the frame.

    Raises:
        ValueError: window is not a whole number of at least one, or the frame is not two-dimensional.

    >>> windows(np.arange(8.0).reshape(4, 2), window=3)[:, :, 0].tolist()
    [[0.0, 2.0, 4.0], [2.0, 4.0, 6.0]]
    """
    values = _matrix(frame, window)
    ends = _ends(values, window)
    if not ends.size:
        return np.empty((0, window, values.shape[1]))
    view = sliding_window_view(values, window, axis=0).transpose(
        0, 2, 1
    )  # (rows - window + 1, window, features)
    first, last = int(ends[0]) - window + 1, int(ends[-1]) - window + 1
    if last - first + 1 == ends.size:
        return view[first : last + 1]
    gathered = view[ends - window + 1]
    gathered.flags.writeable = False
    return gathered


def window_rows(frame: pd.DataFrame | np.ndarray, window: int) -> np.ndarray:
    """Row position of the last row of each window of `windows(frame, window)`, (samples,) int64.

    >>> window_rows(np.array([[np.nan], [1.0], [2.0], [3.0]]), window=2).tolist()
    [2, 3]
    """
    return _ends(_matrix(frame, window), window)


def _matrix(frame: pd.DataFrame | np.ndarray, window: int) -> np.ndarray:
    whole("windows", "window", window, 1)
    values = frame.to_numpy(dtype=np.float64) if isinstance(frame, pd.DataFrame) else np.asarray(frame)
    if values.ndim != 2:
        raise ValueError(f"windows: the frame has shape {values.shape}; give rows × features")
    return values


def _ends(values: np.ndarray, window: int) -> np.ndarray:
    wrong = ~np.isfinite(values).all(axis=1)
    wrong_so_far = np.concatenate([[0], np.cumsum(wrong)])
    return np.flatnonzero(wrong_so_far[window:] == wrong_so_far[:-window]) + window - 1
