"""Training batches cut from a view of the windows as they are needed, never all at once. Loads Keras."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np


class WindowBatches(keras.utils.PyDataset):
    """Shuffled (windows, targets) batches for `keras.Model.fit`.

    A batch is gathered from the strided view when it is asked for: memory stays that of the columns, where
    all windows together would take `window` times as much.

    Args:
        view: (rows, window, features) view, float32.
        rows: (samples,) rows of the view to learn from.
        y: (samples,) float32 targets.
        batch_size: windows a batch; the last batch of an epoch may be shorter.
        rng: order of the samples, drawn anew each epoch; None keeps them in time order.
    """

    def __init__(
        self,
        view: np.ndarray,
        rows: np.ndarray,
        y: np.ndarray,
        batch_size: int,
        rng: np.random.Generator | None = None,
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self.view, self.rows, self.y = view, rows, y
        self.batch_size = batch_size
        self.rng = rng
        self.order = np.arange(len(rows))
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    def __getitem__(self, i: int) -> tuple[Any, Any]:
        chosen = self.order[i * self.batch_size : (i + 1) * self.batch_size]
        return self.view[self.rows[chosen]], self.y[chosen, None]

    def on_epoch_end(self) -> None:
        """Shuffle for the next epoch; Keras calls it."""
        if self.rng is not None:
            self.order = self.rng.permutation(len(self.rows))
