"""`fxlab doctor`: what is installed, what is visible, what would fail."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from fxlab import __version__
from fxlab.cli.output import Answer, figures_table
from fxlab.cli.runs import package_versions

# Asked in processes of their own: a broken install, or a driver that crashes, then breaks an answer and not the doctor.
_QUESTIONS = {
    "PyTorch": "import json, torch; n = torch.cuda.device_count() if torch.cuda.is_available() else 0; "
    "print(json.dumps([torch.cuda.get_device_name(i) for i in range(n)]))",
    "TensorFlow": "import json, tensorflow as tf; "
    "print(json.dumps([d.name for d in tf.config.list_physical_devices('GPU')]))",
}
_PACKAGE_OF = {"PyTorch": "torch", "TensorFlow": "tensorflow"}


def run() -> Answer:
    """Look around; changes nothing but a compiler cache."""
    versions = package_versions()
    asked = {name: _ask(code) for name, code in _QUESTIONS.items() if versions[_PACKAGE_OF[name]] is not None}
    sample, sample_ok = _sample()
    cache, cache_ok = _compiler_cache()
    data: dict[str, Any] = {
        "fxlab": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "cores": os.cpu_count(),
        "keras_backend": os.environ.get("KERAS_BACKEND", "tensorflow"),
        "packages": versions,
        "gpus": {name: _devices(process) for name, process in asked.items()},
        "sample": sample,
        "numba_cache": cache,
        "ok": sample_ok and cache_ok,
    }
    return Answer(data, _parts(data))


def _parts(data: dict[str, Any]) -> tuple[Any, ...]:
    packages = {name: version or "not installed" for name, version in data["packages"].items()}
    gpus = {
        f"GPU seen by {name}": "none"
        if found == []
        else ", ".join(found)
        if isinstance(found, list)
        else found
        for name, found in data["gpus"].items()
    }
    about = {
        "fxlab": data["fxlab"],
        "Python": data["python"],
        "system": data["platform"],
        "cores": data["cores"],
        "Keras backend": data["keras_backend"],
        **packages,
        **gpus,
        "sample data": data["sample"],
        "compiler cache": data["numba_cache"],
    }
    last = "All is well." if data["ok"] else "Something is wrong: see the lines above."
    return figures_table(about), last


def _ask(code: str) -> subprocess.Popen[str]:
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}
    return subprocess.Popen(
        (sys.executable, "-c", code), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=quiet
    )


def _devices(process: subprocess.Popen[str]) -> list[str] | str:
    try:
        answer, _ = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return "no answer within 60 s"
    try:
        return [str(one) for one in json.loads(answer.strip().splitlines()[-1])]
    except (ValueError, IndexError):
        return "does not start; reinstall it"


def _sample() -> tuple[str, bool]:
    from fxlab.data import DataError, load_bars

    try:
        bars = load_bars("EURUSD")
    except DataError as error:
        return str(error), False
    return f"EURUSD, {len(bars):,} bars, {bars.index[0]:%Y-%m-%d} to {bars.index[-1]:%Y-%m-%d}", True


def _compiler_cache() -> tuple[str, bool]:
    """Where numba keeps compiled code: $NUMBA_CACHE_DIR, else beside the sources, else in the user's cache."""
    import fxlab.execution.kernel as kernel

    chosen = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(chosen) if chosen else Path(str(kernel.__file__)).parent / "__pycache__"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return f"{folder} is writable", True
    except OSError:
        # numba then uses the user's own cache folder; each process compiles anew only if that fails too
        return (
            f"{folder} cannot be written; set NUMBA_CACHE_DIR to a folder that can, or every run compiles",
            False,
        )
