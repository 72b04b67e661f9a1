"""The benchmark runs, and gives both sides the same work."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import numpy as np
import pytest


@pytest.fixture
def bench(root):
    spec = importlib.util.spec_from_file_location("bench_backtest", root / "benchmarks" / "bench_backtest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_peer_gets_each_change_of_the_signal_one_bar_later(bench):
    told = bench.their_signals(np.array([0.0, 1.0, 1.0, -1.0, 0.0, 0.0]))
    assert np.flatnonzero(told["entries"]).tolist() == [2]  # decided on row 1, filled in bar 2
    assert np.flatnonzero(told["short_entries"]).tolist() == [4]
    assert np.flatnonzero(told["exits"]).tolist() == [4]
    assert np.flatnonzero(told["short_exits"]).tolist() == [5]


@pytest.mark.slow
def test_the_scaling_table_is_printed_without_any_peer(root):
    command = [sys.executable, str(root / "benchmarks" / "bench_backtest.py"), "--quick", "--only", "scaling"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout
    assert "| 1,000,000 bars |" in shown
    assert "| 100 combinations of 10,000 bars |" in shown
