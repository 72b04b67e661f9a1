"""Training batches are cut from the view as they are asked for."""

from __future__ import annotations

import numpy as np
import pytest

from fxlab.features import windows
from fxlab.models import backend


@pytest.fixture(scope="module")
def batches():
    backend.keras()
    from fxlab.models.batches import WindowBatches

    return WindowBatches


def test_batches_hold_each_sample_once_in_an_order_drawn_anew(batches, rng):
    view = windows(np.arange(200, dtype=np.float32).reshape(100, 2), 5)
    rows, y = np.arange(3, 90), np.arange(87, dtype=np.float32)
    feed = batches(view, rows, y, 32, rng)
    orders = []
    for _ in range(2):
        parts = [feed[i] for i in range(len(feed))]
        assert [len(part[0]) for part in parts] == [32, 32, 23]
        targets = np.concatenate([part[1] for part in parts])[:, 0]
        assert sorted(targets) == y.tolist()
        inputs = np.concatenate([part[0] for part in parts])
        assert np.array_equal(inputs, view[rows[targets.astype(int)]])
        orders.append(targets)
        feed.on_epoch_end()
    assert not np.array_equal(*orders)
    assert feed.view is view  # the windows are never copied as a whole


def test_without_a_generator_the_order_is_that_of_time(batches):
    view = windows(np.ones((20, 1)), 2)
    feed = batches(view, np.arange(19), np.arange(19.0), 10)
    feed.on_epoch_end()
    assert feed[0][1][:, 0].tolist() == list(range(10))
