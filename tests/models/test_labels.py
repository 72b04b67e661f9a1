"""Labels look ahead exactly as far as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fxlab as fx
from fxlab.features import log_return
from fxlab.models import direction, forward_return


@given(horizon=st.integers(1, 50))
def test_a_forward_return_is_the_past_return_of_a_later_bar(horizon, bars):
    forward, past = forward_return(bars, horizon), log_return(bars, horizon)
    assert np.array_equal(forward.to_numpy()[:-horizon], past.to_numpy()[horizon:])
    assert forward.isna().to_numpy()[-horizon:].all() and forward.notna().sum() == len(bars) - horizon


def test_a_label_knows_its_horizon_with_and_without_bars(bars):
    for label in (forward_return, direction):
        assert label(bars, horizon=5).attrs["horizon"] == 5
        assert label.horizon_of({"horizon": 5}) == 5
        assert label.horizon_of({}) == label(bars).attrs["horizon"] == 1


@pytest.mark.parametrize("label", [forward_return, direction])
def test_a_label_reads_its_horizon_and_no_further(label, bars):
    quotes = bars.quotes.copy()
    quotes[600:] *= 1.2
    changed = label(bars.replace(quotes=quotes), horizon=5)
    same = np.equal(changed, label(bars, horizon=5))
    assert same[:595].all()
    assert not same[595:600].all()


def test_direction_is_the_sign_of_the_return(bars):
    signs = direction(bars, horizon=3)
    assert set(signs.dropna().unique()) <= {-1.0, 0.0, 1.0}
    assert signs.equals(np.sign(forward_return(bars, 3)).rename("direction"))


def test_several_pairs_give_a_column_each():
    pairs = fx.load_bars(["EURUSD", "USDJPY"], source="ecb", start="2019", end="2019")
    assert forward_return(pairs).columns.tolist() == direction(pairs).columns.tolist() == ["EURUSD", "USDJPY"]


@pytest.mark.parametrize("horizon", [0, 1.5, True])
def test_a_bad_horizon_is_named(horizon, bars):
    with pytest.raises(ValueError, match=r"horizon is .*; give a whole number of at least 1"):
        forward_return(bars, horizon)
