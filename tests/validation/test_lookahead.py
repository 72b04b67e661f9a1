"""The look-ahead probe: planted leaks are caught and named, clean objects raise no alarm."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import fxlab as fx
from fxlab.validation import check_lookahead

BARS = fx.load_bars("EURUSD")[:1_000]


def shifted(bars, by):
    return bars.close.shift(-by)


def centred_average(bars):
    return bars.close.rolling(11, center=True).mean()


def whole_sample_score(bars):
    close = bars.close
    return (close - close.mean()) / close.std()


def back_filled(bars):
    close = bars.close
    close.iloc[:50] = np.nan
    return close.bfill()


def span_from_length(bars):
    return bars.close.ewm(span=len(bars) // 10).mean()


def moving_average(bars):
    return bars.close.rolling(20).mean()


@pytest.mark.parametrize("by", [1, 2, 5])
def test_a_negative_shift_is_found_with_its_reach(by):
    report = check_lookahead(shifted, BARS, params={"by": by})
    assert not report.ok
    assert report.findings[0].reach == by
    assert report.findings[0].kind == "fixed offset"


@pytest.mark.parametrize(
    ("leak", "kind"),
    [
        (centred_average, "fixed offset"),
        (whole_sample_score, "whole sample"),
        (back_filled, "fixed offset"),
        (span_from_length, "length-dependent"),
    ],
)
def test_planted_leaks_are_caught_and_classed(leak, kind):
    report = check_lookahead(leak, BARS)
    assert not report
    assert report.findings[0].kind == kind


def test_a_centred_average_of_eleven_bars_reaches_five_ahead():
    assert check_lookahead(centred_average, BARS).findings[0].reach == 5


def test_the_sentence_names_object_bar_values_and_what_to_look_for():
    report = check_lookahead(shifted, BARS, params={"by": 1})
    finding = report.findings[0]
    assert str(report).startswith(f"shifted changes EURUSD at {finding.time:%Y-%m-%d %H:%M} UTC")
    assert "it sees the future" in str(report)
    assert "negative shift" in str(report)
    assert finding.was == pytest.approx(BARS.close["EURUSD"].iloc[finding.row + 1])
    with pytest.raises(ValueError, match="sees the future"):
        report.raise_for_findings()


def test_every_column_of_a_frame_is_looked_at():
    def two(bars):
        close = bars.close["EURUSD"]
        return pd.DataFrame({"clean": close, "leaks": close.shift(-3)})

    report = check_lookahead(two, BARS)
    assert [finding.column for finding in report.findings] == ["leaks"]


def test_targets_are_compared_in_every_field():
    def strategy(bars):
        stop = (bars.high - bars.low).shift(-1) / 0.0001 + 1
        return fx.Targets(exposure=1.0, stop_loss_pips=stop)

    report = check_lookahead(strategy, BARS)
    assert [finding.column for finding in report.findings] == ["stop_loss_pips EURUSD"]


def test_a_clean_function_pipeline_and_strategy_raise_no_alarm():
    pipeline = fx.features.FeaturePipeline().fit(BARS[:700])
    ridge = fx.models.RidgeForecaster().fit(
        pipeline.transform(BARS[:700]), fx.models.forward_return(BARS[:700], 4)
    )
    strategy = fx.strategy.from_forecaster(ridge, pipeline, threshold=1e-4)
    assert check_lookahead(moving_average, BARS).ok
    assert check_lookahead(pipeline, BARS).ok
    assert check_lookahead(strategy, BARS).ok
    assert check_lookahead(ridge, BARS, features=pipeline).ok


def test_a_pipeline_with_one_leaking_step_is_named_by_its_column():
    pipeline = fx.features.FeaturePipeline(
        [("ahead", lambda bars: bars.close["EURUSD"].diff(-1).fillna(0.0)), "rsi"]
    )
    report = check_lookahead(pipeline.fit(BARS), BARS)
    assert [finding.column for finding in report.findings] == ["ahead"]


def test_a_label_looks_ahead_by_its_horizon():
    report = check_lookahead(fx.models.forward_return, BARS, params={"horizon": 7})
    assert report.findings[0].reach == 7


class Watcher:
    """A policy: long when the last close rose; `peeks` gives it tomorrow's."""

    def __init__(self, tomorrow=None):
        self.tomorrow = tomorrow

    def reset(self):
        pass

    def decide(self, view):
        close = view.bars.close["EURUSD"]
        if len(close) < 2:
            return {}
        if self.tomorrow is not None:  # bars it was built with: they know what the view hides
            row = self.tomorrow.quotes[len(close), 0, 3] if len(close) < len(self.tomorrow) else 0.0
            return {"EURUSD": float(row > close.iloc[-1])}
        return {"EURUSD": float(close.iloc[-1] > close.iloc[-2])}


def test_a_policy_that_reads_its_view_is_clean():
    assert check_lookahead(Watcher(), BARS[:200], n_cuts=3).ok


def test_an_environment_is_clean_and_one_whose_feature_peeks_is_not():
    env = fx.TradingEnv(BARS[:200], window=4)
    assert check_lookahead(env, BARS[:200], n_cuts=3).ok

    def peek(bars):
        return bars.close["EURUSD"].diff().shift(-1).fillna(0.0) * 1_000

    leaky = fx.TradingEnv(BARS[:200], features=[peek], window=4)
    report = check_lookahead(leaky, BARS[:200], n_cuts=3)
    assert report.findings
    assert report.findings[0].column.startswith("observation")


def test_objects_of_no_kind_and_too_few_bars_are_refused():
    with pytest.raises(TypeError, match="int cannot be checked"):
        check_lookahead(3, BARS)
    with pytest.raises(ValueError, match="20 bars or more, got 10"):
        check_lookahead(moving_average, BARS[:10])
    with pytest.raises(TypeError, match="pass features="):
        check_lookahead(fx.models.RidgeForecaster(), BARS)
    with pytest.raises(ValueError, match="5 rows for 1,000 bars"):
        check_lookahead(lambda bars: np.zeros(5), BARS)
