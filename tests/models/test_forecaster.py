"""What every forecaster keeps: length, order, the past only, and clear words about bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge

from fxlab.features import window_rows, windows
from fxlab.models import DriftForecaster, RandomWalkForecaster, RidgeForecaster

SIMPLE = [
    RandomWalkForecaster(),
    DriftForecaster(),
    RidgeForecaster(),
    RidgeForecaster(window=12, alpha=50.0),
]
each = pytest.mark.parametrize("model", SIMPLE, ids=str)


def same(left: np.ndarray, right: np.ndarray) -> bool:
    return np.array_equal(left, right, equal_nan=True)


@each
def test_predictions_keep_the_length_and_are_nan_in_the_warm_up(model, columns, ahead):
    forecast = clone(model).fit(columns[:800], ahead[:800]).predict(columns)
    assert forecast.shape == (1200,) and forecast.dtype == np.float64
    assert np.isnan(forecast[: 48 + model.window]).all()
    assert np.isfinite(forecast[48 + model.window :]).all()


@each
@pytest.mark.parametrize("k", [1, 49, 61, 255, 256, 257, 700, 1199])
def test_forecasts_from_the_first_rows_are_the_first_forecasts(model, k, columns, ahead):
    model = clone(model).fit(columns[:800], ahead[:800])
    assert same(model.predict(columns[:k]), model.predict(columns)[:k])


@each
def test_the_newest_row_alone_is_forecast_as_in_the_whole(model, columns, ahead):
    model = clone(model).fit(columns[:800], ahead[:800])
    whole = model.predict(columns)
    for i in (0, 60, 255, 256, 257, 1199):
        assert same(model.predict(columns[: i + 1], first=i), whole[i : i + 1])
    assert same(model.predict(columns, first=500), whole[500:])
    assert model.predict(columns, first=1200).shape == (0,)


@each
def test_later_rows_change_no_earlier_forecast(model, columns, ahead):
    model = clone(model).fit(columns[:800], ahead[:800])
    changed = columns.copy()
    changed.iloc[900:] += 1.0
    assert same(model.predict(changed)[:900], model.predict(columns)[:900])


@each
def test_windows_and_rows_say_the_same(model, columns, ahead):
    window = model.window
    rows = window_rows(columns, window)
    by_rows = clone(model).fit(columns, ahead)
    by_windows = clone(model).fit(windows(columns, window), ahead.to_numpy()[rows])
    assert by_windows.predict(windows(columns, window)) == pytest.approx(
        by_rows.predict(columns)[rows], abs=1e-12
    )


@each
def test_arguments_are_stored_as_given_and_clone(model):
    assert clone(model).get_params() == model.get_params()
    assert not hasattr(clone(model), "n_samples_")


def test_rows_without_a_label_or_a_window_are_dropped_and_counted(columns, ahead):
    holed = ahead.copy()
    holed.iloc[500] = np.nan
    model = RidgeForecaster(window=3).fit(columns, holed)
    assert model.n_dropped_ == 49 + 2 + 1 + 1  # warm-up, the window, the hole, the last row
    assert model.n_samples_ == 1200 - model.n_dropped_


def test_the_random_walk_forecasts_no_return_and_the_drift_the_mean(columns, ahead):
    assert (RandomWalkForecaster().fit(columns, ahead).predict(columns)[49:] == 0).all()
    drift = DriftForecaster().fit(columns, ahead)
    assert drift.drift_ == pytest.approx(ahead[49:].mean())
    assert (drift.predict(columns)[49:] == drift.drift_).all()


def test_baselines_take_windows_cut_for_another_model(columns, ahead):
    cut = windows(columns, 24)
    y = ahead.to_numpy()[window_rows(columns, 24)]
    assert (RandomWalkForecaster().fit(cut, y).predict(cut) == 0).all()


def test_ridge_is_scikit_learns_ridge(columns, ahead):
    model = RidgeForecaster(alpha=3.0).fit(columns, ahead)
    rows = columns.iloc[49:-1]
    second = Ridge(alpha=3.0).fit(rows, ahead.iloc[49:-1])
    assert model.predict(columns)[49:-1] == pytest.approx(second.predict(rows), rel=1e-6, abs=1e-9)


def test_ridge_learns_what_is_linear(learnable):
    X, y = learnable
    model = RidgeForecaster().fit(X[:1000], y[:1000])
    assert model.coef_[0, 0] == pytest.approx(0.8, abs=0.05)
    assert model.score(X[1000:], y[1000:]) == pytest.approx(0.64, abs=0.08)  # 0.8 squared
    assert model.score(X[1000:], y[1000:], sample_weight=np.ones(500)) == model.score(X[1000:], y[1000:])


def test_no_rows_give_no_forecasts(columns, ahead):
    assert RidgeForecaster().fit(columns, ahead).predict(columns[:0]).shape == (0,)


@pytest.mark.parametrize(
    ("X", "y", "complaint"),
    [
        (np.ones((3, 2)), np.ones(4), r"X has 3 rows and y has shape \(4,\); give one y per row of X"),
        (np.ones((3, 2)), [1, np.inf, 1], r"y\[1\] is inf; make it NaN \(dropped\) or finite"),
        (np.ones((3, 2)), [np.nan] * 3, "none of 3 rows has a finite y and 1 finite rows of X up to it"),
        (np.ones(3), np.ones(3), r"X has shape \(3,\); give rows × features or samples × window × features"),
    ],
)
def test_unusable_training_data_is_named(X, y, complaint):
    with pytest.raises(ValueError, match=complaint):
        RidgeForecaster().fit(X, y)


def test_x_and_y_on_other_times_are_named(columns, ahead):
    moved = ahead.shift(freq="1h")
    with pytest.raises(ValueError, match=r"X and y are on different times \(row 0: .*aligns them"):
        RidgeForecaster().fit(columns, moved)


def test_a_list_is_no_x():
    with pytest.raises(TypeError, match="RidgeForecaster: X is a list; give a DataFrame or an array"):
        RidgeForecaster().fit([[1.0]], [1.0])


def test_windows_of_another_length_are_named(columns, ahead):
    model = RidgeForecaster(window=12)
    with pytest.raises(ValueError, match="samples of X hold 6 rows, window is 12; cut them with"):
        model.fit(windows(columns, 6), ahead.to_numpy()[window_rows(columns, 6)])


def test_an_unfitted_model_says_so(columns, tmp_path):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        RidgeForecaster().predict(columns)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        RidgeForecaster().save(tmp_path)


def test_other_columns_than_in_fit_are_named(columns, ahead):
    model = RidgeForecaster().fit(columns, ahead)
    with pytest.raises(ValueError, match=r"other columns than in fit \(first difference: speed\)"):
        model.predict(columns.rename(columns={"rsi": "speed"}))
    with pytest.raises(ValueError, match=r"other columns than in fit \(first difference: rsi\)"):
        model.predict(columns.drop(columns="rsi"))
    with pytest.raises(ValueError, match=r"first difference: the order"):
        model.predict(columns[columns.columns[::-1]])
    with pytest.raises(ValueError, match="X has 13 features, the model was fitted on 14"):
        model.predict(columns.to_numpy()[:, 1:])
    with pytest.raises(TypeError, match="X is a Series; give a DataFrame or an array"):
        model.predict(columns["rsi"])


def test_a_first_row_outside_x_is_named(columns, ahead):
    with pytest.raises(ValueError, match="predict: first is 1201; give a row between 0 and 1200"):
        RidgeForecaster().fit(columns, ahead).predict(columns, first=1201)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"window": 0}, "window is 0; give a whole number of at least 1"),
        ({"window": 2.0}, r"window is 2.0; give a whole number"),
        ({"alpha": -1}, "alpha is -1; give zero or more"),
    ],
)
def test_impossible_settings_are_named_when_fitting(settings, complaint, columns, ahead):
    with pytest.raises(ValueError, match=complaint):
        RidgeForecaster(**settings).fit(columns, ahead)


def test_a_score_needs_rows(columns, ahead):
    model = RidgeForecaster().fit(columns, ahead)
    with pytest.raises(ValueError, match="two rows with a forecast and a y, got 0"):
        model.score(columns[:40], pd.Series(np.nan, index=columns.index[:40]))
