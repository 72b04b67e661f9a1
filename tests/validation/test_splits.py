"""Splits in time order: no training row may carry a test price."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxlab.validation import WalkForwardSplit, holdout_split

counts = st.integers(0, 12)


def test_walk_forward_by_hand():
    splits = list(WalkForwardSplit(train=4, test=2, embargo=1, horizon=2).split(np.zeros(12)))
    assert [(a.tolist(), b.tolist()) for a, b in splits] == [
        ([0, 1, 2, 3], [7, 8]),
        ([2, 3, 4, 5], [9, 10]),
    ]


def test_an_anchored_split_grows_from_the_first_row():
    trains = [a.tolist() for a, _ in WalkForwardSplit(train=2, test=2, anchored=True).split(np.zeros(6))]
    assert trains == [[0, 1], [0, 1, 2, 3]]


@given(st.integers(1, 20), st.integers(1, 10), counts, counts, st.booleans(), st.integers(0, 40))
def test_no_training_label_reaches_its_test_block(train, test, embargo, horizon, anchored, extra):
    n = train + test + embargo + horizon + extra
    splitter = WalkForwardSplit(train, test, embargo, horizon, anchored)
    splits = list(splitter.split(np.zeros(n)))
    assert len(splits) == splitter.get_n_splits(np.zeros(n)) >= 1
    for fitted, tested in splits:
        assert fitted.max() + horizon + embargo < tested.min()  # the label of the last row ends before
        assert len(tested) == test
        assert len(fitted) >= train
    together = np.concatenate([tested for _, tested in splits])
    assert np.array_equal(together, np.arange(together[0], together[0] + len(together)))  # no gap, no overlap
    assert n - 1 - together[-1] < test  # and no whole block left over


def test_scikit_learn_takes_it_as_a_splitter():
    linear_model = pytest.importorskip("sklearn.linear_model")
    from sklearn.model_selection import cross_val_score

    x = np.arange(60.0)[:, np.newaxis]
    scores = cross_val_score(linear_model.LinearRegression(), x, 2 * x[:, 0] + 1, cv=WalkForwardSplit(20, 10))
    np.testing.assert_allclose(scores, np.ones(4))


@pytest.mark.parametrize(
    ("arguments", "error", "complaint"),
    [
        ({"train": 0, "test": 5}, ValueError, "train is 0; pass 1 rows or more"),
        ({"train": 5, "test": 0}, ValueError, "test is 0; pass 1 rows or more"),
        ({"train": 5, "test": 5, "embargo": -1}, ValueError, "embargo is -1; pass 0 rows or more"),
        ({"train": 0.7, "test": 5}, TypeError, "train is 0.7; pass a whole number of rows"),
        ({"train": True, "test": 5}, TypeError, "train is True; pass a whole number"),
    ],
)
def test_counts_out_of_range_are_named(arguments, error, complaint):
    with pytest.raises(error, match=complaint):
        WalkForwardSplit(**arguments)


def test_too_few_rows_are_added_up():
    with pytest.raises(
        ValueError, match=r"10 rows are too few .* train 6 \+ horizon 1 \+ embargo 2 \+ test 3 need 12"
    ):
        next(WalkForwardSplit(train=6, test=3, embargo=2, horizon=1).split(np.zeros(10)))


def test_the_count_of_splits_needs_the_rows():
    with pytest.raises(ValueError, match="depends on the rows; pass X"):
        WalkForwardSplit(3, 2).get_n_splits()


def test_holdout_by_hand():
    assert holdout_split(100, train=0.7, embargo=5, horizon=1) == (slice(0, 70), slice(76, 100))


def test_a_share_that_floats_miss_by_a_hair_is_read_as_written():
    assert holdout_split(100, train=0.29)[0] == slice(0, 29)


@given(st.integers(20, 5000), st.floats(0.1, 0.8), st.integers(0, 1), st.integers(0, 1))
def test_a_holdout_gap_is_exactly_horizon_plus_embargo(n, share, embargo, horizon):
    fitted, tested = holdout_split(n, share, embargo=embargo, horizon=horizon)
    assert tested.start - fitted.stop == horizon + embargo
    assert fitted.stop <= n * share + 1e-6
    assert tested.stop == n


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"n": 10, "embargo": 3}, r"10 rows are too few: train 0.7 takes 7, horizon 0 \+ embargo 3 leave 0"),
        ({"n": 1}, "1 rows are too few"),
        ({"n": 100, "train": 1.0}, "train is 1.0; pass a share of the rows between 0 and 1"),
        ({"n": 100, "train": 70}, "train is 70; pass a share"),
        ({"n": -1}, "n is -1"),
    ],
)
def test_unusable_holdouts_are_named(arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        holdout_split(**arguments)
