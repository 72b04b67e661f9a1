"""What the statistics of this room accept as a series of numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["finite_series"]


def finite_series(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """The values as a float64 array of shape (n,).

    Raises:
        ValueError: another shape, or a value that is not finite: its position and what it is.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name} has shape {array.shape}; pass one dimension, a value a bar")
    if not np.isfinite(array).all():
        i = int(np.flatnonzero(~np.isfinite(array))[0])
        raise ValueError(f"{name}[{i}] is {array[i]}; drop or fill gaps first")
    return array
