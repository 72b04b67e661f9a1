"""A small network of dense layers, evaluated one row at a time in one order of sums.

Matrix libraries choose their order of summation by the shape of the batch, which changes the last bits and with
them, now and then, an action. Here a row's outputs depend on the row and the weights alone: the same whether it
comes alone or among a thousand, in an environment, a backtest or a paper session.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit


@dataclass(frozen=True, eq=False)
class DenseNetwork:
    """Dense layers with ReLU between them.

    Attributes:
        weights: of each layer, (inputs, outputs) float32, C-contiguous.
        biases: of each layer, (outputs,) float32.
    """

    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]

    def __post_init__(self) -> None:
        sizes = self.sizes
        for k, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            if weight.shape != (sizes[k], sizes[k + 1]) or bias.shape != (sizes[k + 1],):
                raise ValueError(
                    f"layer {k} has weights {weight.shape} and bias {bias.shape} after {sizes[k]} inputs"
                )
            if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
                raise ValueError(f"layer {k} holds weights that are not finite; the training diverged")

    @property
    def sizes(self) -> tuple[int, ...]:
        """Inputs, then outputs of each layer."""
        return (self.weights[0].shape[0], *(len(bias) for bias in self.biases))

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """(rows, outputs) float32 of (rows, inputs) float32."""
        parameters = np.concatenate(
            [part.ravel() for pair in zip(self.weights, self.biases, strict=True) for part in pair]
        )
        out = np.empty((len(rows), self.sizes[-1]), np.float32)
        _forward(np.ascontiguousarray(rows), parameters, np.array(self.sizes), out)
        return out

    def arrays(self) -> dict[str, np.ndarray]:
        """Weights and biases by name, as they are saved."""
        named = {f"weight_{k}": weight for k, weight in enumerate(self.weights)}
        return named | {f"bias_{k}": bias for k, bias in enumerate(self.biases)}

    @classmethod
    def of_arrays(cls, arrays: dict[str, np.ndarray]) -> DenseNetwork:
        """The network that `arrays` came from.

        Raises:
            ValueError: an array is missing, of another type than float32, or does not fit its neighbours.
        """
        n_layers = len(arrays) // 2
        names = {f"{part}_{k}" for part in ("weight", "bias") for k in range(n_layers)}
        if not n_layers or names != set(arrays):
            raise ValueError(
                f"a network needs weight_0, bias_0, weight_1, …; found {', '.join(arrays) or '-'}"
            )
        for name, array in arrays.items():
            if array.dtype != np.float32:
                raise ValueError(f"{name} is {array.dtype}, not float32")
        return cls(
            tuple(np.ascontiguousarray(arrays[f"weight_{k}"]) for k in range(n_layers)),
            tuple(arrays[f"bias_{k}"] for k in range(n_layers)),
        )


@njit(cache=True)
def _forward(rows, parameters, sizes, out):
    widest = sizes.max()
    here = np.empty(widest, np.float32)
    there = np.empty(widest, np.float32)
    n_layers = len(sizes) - 1
    for r in range(rows.shape[0]):
        here[: sizes[0]] = rows[r]
        at = 0
        for k in range(n_layers):
            n_in, n_out = sizes[k], sizes[k + 1]
            bias = at + n_in * n_out
            for j in range(n_out):
                there[j] = parameters[bias + j]
            for i in range(n_in):
                x = here[i]
                if x != np.float32(0.0):  # half of the units behind a ReLU
                    first = at + i * n_out
                    for j in range(n_out):
                        there[j] += x * parameters[first + j]
            if k < n_layers - 1:
                for j in range(n_out):
                    there[j] = max(there[j], np.float32(0.0))
            at = bias + n_out
            here, there = there, here
        out[r] = here[: sizes[n_layers]]
