"""Train and test rows in time order, with a gap between them that keeps labels from leaking.

A label with a horizon of h rows looks h rows ahead, so the last h training rows before a test block
would carry the test's own prices: they are purged. An embargo leaves out further rows for features
and returns whose memory fades slowly. Both only ever shorten what is before the test.

Source: López de Prado (2018), Advances in Financial Machine Learning, chapter 7. Departure: training
rows always precede their test block, so nothing has to be removed after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["WalkForwardSplit", "holdout_split"]

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class WalkForwardSplit:
    """Consecutive test blocks, each trained on the rows before it: a scikit-learn splitter.

        rows     0 ........ train ........ | horizon + embargo | .... test .... |
        next          +test ........ train ........ | horizon + embargo | .... test .... |

    Test blocks follow each other without overlap or gap; rows left after the last whole block are not
    used.

    Args:
        train: training rows of a split (of the first one when anchored).
        test: rows of each test block.
        embargo: rows left out before a test block, beyond the horizon.
        horizon: rows a label looks ahead; that many training rows before the block are purged.
        anchored: True grows the training rows from row 0, False slides them.

    Raises:
        ValueError: a count is out of range; from `split`, too few rows for one split.

    >>> for train, test in WalkForwardSplit(train=3, test=2, horizon=1).split(np.zeros(8)):
    ...     print(train, test)
    [0 1 2] [4 5]
    [2 3 4] [6 7]
    """

    train: int
    test: int
    embargo: int = 0
    horizon: int = 0
    anchored: bool = False

    def __post_init__(self) -> None:
        for name, least in (("train", 1), ("test", 1), ("embargo", 0), ("horizon", 0)):
            _check_count(getattr(self, name), name, least)

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Rows, Rows]]:
        """Yield (training rows, test rows) of each split, as positions in X (anything with a length)."""
        n_splits = self.get_n_splits(X)  # y and groups are scikit-learn's, and change nothing here
        rows = np.arange(len(X))
        for k in range(n_splits):
            end = self.train + k * self.test
            begin = 0 if self.anchored else k * self.test
            block = end + self.horizon + self.embargo
            yield rows[begin:end], rows[block : block + self.test]

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Splits that the rows of X allow; the count depends on X, so X is needed."""
        if X is None:
            raise ValueError("the number of walk-forward splits depends on the rows; pass X")
        n, lead = len(X), self.train + self.horizon + self.embargo
        if n < lead + self.test:
            raise ValueError(
                f"{n} rows are too few for one split: train {self.train} + horizon {self.horizon} + "
                f"embargo {self.embargo} + test {self.test} need {lead + self.test}"
            )
        return (n - lead) // self.test


def holdout_split(n: int, train: float = 0.7, embargo: int = 0, horizon: int = 0) -> tuple[slice, slice]:
    """One split of n rows in time order: the first share to train on, a gap, the rest to test on.

    Args:
        n: rows.
        train: share of the rows to train on, between 0 and 1.
        embargo, horizon: rows left out between the two, taken from the test's side.

    Returns:
        (training rows, test rows) as slices, for arrays and `.iloc` alike.

    Raises:
        ValueError: a share or count out of range, or no rows left on either side.

    >>> holdout_split(100, train=0.7, embargo=5, horizon=1)
    (slice(0, 70, None), slice(76, 100, None))
    """
    _check_count(n, "n", 0)
    _check_count(embargo, "embargo", 0)
    _check_count(horizon, "horizon", 0)
    if not 0.0 < train < 1.0:
        raise ValueError(f"train is {train}; pass a share of the rows between 0 and 1, such as 0.7")
    n_train = int(n * train + 1e-9)  # 0.29 * 100 is 28.999…, and means 29
    begin = n_train + horizon + embargo
    if n_train < 1 or begin >= n:
        raise ValueError(
            f"{n} rows are too few: train {train} takes {n_train}, horizon {horizon} + embargo {embargo} "
            f"leave {max(0, n - begin)} to test; load more bars or shorten the gap"
        )
    return slice(0, n_train), slice(begin, n)


def _check_count(value: int, name: str, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} is {value!r}; pass a whole number of rows")
    if value < least:
        raise ValueError(f"{name} is {value}; pass {least} rows or more")
