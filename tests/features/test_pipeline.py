"""The pipeline scales with what it saw, says what is wrong, and comes back from disk as it was."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

import fxlab as fx
from fxlab.features import FeaturePipeline, default_features, log_return


def test_scaling_is_scikit_learns_standard_scaler(bars):
    pipeline = FeaturePipeline(clip=None).fit(bars[:1000])
    raw = pipeline.columns(bars)
    scaler = StandardScaler().fit(raw[:1000].dropna())
    expected = scaler.transform(raw)
    assert pipeline.transform(bars).to_numpy() == pytest.approx(expected, nan_ok=True, rel=1e-9, abs=1e-9)


def test_a_fit_reads_its_own_bars_only(bars):
    quotes = bars.quotes.copy()
    quotes[1000:] *= 1.2
    assert (
        FeaturePipeline().fit(bars[:1000]).digest
        == FeaturePipeline().fit(bars.replace(quotes=quotes)[:1000]).digest
    )


def test_the_default_is_a_dozen_features_of_every_source(bars, pairs):
    assert len(default_features()) == 12
    for some in (bars, pairs["USDJPY"], pairs, fx.load_bars("EURUSD", source="synthetic")[:500]):
        frame = FeaturePipeline().fit_transform(some)
        pipeline = FeaturePipeline().fit(some)
        assert frame.columns.tolist() == list(pipeline.names)
        assert pipeline.warmup == 49
        assert np.isfinite(frame.to_numpy()[49:]).all()
        assert not np.isfinite(frame.to_numpy()[:49]).all(axis=1).any()
        assert (frame.dtypes == np.float64).all()
        assert frame.index.equals(some.index)


def test_scaled_values_are_cut_at_the_clip(bars):
    pipeline = FeaturePipeline(["log_return"], clip=2.0).fit(bars)
    unclipped = FeaturePipeline(["log_return"], clip=None).fit_transform(bars)
    found = pipeline.transform(bars)
    assert found.max().item() == 2.0 and found.min().item() == -2.0
    assert np.array_equal(found, unclipped.clip(-2.0, 2.0), equal_nan=True)


def test_without_a_scaler_columns_keep_their_units(bars):
    pipeline = FeaturePipeline(["rsi"], scaler=None)
    assert pipeline.fit_transform(bars)["rsi"].equals(fx.features.rsi(bars))


def test_a_constant_column_reads_zero_and_not_its_rounding_noise(bars):
    def nearly_constant(bars):
        return 0.8 + 1e-13 * np.sin(np.arange(len(bars)))

    found = FeaturePipeline(["spread_pips", nearly_constant]).fit_transform(bars)
    assert found.abs().max().max() < 1e-9


def test_columns_from_elsewhere_join_as_a_callable(bars):
    tilt = log_return(bars).fillna(0.0).rolling(3, min_periods=1).sum()

    def sentiment(bars):
        return tilt.reindex(bars.index).to_frame("EUR")

    assert FeaturePipeline(["rsi", ("sentiment", sentiment)]).fit(bars).names == ("rsi", "sentiment_EUR")


def test_a_feature_with_a_hole_is_named_with_its_time(bars):
    def holed(bars):
        return log_return(bars).mask(bars.index == bars.index[70])

    when = f"{bars.index[70]:%Y-%m-%d %H:%M} UTC"
    with pytest.raises(
        ValueError, match=f"feature holed is nan at {when}, after its warm-up; make it finite"
    ):
        FeaturePipeline([holed]).fit(bars)


def test_an_infinite_feature_is_named_even_at_the_start(bars):
    def endless(bars):
        return log_return(bars).fillna(np.inf)

    with pytest.raises(ValueError, match=f"feature endless is inf at {bars.index[0]:%Y-%m-%d %H:%M} UTC"):
        FeaturePipeline([endless]).fit(bars)


def test_a_symbol_without_a_bar_leaves_a_gap(pairs):
    quotes = pairs.quotes.copy()
    quotes[200, 1] = np.nan
    frame = FeaturePipeline(["log_return"]).fit_transform(pairs.replace(quotes=quotes))
    assert frame.isna().sum().tolist() == [1, 3]  # warm-up; warm-up, the gap and the return across it
    assert np.diff(fx.features.window_rows(frame, 5)).max() > 5  # no window spans it


def test_too_few_bars_for_the_warm_up_are_named(bars):
    with pytest.raises(
        ValueError, match=r"no complete row in 20 bars: momentum is still warming up; fit on more bars"
    ):
        FeaturePipeline().fit(bars[:20])


def test_pairs_that_never_trade_together_are_named(pairs):
    quotes = pairs.quotes.copy()
    quotes[::2, 0] = np.nan
    quotes[1::2, 1] = np.nan
    with pytest.raises(ValueError, match=r"no complete row in .* bars: in each some pair has no bar"):
        FeaturePipeline(["spread_pips"]).fit(pairs.replace(quotes=quotes))


def test_an_unfitted_pipeline_says_what_to_do(bars):
    pipeline = FeaturePipeline()
    assert not pipeline.is_fitted
    for use in (lambda: pipeline.transform(bars), lambda: pipeline.names, lambda: pipeline.save("nowhere")):
        with pytest.raises(RuntimeError, match=r"not fitted; call fit\(bars\) with the training bars first"):
            use()


def test_bars_of_other_pairs_are_refused(bars, pairs):
    pipeline = FeaturePipeline(["rsi"]).fit(bars)
    with pytest.raises(
        ValueError, match=r"EURUSD, USDJPY\) give the columns rsi_EURUSD, rsi_USDJPY; .* fitted on rsi"
    ):
        pipeline.transform(pairs)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"scaler": "minmax"}, "scaler is 'minmax'; write 'standard' or None"),
        ({"clip": 0}, "clip is 0; give a positive number of deviations, or None"),
        ({"clip": float("nan")}, "clip is nan; give a positive number"),
    ],
)
def test_impossible_settings_are_named(settings, complaint):
    with pytest.raises(ValueError, match=complaint):
        FeaturePipeline(**settings)


# --- files -------------------------------------------------------------------------------------------------


def test_a_pipeline_comes_back_as_it_was(bars, tmp_path):
    pipeline = FeaturePipeline().fit(bars[:1000])
    pipeline.save(tmp_path / "new" / "folder")
    again = FeaturePipeline.load(tmp_path / "new" / "folder")
    assert again.digest == pipeline.digest
    assert again.warmup == pipeline.warmup == 49
    assert again.transform(bars).equals(pipeline.transform(bars))
    assert [one.name for one in (tmp_path / "new" / "folder").iterdir()] == ["pipeline.json"]


def test_a_function_of_ones_own_must_be_handed_back(bars, tmp_path):
    def mine(bars, scale):
        return log_return(bars) * scale

    pipeline = FeaturePipeline(["rsi", ("mine", mine, {"scale": 2.0})]).fit(bars)
    pipeline.save(tmp_path)
    with pytest.raises(
        ValueError, match=r"step mine calls .*mine, which is not in FEATURES; pass functions=\{'mine'"
    ):
        FeaturePipeline.load(tmp_path)
    again = FeaturePipeline.load(tmp_path, functions={"mine": mine})
    assert again.transform(bars).equals(pipeline.transform(bars))
    assert again.digest == pipeline.digest


def test_a_parameter_that_is_no_plain_value_is_refused_at_save(bars, tmp_path):
    def mine(bars, table):
        return log_return(bars)

    pipeline = FeaturePipeline([("mine", mine, {"table": bars})]).fit(bars)
    with pytest.raises(ValueError, match=r"step mine: parameters .* cannot be saved; use numbers, text"):
        pipeline.save(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_missing_pipeline_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"pipeline.json: no saved pipeline here; give the directory"):
        FeaturePipeline.load(tmp_path)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda text: text.replace('"warmup": 14', '"warmup": 13'), "was changed after it was saved"),
        (lambda text: text.replace('"format": 1', '"format": 9'), "has format 9, this fxlab reads 1"),
        (lambda text: text[: len(text) // 2], "is not a saved pipeline or is damaged"),
        (lambda text: "[1, 2]", "is not a saved pipeline or is damaged"),
    ],
)
def test_a_damaged_file_is_refused(change, complaint, bars, tmp_path):
    path = FeaturePipeline(["rsi"]).fit(bars).save(tmp_path)
    changed = change(path.read_text())
    assert changed != path.read_text()
    path.write_text(changed)
    with pytest.raises(ValueError, match=complaint):
        FeaturePipeline.load(tmp_path)


def test_a_file_cannot_name_code_to_run(bars, tmp_path):
    path = FeaturePipeline(["rsi"]).fit(bars).save(tmp_path)
    content = json.loads(path.read_text())
    content["steps"][0]["function"] = "os:system"
    content.pop("digest")
    from fxlab.features.pipeline import _digest

    path.write_text(json.dumps(content | {"digest": _digest(content)}))
    with pytest.raises(ValueError, match="os:system is not a feature"):
        FeaturePipeline.load(tmp_path)


def test_equal_settings_on_equal_bars_have_equal_digests_and_others_have_not(bars):
    first = FeaturePipeline(["rsi"]).fit(bars)
    assert FeaturePipeline(["rsi"]).fit(bars).digest == first.digest
    assert FeaturePipeline([("rsi", {"period": 13})]).fit(bars).digest != first.digest
    assert FeaturePipeline(["rsi"]).fit(bars[:-1]).digest != first.digest


def test_features_need_no_heavy_library(root):
    code = (
        "import sys, fxlab.features, fxlab.models; "
        "print([m for m in ('keras', 'tensorflow', 'torch', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
