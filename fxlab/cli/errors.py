"""From exceptions to exit codes: expected ones are one line, unexpected ones keep their traceback."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

OK, USAGE, DATA, INTERRUPTED = 0, 2, 3, 130
PACKAGE = Path(__file__).resolve().parents[1]
# typer has carried its own click since 0.20 or so; both call it ClickException
ClickException: Any = next(one for one in typer.BadParameter.__mro__ if one.__name__ == "ClickException")


def exit_code_of(command: Callable[[], Any]) -> int:
    """Run a command; say an expected error in one line on standard error.

    Raises:
        Exception: whatever is not expected, for the interpreter to show with its traceback.
    """
    try:
        code = command()
        return code if isinstance(code, int) else OK
    except typer.Exit as stop:
        return int(stop.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        return _say("interrupted", INTERRUPTED)
    except ClickException as error:
        told = error.format_message()
        if not told:  # no command was named: the help has been printed
            return USAGE
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "fxlab"
        return _say(f"{told.rstrip('.')}; see {path} --help", USAGE)
    except BrokenPipeError:  # the reader of a pipe, such as head, has had enough
        sys.stderr.close()
        return OK
    except (ValueError, TypeError, ImportError, FileNotFoundError, RuntimeError) as error:
        if not is_expected(error):
            raise
        return _say(str(error), _code(error))


def is_expected(error: BaseException) -> bool:
    """Whether fxlab, or a strategy in the working folder, raised the error on purpose, with a sentence for users.

    An error of the same type that pandas raises, or that a line of code runs into, is a fault and not expected.
    """
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return False
    last, file = frames[-1], Path(frames[-1].filename)
    ours = file.is_relative_to(PACKAGE)
    theirs = file.is_absolute() and file.is_relative_to(Path.cwd()) and "site-packages" not in file.parts
    return (ours or theirs) and (last.line or "").startswith("raise")


def _code(error: BaseException) -> int:
    if "fxlab.data.errors" in sys.modules:
        from fxlab.data import DataError

        if isinstance(error, DataError):
            return DATA
    return USAGE


def _say(message: str, code: int) -> int:
    print(f"fxlab: {' '.join(message.split())}", file=sys.stderr)
    return code
