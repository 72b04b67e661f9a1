"""The examples in fxlab's docstrings give what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fxlab

ROOT = Path(__file__).resolve().parents[2]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def modules_with_examples() -> list[str]:
    """Names of fxlab's modules that hold a `>>>`, found by reading, so that collecting imports nothing."""
    names = []
    for path in sorted((ROOT / "fxlab").rglob("*.py")):
        if ">>> " in path.read_text(encoding="utf-8"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names


def test_there_are_examples_to_run():
    assert modules_with_examples()


@pytest.mark.parametrize("name", modules_with_examples())
def test_docstring_examples_are_true(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # what an example saves does not stay in the checkout
    module = importlib.import_module(name)
    reports: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    # the three names that every reader of fxlab has at hand
    names = {"fx": fxlab, "np": np, "pd": pd}
    for example in doctest.DocTestFinder(exclude_empty=True).find(module, extraglobs=names):
        runner.run(example, out=reports.append)
    assert runner.tries > 0, f"{name} holds >>> outside the docstrings of its public names"
    assert runner.failures == 0, "".join(reports)
