"""Keras starts quietly, on the backend asked for, and leaves other words on standard error alone."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import pytest

from fxlab.models import backend

FIT = """
import sys
import numpy as np
import fxlab as fx
X = np.random.default_rng(0).normal(size=(120, 3))
model = fx.LSTMForecaster(window=4, units=4, epochs=1).fit(X, X[:, 0])
assert np.isfinite(model.predict(X)[3:]).all()
assert np.array_equal(model.predict(X[:77]), model.predict(X)[:77], equal_nan=True)
import keras
print(keras.backend.backend())
"""


def run(code: str, root, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "KERAS_"))}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        capture_output=True,
        text=True,
        env=kept | variables,
        timeout=300,
    )


@pytest.mark.slow
def test_a_fit_on_tensorflow_writes_nothing_to_the_terminal(root):
    done = run(FIT, root)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "tensorflow"
    assert done.stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["torch", "jax"])
def test_the_same_code_runs_on_another_backend(name, root):
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    done = run(FIT, root, KERAS_BACKEND=name)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == name


def test_known_chatter_is_dropped_and_the_rest_passes(capfd):
    with backend.quiet_start():
        os.write(2, b"I0000 port.cc:153] oneDNN custom operations are on.\n")
        os.write(2, b"something went wrong\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "something went wrong\nafter\n"


def test_what_was_caught_is_shown_when_the_start_fails(capfd):
    @backend.quiet_start()
    def start():
        os.write(2, b"the reason\n")
        raise RuntimeError("no backend")

    with pytest.raises(RuntimeError, match="no backend"):
        start()
    assert capfd.readouterr().err == "the reason\n"


def test_a_missing_backend_is_told_how_to_install(root):
    done = run(
        "import sys; sys.modules['keras'] = None\nfrom fxlab.models import backend\nbackend.keras()", root
    )
    assert "ImportError: keras is not installed; the LSTM needs pip install 'fxlab[models]'" in done.stderr
