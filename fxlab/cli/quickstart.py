"""`fxlab quickstart`: the whole pipeline on the shipped sample."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from fxlab.cli.output import WIDTH, Answer
from fxlab.quickstart import run_quickstart


def run(out: Path, seed: int, quiet: bool) -> Answer:
    """Run it; it prints its own table unless `quiet`."""
    console = None if quiet else Console() if sys.stdout.isatty() else Console(width=WIDTH)
    return Answer(run_quickstart(out, seed=seed, console=console))
