"""The command line: each command loads a config, calls public functions, and saves what came of it.

Nothing heavy is imported before a command runs, so that `fxlab --help` answers at once.
"""

from fxlab.cli.app import app, main

__all__ = ["app", "main"]
