"""Law 2: what comes after a bar changes nothing at or before it. To the bit, for every feature."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fxlab as fx
from fxlab.features import FEATURES, FeaturePipeline
from fxlab.market import Bars


def with_volume(bars: Bars) -> Bars:
    rng = np.random.default_rng(0)
    return bars.replace(volumes=rng.integers(1, 1000, (len(bars), len(bars.symbols))).astype(float))


def same(left: object, right: object) -> bool:
    return np.array_equal(np.asarray(left), np.asarray(right), equal_nan=True)


@pytest.mark.parametrize("name", FEATURES)
@pytest.mark.parametrize("k", [1, 2, 51, 333, 1024, 1499])
def test_a_feature_of_the_first_bars_is_the_first_part_of_the_feature(name, k, bars):
    bars = with_volume(bars)
    assert same(FEATURES[name](bars[:k]), FEATURES[name](bars)[:k])


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_ignores_what_happens_to_later_prices(name, bars):
    bars, k = with_volume(bars), 700
    quotes = bars.quotes.copy()
    quotes[k:] *= 1.37
    volumes = bars.volumes.copy()
    volumes[k:] += 5
    known = bars.known.copy()
    known[k:] += 3_600_000_000_000
    changed = bars.replace(quotes=quotes, volumes=volumes, known=known)
    before, after = FEATURES[name](bars), FEATURES[name](changed)
    assert same(before[:k], after[:k])
    assert not same(before[k:], after[k:])  # the change was one that the feature can see


@pytest.mark.parametrize("name", sorted(set(FEATURES) - {"volume_ratio"}))
def test_each_pair_of_several_has_the_feature_it_has_alone(name, pairs):
    together = FEATURES[name](pairs)
    for symbol in pairs.symbols:
        alone = FEATURES[name](pairs[symbol])
        assert same(together if alone.ndim == 2 else together[symbol], alone)


@pytest.fixture(scope="module")
def fitted(bars) -> FeaturePipeline:
    return FeaturePipeline().fit(bars[:900])


@given(k=st.integers(1, 1500))
def test_a_fitted_pipeline_is_causal_to_the_bit(k, bars, fitted):
    assert same(fitted.transform(bars[:k]), fitted.transform(bars)[:k])


def test_a_feature_that_peeks_is_caught_by_the_same_comparison(bars):
    def peek(bars: Bars):
        return fx.features.log_return(bars).shift(-1)

    assert not same(peek(bars[:100]), peek(bars)[:100])
