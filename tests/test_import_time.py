"""`import fxlab` and `fxlab --help` stay light."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
on_posix = pytest.mark.skipif(
    os.name != "posix", reason="os.times tells a child's processor time on POSIX only"
)
HEAVY = ("tensorflow", "keras", "torch", "stable_baselines3", "vectorbt", "sklearn", "plotly", "gymnasium")


def run(code: str) -> str:
    done = subprocess.run(
        (sys.executable, "-c", code), cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stderr == ""
    return done.stdout


def loaded_by(code: str, names: tuple[str, ...]) -> set[str]:
    out = run(f"{code}\nimport sys\nprint('loaded', *[one for one in {names!r} if one in sys.modules])")
    return set(out.splitlines()[-1].split()[1:])


def seconds(code: str) -> float:
    """Processor time of a process, median of three: unlike time on the wall it does not count the neighbours."""
    took = []
    for _ in range(3):
        before = os.times()
        run(code)
        after = os.times()
        took.append(
            after.children_user - before.children_user + after.children_system - before.children_system
        )
    return statistics.median(took)


def test_import_fxlab_loads_nothing_heavy():
    assert loaded_by("import fxlab", (*HEAVY, "pandas", "numba")) == set()


def test_a_backtest_loads_nothing_that_learns():
    code = "import fxlab as fx; fx.backtest(1.0, fx.load_bars('EURUSD')['2017-03-01'])"
    assert loaded_by(code, HEAVY) == set()


def test_a_paper_session_loads_nothing_that_learns():
    code = (
        "import fxlab as fx; fx.paper_trade(1.0, fx.paper.ReplayFeed(fx.load_bars('EURUSD')['2017-03-01']))"
    )
    assert loaded_by(code, HEAVY) == set()


def test_a_config_of_a_backtest_loads_nothing_that_learns():
    code = "from fxlab.config import load_config; load_config('configs/backtest/ma_cross.yaml')"
    assert loaded_by(code, HEAVY) == set()


@on_posix
def test_import_fxlab_costs_at_most_a_second_more_than_pandas_and_numba():
    run("import pandas, numba, fxlab")  # once to warm the disk
    assert seconds("import fxlab") <= seconds("import pandas, numba") + 1.0


@on_posix
def test_all_public_names_but_the_learners_cost_at_most_a_second_more():
    names = (
        "fx.Account, fx.Bars, fx.Costs, fx.Instrument, fx.Result, fx.Targets, fx.backtest, fx.check_lookahead"
    )
    code = f"import fxlab as fx; {names}, fx.load_bars, fx.paper_trade"
    run(code)
    assert seconds(code) <= seconds("import pandas, numba") + 1.0


def test_help_loads_neither_pandas_nor_numba():
    code = "from fxlab.cli import main; main(['--help'])"
    assert loaded_by(code, (*HEAVY, "pandas", "numpy", "numba", "pyarrow", "yaml")) == set()


@on_posix
def test_help_answers_within_a_second():
    assert seconds("from fxlab.cli import main; main(['--help'])") <= 1.0
