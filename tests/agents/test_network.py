from __future__ import annotations

import itertools

import numpy as np
import pytest

from fxlab.agents.network import DenseNetwork


def network(rng: np.random.Generator, *sizes: int) -> DenseNetwork:
    pairs = list(itertools.pairwise(sizes))
    return DenseNetwork(
        tuple(rng.normal(size=pair).astype(np.float32) for pair in pairs),
        tuple(rng.normal(size=n_out).astype(np.float32) for _, n_out in pairs),
    )


def test_two_layers_by_hand():
    one = DenseNetwork(
        (np.float32([[1, -1], [2, 0]]), np.float32([[1], [10]])), (np.float32([0, 1]), np.float32([0.5]))
    )
    # hidden of (3, 1): relu(3 + 2, −3 + 1) = (5, 0); of (−1, 0): relu(−1, 2) = (0, 2)
    assert one(np.float32([[3, 1], [-1, 0]])).tolist() == [[5.5], [20.5]]


@pytest.mark.parametrize("sizes", [(5, 3), (40, 64, 64, 3), (7, 100, 2, 27)])
def test_it_agrees_with_matrices_in_double_precision(rng, sizes):
    one, rows = network(rng, *sizes), rng.normal(size=(33, sizes[0])).astype(np.float32)
    values = rows.astype(np.float64)
    for k, (weight, bias) in enumerate(zip(one.weights, one.biases, strict=True)):
        values = values @ weight.astype(np.float64) + bias
        if k < len(one.weights) - 1:
            values = np.maximum(values, 0)
    assert np.allclose(one(rows), values, rtol=1e-4, atol=1e-3)
    assert one.sizes == sizes


def test_it_agrees_with_torch(rng):
    import torch

    one, rows = network(rng, 20, 64, 3), rng.normal(size=(9, 20)).astype(np.float32)
    layers = []
    for weight, bias in zip(one.weights, one.biases, strict=True):
        linear = torch.nn.Linear(*weight.shape)
        linear.weight.data, linear.bias.data = torch.from_numpy(weight.T.copy()), torch.from_numpy(bias)
        layers += [linear, torch.nn.ReLU()]
    with torch.no_grad():
        wanted = torch.nn.Sequential(*layers[:-1])(torch.from_numpy(rows)).numpy()
    assert np.allclose(one(rows), wanted, rtol=1e-5, atol=1e-4)


def test_a_row_gives_the_same_bits_in_any_company(rng):
    one, rows = network(rng, 339, 64, 64, 3), rng.normal(size=(300, 339)).astype(np.float32)
    together = one(rows)
    for k in range(0, 300, 7):
        assert np.array_equal(one(rows[k : k + 1])[0], together[k])
        assert np.array_equal(one(rows[k : k + 7]), together[k : k + 7])
    assert np.array_equal(one(rows[::-1]), together[::-1])


def test_arrays_come_back_as_the_same_network(rng):
    one = network(rng, 4, 8, 2)
    again, rows = DenseNetwork.of_arrays(one.arrays()), rng.normal(size=(5, 4)).astype(np.float32)
    assert sorted(one.arrays()) == ["bias_0", "bias_1", "weight_0", "weight_1"]
    assert np.array_equal(again(rows), one(rows))


def test_arrays_that_are_no_network_are_named(rng):
    arrays = network(rng, 4, 8, 2).arrays()
    with pytest.raises(ValueError, match="a network needs weight_0, bias_0, weight_1, …; found -"):
        DenseNetwork.of_arrays({})
    with pytest.raises(ValueError, match=r"found weight_0, weight_1, bias_0$"):
        DenseNetwork.of_arrays({name: arrays[name] for name in ("weight_0", "weight_1", "bias_0")})
    with pytest.raises(ValueError, match="weight_1 is float64, not float32"):
        DenseNetwork.of_arrays(arrays | {"weight_1": arrays["weight_1"].astype(float)})
    with pytest.raises(ValueError, match=r"layer 1 has weights \(3, 2\) and bias \(2,\) after 8 inputs"):
        DenseNetwork.of_arrays(arrays | {"weight_1": arrays["weight_1"][:3]})
    with pytest.raises(ValueError, match="layer 0 holds weights that are not finite; the training diverged"):
        DenseNetwork.of_arrays(arrays | {"bias_0": np.full(8, np.nan, np.float32)})
