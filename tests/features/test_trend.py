"""Moving averages and MACD, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from fxlab.features import macd, moving_average_ratio


def ema(values: np.ndarray, span: int) -> np.ndarray:
    out = np.full(len(values), np.nan)
    first = int(np.argmax(~np.isnan(values)))
    out[first] = values[first]
    for i in range(first + 1, len(values)):
        out[i] = out[i - 1] + 2 / (span + 1) * (values[i] - out[i - 1])
    return out


def test_the_ratio_compares_plain_means(bars):
    close = bars.close["EURUSD"].to_numpy()
    ratio = moving_average_ratio(bars, fast=3, slow=7)
    assert ratio.isna().sum() == 6
    assert ratio.iloc[100] == pytest.approx(np.log(close[98:101].mean() / close[94:101].mean()))


def test_macd_is_the_histogram_over_the_price(bars):
    close = bars.close["EURUSD"].to_numpy()
    line = ema(close, 12) - ema(close, 26)
    line[:25] = np.nan  # the line starts once the slow average has seen 26 closes
    expected = (line - ema(line, 9)) / close
    found = macd(bars)
    assert found.isna().sum() == 26 + 9 - 2
    assert found.to_numpy()[33:] == pytest.approx(expected[33:], rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("feature", [moving_average_ratio, macd])
def test_a_fast_average_must_be_faster(feature, bars):
    with pytest.raises(ValueError, match=r"fast is 50 and slow is 20; give a fast below slow"):
        feature(bars, fast=50, slow=20)


def test_macd_names_a_bad_signal_span(bars):
    with pytest.raises(ValueError, match="macd: signal is 0; give a whole number of at least 1"):
        macd(bars, signal=0)
