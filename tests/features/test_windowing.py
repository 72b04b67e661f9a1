"""Windows are views, all finite, and know where they end."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxlab.features import FeaturePipeline, window_rows, windows


def test_windows_after_a_warm_up_share_the_frames_memory(bars):
    pipeline = FeaturePipeline(["log_return", "rsi"])
    frame = pipeline.fit_transform(bars)
    cut = windows(frame, 24)
    assert cut.shape == (len(bars) - pipeline.warmup - 23, 24, 2)
    assert np.shares_memory(cut, frame.to_numpy())
    assert not cut.flags.writeable
    assert np.array_equal(cut[-1], frame.to_numpy()[-24:])


@given(holes=st.lists(st.booleans(), max_size=30), window=st.integers(1, 8))
def test_every_finite_run_is_found_and_no_other(holes, window):
    values = np.arange(len(holes) * 2, dtype=float).reshape(-1, 2)
    values[np.array(holes, dtype=bool), 1] = np.nan
    expected = [i for i in range(window - 1, len(holes)) if np.isfinite(values[i - window + 1 : i + 1]).all()]
    assert window_rows(values, window).tolist() == expected
    cut = windows(values, window)
    assert cut.shape == (len(expected), window, 2)
    for sample, end in zip(cut, expected, strict=True):
        assert np.array_equal(sample, values[end - window + 1 : end + 1])


def test_a_window_longer_than_the_frame_finds_nothing():
    assert windows(np.ones((3, 2)), 5).shape == (0, 5, 2)


def test_a_frame_of_other_shape_is_named():
    with pytest.raises(ValueError, match=r"windows: the frame has shape \(3,\); give rows × features"):
        windows(np.ones(3), 2)
    with pytest.raises(ValueError, match="windows: window is 0; give a whole number of at least 1"):
        window_rows(pd.DataFrame({"a": [1.0]}), 0)
