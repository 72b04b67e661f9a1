"""What every test stands on: a quiet, single-threaded, offline process and three fixtures."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

# Read once, when numpy, TensorFlow and the rest are first imported, so set before anything imports them.
# One thread each: xdist already fills the cores, and sums then come out in one order.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # oneDNN reorders float sums by machine
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("MPLBACKEND", "Agg")
if "FXLAB_TEST_GPU" not in os.environ:  # set it to run the tests marked gpu
    os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np  # noqa: E402
import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]

# No deadline: the first example of a compiled function pays for its compilation.
settings.register_profile(
    "local", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, database=None)
settings.register_profile("thorough", settings.get_profile("local"), max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "local"))


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed, fresh in every test."""
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """`shared_data("ecb/rates.zip")` is that file of ../shared/data; the test skips where it is absent."""

    def find(name: str) -> Path:
        path = ROOT.parent / "shared" / "data" / name
        if not path.exists():
            pytest.skip(f"../shared/data/{name} is not here")
        return path

    return find


@pytest.fixture(autouse=True)
def _offline(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests reach this machine only, so that a forgotten download fails here and not on a train."""
    if request.node.get_closest_marker("network"):
        return
    connect = socket.socket.connect

    def connect_locally(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else None  # a str is a Unix socket's path
        if host not in (None, "localhost", "127.0.0.1", "::1"):
            raise OSError(
                f"a test tried to reach {host}; read a file or a fake, or mark it @pytest.mark.network"
            )
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect_locally)
