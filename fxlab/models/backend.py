"""Keras, ready and quiet: the backend chosen, threads limited, start-up chatter kept off the terminal."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

# lines TensorFlow and its parts write to file descriptor 2 before any of their settings is read
_CHATTER = re.compile(
    rb"absl::InitializeLog|oneDNN custom operations|cudart_stub|cuda drivers|cuInit|Unable to register cu|"
    rb"computation_placer|cpu_feature_guard|To enable the following instructions|TF-TRT|XLA service|"
    rb"cuda_executor|StreamExecutor device"
)


def keras(threads: int = 1) -> Any:
    """The keras module, on TensorFlow unless the environment variable KERAS_BACKEND names another backend.

    Args:
        threads: CPU threads for one operation; the first use in a process decides, because TensorFlow fixes
            them when it starts. One by default: two on busy shared cores have wasted up to eight times the
            CPU.

    Raises:
        ImportError: Keras or its backend is not installed, with the line that installs it.
    """
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        module = sys.modules.get("keras")
        if module is None or not _state["started"]:
            with quiet_start():
                module = importlib.import_module("keras")
                _limit(module, threads)
    except ImportError as error:
        raise ImportError(
            f"{error.name or 'keras'} is not installed; the LSTM needs pip install 'fxlab[models]'"
        ) from error
    return module


_state = {"started": False}


def _limit(module: Any, threads: int) -> None:
    _state["started"] = True
    backend = module.backend.backend()
    if backend == "tensorflow":
        tensorflow = importlib.import_module("tensorflow")
        with contextlib.suppress(RuntimeError):  # already started by the caller, with threads of their choice
            tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
            tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
        tensorflow.config.list_logical_devices()  # starts the runtime here, where its chatter is caught
    elif backend == "torch":
        importlib.import_module("torch").set_num_threads(threads)


@contextlib.contextmanager
def quiet_start() -> Iterator[None]:
    """Catch what native code writes to standard error, drop known chatter, and pass everything else on."""
    try:
        sys.stderr.flush()
        outside = os.dup(2)
    except (OSError, AttributeError, ValueError):  # no standard error to keep clean (a service, pythonw)
        yield
        return
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            with contextlib.suppress(OSError, AttributeError, ValueError):
                sys.stderr.flush()
            os.dup2(outside, 2)
            os.close(outside)
            caught.seek(0)
            for line in caught:
                if not _CHATTER.search(line):
                    os.write(2, line)
