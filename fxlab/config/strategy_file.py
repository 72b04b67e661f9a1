"""The only import string in a config: `strategies/ma_cross.py:ma_cross`, a function in a file of the working folder."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fxlab.config.errors import ConfigError, did_you_mean


def strategy_path(path: str) -> tuple[Path, str]:
    """(file, function name) of 'folder/file.py:function', the file inside the working folder.

    Raises:
        ConfigError: another form, a file outside the working folder, not .py, or missing.
    """
    file_name, colon, function = path.rpartition(":")
    if not (colon and file_name.endswith(".py") and function.isidentifier()):
        raise ConfigError(
            f"strategy.path is {path!r}; write file.py:function, such as strategies/ma_cross.py:ma_cross"
        )
    file = Path(file_name)
    if not file.resolve().is_relative_to(Path.cwd().resolve()):
        raise ConfigError(
            f"strategy.path is {path!r}, outside the working folder {Path.cwd()}; run fxlab from the folder "
            "that holds it"
        )
    if not file.is_file():
        raise ConfigError(f"strategy.path is {path!r}: no file {file} in {Path.cwd()}; check the path")
    return file, function


def load_strategy(path: str) -> Callable[..., Any]:
    """The function that 'folder/file.py:function' names. Runs the file, as `import` would.

    Raises:
        ConfigError: as `strategy_path`; a file that is not Python, or no such function in it.
    """
    file, name = strategy_path(path)
    spec = importlib.util.spec_from_file_location(f"fxlab_strategy_{file.stem}", file)
    assert spec is not None and spec.loader is not None  # a .py file always has a loader
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise ConfigError(f"{file}: line {error.lineno}: {error.msg}; mend the strategy") from None
    function = getattr(module, name, None)
    if not callable(function):
        functions = [
            key
            for key, one in vars(module).items()
            if inspect.isfunction(one) and one.__module__ == module.__name__ and not key.startswith("_")
        ]
        raise ConfigError(f"strategy.path: {file} has no function {name}{did_you_mean(name, functions)}")
    return function
