"""The LSTM learns what can be learned, repeats itself to the bit, and never reads ahead."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

import fxlab as fx
from fxlab.features import window_rows, windows
from fxlab.models import RandomWalkForecaster, backend, load, relative_rmse

SMALL = {"window": 6, "units": 8, "epochs": 2, "batch_size": 64}


def same(left: np.ndarray, right: np.ndarray) -> bool:
    return np.array_equal(left, right, equal_nan=True)


def weights(model) -> list[np.ndarray]:
    return [np.asarray(one) for one in model.network_.get_weights()]


@pytest.fixture(scope="module")
def model(columns, ahead):
    return fx.LSTMForecaster(**SMALL).fit(columns[:800], ahead[:800])


def test_it_learns_an_autoregression_that_a_random_walk_cannot(learnable):
    X, y = learnable
    model = fx.LSTMForecaster(window=8, units=16, epochs=25, batch_size=64, learning_rate=1e-2)
    model.fit(X[:1000], y[:1000])
    ratio = relative_rmse(y[1000:], model.predict(X)[1000:])
    assert ratio < 0.68  # the best possible is 0.6; a forecast of 0 has 1
    walk = RandomWalkForecaster().fit(X[:1000], y[:1000])
    assert relative_rmse(y[1000:], walk.predict(X)[1000:]) == 1.0
    assert model.history_["val_loss"][-1] < model.history_["val_loss"][0]


def test_predictions_keep_the_length_and_are_nan_in_the_warm_up(model, columns):
    forecast = model.predict(columns)
    assert forecast.shape == (1200,) and forecast.dtype == np.float64
    assert np.isnan(forecast[:54]).all() and np.isfinite(forecast[54:]).all()
    assert np.unique(forecast[54:]).size > 1000


@pytest.mark.parametrize("k", [1, 54, 55, 255, 256, 257, 513, 1023, 1199])
def test_forecasts_from_the_first_rows_are_the_first_forecasts_to_the_bit(k, model, columns):
    assert same(model.predict(columns[:k]), model.predict(columns)[:k])


def test_a_forecast_bar_by_bar_is_the_forecast_all_at_once_to_the_bit(model, columns):
    whole = model.predict(columns)
    rows = range(240, 270)
    assert same(np.concatenate([model.predict(columns[: i + 1], first=i) for i in rows]), whole[240:270])


def test_later_rows_change_no_earlier_forecast(model, columns):
    changed = columns.copy()
    changed.iloc[777:] = 9.0
    assert same(model.predict(changed)[:777], model.predict(columns)[:777])
    assert not same(model.predict(changed)[777:], model.predict(columns)[777:])


def test_a_gap_silences_the_windows_across_it_and_no_others(model, columns):
    holed = columns.copy()
    holed.iloc[700, 3] = np.nan
    silent = np.isnan(model.predict(holed))
    assert np.flatnonzero(silent).tolist() == [*range(54), *range(700, 706)]


def test_one_seed_one_network_to_the_bit_whatever_the_global_state(model, columns, ahead):
    backend.keras().utils.set_random_seed(99)
    again = fx.LSTMForecaster(**SMALL).fit(columns[:800], ahead[:800])
    assert all(same(a, b) for a, b in zip(weights(model), weights(again), strict=True))
    assert again.history_ == model.history_
    other = fx.LSTMForecaster(**SMALL, seed=1).fit(columns[:800], ahead[:800])
    assert not same(weights(model)[0], weights(other)[0])


def test_it_comes_back_from_disk_to_the_bit(model, columns, tmp_path):
    model.save(tmp_path)
    again = load(tmp_path)
    assert type(again) is fx.LSTMForecaster and again.get_params() == model.get_params()
    assert same(again.predict(columns), model.predict(columns))
    assert again.history_ == model.history_ and again.n_parameters_ == model.n_parameters_
    damaged = next(tmp_path.glob("*.npz"))
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(bytes(data))
    with pytest.raises(ValueError, match="is damaged"):
        load(tmp_path)


def test_windows_and_rows_say_the_same(columns, ahead, model):
    rows = window_rows(columns[:800], 6)
    cut = windows(columns[:800], 6)
    y = ahead.to_numpy()[:800][rows]
    by_windows = fx.LSTMForecaster(**SMALL).fit(cut, y)
    assert by_windows.n_samples_ == model.n_samples_
    assert by_windows.predict(cut) == pytest.approx(model.predict(columns[:800])[rows], rel=1e-4, abs=1e-7)


def test_parameters_are_counted(model):
    # 4 gates of 8 units on 14 features, 8 states and a bias, then 8 weights and a bias
    assert model.n_parameters_ == 4 * 8 * (14 + 8 + 1) + 8 + 1


def test_it_clones_as_scikit_learn_expects():
    def report(epoch, epochs, losses):
        pass

    model = fx.LSTMForecaster(window=5, layers=2, dropout=0.1, progress=report)
    assert clone(model).get_params() == model.get_params()


def test_stacked_layers_dropout_and_progress(columns, ahead, tmp_path):
    seen = []
    model = fx.LSTMForecaster(
        **SMALL,
        layers=2,
        dropout=0.2,
        progress=lambda epoch, epochs, losses: seen.append((epoch, epochs, losses)),
    ).fit(columns[:400], ahead[:400])
    assert [(epoch, epochs) for epoch, epochs, _ in seen] == [(1, 2), (2, 2)]
    assert seen[0][2] == pytest.approx({name: values[0] for name, values in model.history_.items()})
    assert set(model.history_) == {"loss", "val_loss"}
    assert same(model.predict(columns[:300]), model.predict(columns[:300]))  # no dropout when forecasting
    model.save(tmp_path)
    assert load(tmp_path).progress is None


def test_without_validation_every_epoch_is_run(columns, ahead):
    model = fx.LSTMForecaster(**SMALL, validation=0.0, patience=1).fit(columns[:300], ahead[:300])
    assert len(model.history_["loss"]) == 2 and "val_loss" not in model.history_


def test_training_stops_early_and_keeps_the_best_weights(columns, ahead):
    settings = SMALL | {"epochs": 60, "patience": 2, "learning_rate": 0.05}
    model = fx.LSTMForecaster(**settings).fit(columns[:500], ahead[:500])
    losses = model.history_["val_loss"]
    assert len(losses) < 60
    assert int(np.argmin(losses)) == len(losses) - 3
    shorter = fx.LSTMForecaster(**(settings | {"epochs": len(losses) - 2})).fit(columns[:500], ahead[:500])
    assert all(same(a, b) for a, b in zip(weights(model), weights(shorter), strict=True))


def test_no_training_label_or_window_reaches_into_the_validation_rows():
    model = fx.LSTMForecaster(window=10, horizon=4, validation=0.2)
    rows = np.arange(9, 109)
    learn, hold = model._split(rows)
    first_held = rows[hold][0]
    assert hold.sum() == 20 and first_held == 89
    assert rows[learn][-1] + 4 == first_held - 10  # the last label ends a row before the first held window
    assert not (learn & hold).any()


def test_too_few_rows_for_a_validation_are_named(columns, ahead):
    with pytest.raises(
        ValueError, match=r"leave none to learn from after a validation share of 0.15 and a purge of 7"
    ):
        fx.LSTMForecaster(**SMALL).fit(columns[49:60], ahead[49:60])


def test_a_constant_target_is_forecast_as_it_is(columns):
    y = np.full(400, 0.125)
    forecast = fx.LSTMForecaster(**SMALL).fit(columns[:400], y).predict(columns[:400])
    assert np.nanmax(np.abs(forecast - 0.125)) < 2.0 and np.isfinite(forecast[54:]).all()


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"window": 0}, "window is 0; give a whole number of at least 1"),
        ({"units": 2.5}, "units is 2.5; give a whole number of at least 1"),
        ({"epochs": 0}, "epochs is 0; give a whole number of at least 1"),
        ({"dropout": 1.0}, "dropout is 1.0; give 0 to below 1"),
        ({"validation": -0.1}, "validation is -0.1; give 0 to below 1"),
        ({"learning_rate": 0}, "learning_rate is 0; give a positive number"),
        ({"clip_norm": float("nan")}, "clip_norm is nan; give a positive number"),
    ],
)
def test_impossible_settings_are_named(settings, complaint, columns, ahead):
    with pytest.raises(ValueError, match=complaint):
        fx.LSTMForecaster(**settings).fit(columns, ahead)
