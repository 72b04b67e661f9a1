"""Saved models come back to the bit, and damaged ones are refused in one line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from fxlab.models import MODELS, DriftForecaster, RandomWalkForecaster, RidgeForecaster, load
from fxlab.models.storage import _checksum


@pytest.fixture
def ridge(columns, ahead):
    return RidgeForecaster(window=6, alpha=np.float64(2.5)).fit(columns, ahead)


@pytest.mark.parametrize(
    "model", [RandomWalkForecaster(), DriftForecaster(), RidgeForecaster(window=np.int64(3))]
)
def test_a_model_comes_back_with_its_settings_and_forecasts(model, columns, ahead, tmp_path):
    model.fit(columns, ahead).save(tmp_path / "a" / "b")
    again = load(tmp_path / "a" / "b")
    assert type(again) is type(model)
    assert again.get_params() == model.get_params()
    assert np.array_equal(again.predict(columns), model.predict(columns), equal_nan=True)
    assert again.feature_names_in_.tolist() == columns.columns.tolist()
    assert (again.n_samples_, again.n_dropped_) == (model.n_samples_, model.n_dropped_)


def test_a_model_of_plain_arrays_has_no_names_to_save(columns, ahead, tmp_path):
    model = DriftForecaster().fit(columns.to_numpy(), ahead.to_numpy())
    model.save(tmp_path)
    assert not hasattr(load(tmp_path), "feature_names_in_")


def test_saving_again_replaces_and_leaves_nothing_behind(ridge, columns, ahead, tmp_path):
    ridge.save(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    newer = RidgeForecaster(window=6, alpha=9.0).fit(columns, ahead)
    newer.save(tmp_path)
    assert load(tmp_path).alpha == 9.0
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".npz", ".txt"]


def test_equal_models_are_equal_bytes(ridge, tmp_path):
    for place in ("a", "b"):
        ridge.save(tmp_path / place)
    left, right = (sorted((tmp_path / place).iterdir()) for place in ("a", "b"))
    assert [path.name for path in left] == [path.name for path in right]
    assert [path.read_bytes() for path in left] == [path.read_bytes() for path in right]


def test_a_save_that_fails_half_way_leaves_the_old_model(ridge, columns, ahead, tmp_path, monkeypatch):
    ridge.save(tmp_path)
    before = load(tmp_path).predict(columns)
    newer = RidgeForecaster(window=6, alpha=9.0).fit(columns, ahead)
    from fxlab.models import storage

    replace = storage._replace

    def fail_at_the_manifest(path, data):
        if path.name == storage.MANIFEST:
            raise OSError("disk full")
        replace(path, data)

    monkeypatch.setattr(storage, "_replace", fail_at_the_manifest)
    with pytest.raises(OSError, match="disk full"):
        newer.save(tmp_path)
    assert np.array_equal(load(tmp_path).predict(columns), before, equal_nan=True)


def test_a_flipped_byte_is_found_in_either_file(ridge, tmp_path):
    ridge.save(tmp_path)
    for path in tmp_path.iterdir():
        good = path.read_bytes()
        bad = bytearray(good)
        bad[len(bad) // 2] ^= 1
        path.write_bytes(bytes(bad))
        with pytest.raises(ValueError, match=r"damaged|was changed after it was saved"):
            load(tmp_path)
        path.write_bytes(good)
    assert load(tmp_path).window == 6


def test_missing_files_are_named(ridge, tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"manifest\.json: no saved model here; give the directory save\(\)"
    ):
        load(tmp_path)
    ridge.save(tmp_path)
    next(tmp_path.glob("*.npz")).unlink()
    with pytest.raises(FileNotFoundError, match=r"weights-.*\.npz is missing beside its manifest"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"format": 2}, "has format 2, this fxlab reads 1"),
        ({"model": "oracle"}, "holds a 'oracle' model; this fxlab knows drift, lstm, random_walk, ridge"),
        ({"files": {"../weights.npz": "0"}}, r"names a file outside its folder, \.\./weights\.npz"),
    ],
)
def test_manifests_of_another_kind_are_refused(change, complaint, ridge, tmp_path):
    path = ridge.save(tmp_path)
    content = json.loads(path.read_text()) | change
    content.pop("checksum")
    path.write_text(json.dumps(content | {"checksum": _checksum(content)}))
    with pytest.raises(ValueError, match=complaint):
        load(tmp_path)


def test_arrays_that_would_run_code_are_not_opened(ridge, tmp_path):
    import hashlib

    path = ridge.save(tmp_path)
    weights = tmp_path / "weights-objects.npz"
    np.savez(weights, coef=np.array([{"a": 1}], dtype=object))
    content = json.loads(path.read_text())
    content.pop("checksum")
    content["files"] = {weights.name: hashlib.sha256(weights.read_bytes()).hexdigest()}
    path.write_text(json.dumps(content | {"checksum": _checksum(content)}))
    with pytest.raises(ValueError, match="Object arrays cannot be loaded"):
        load(tmp_path)


def test_a_class_that_could_not_be_found_again_is_refused(columns, ahead, tmp_path):
    class Mine(DriftForecaster):
        pass

    with pytest.raises(
        TypeError, match=r"Mine is not in fx\.models\.MODELS, so load\(\) could not find it again"
    ):
        Mine().fit(columns, ahead).save(tmp_path)


def test_every_name_resolves_to_a_forecaster():
    import importlib

    from fxlab.models import Forecaster

    for place in MODELS.values():
        module, _, name = place.partition(":")
        assert issubclass(getattr(importlib.import_module(module), name), Forecaster)
