from __future__ import annotations

import os
import sqlite3
import subprocess
import sys

import numpy as np
import pytest

import fxlab as fx
from fxlab.paper import JournalError, ReplayFeed

# a session in a process of its own; it says each bar that is on disk
SESSION = """
import sys, fxlab as fx
bars = fx.load_bars("EURUSD", start="2017-03-06", end="2017-03-08")
fx.paper_trade(0.5, fx.paper.ReplayFeed(bars, pause_s=0.02), journal=sys.argv[1],
               on_bar=lambda i, simulation: print(i, flush=True))
"""


@pytest.fixture(scope="module")
def bars() -> fx.Bars:
    return fx.load_bars("EURUSD", start="2017-03-06", end="2017-03-08")


def session(root, journal) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SESSION, str(journal)],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_killed_process_loses_nothing_and_while_it_lives_nobody_else_may_write(root, bars, tmp_path):
    n_bars = int(np.random.default_rng().integers(3, 15))  # at any bar
    process = session(root, tmp_path)
    try:
        assert process.stdout is not None
        for _ in range(n_bars):
            assert process.stdout.readline(), process.communicate()[1]
        with pytest.raises(JournalError, match=r"in use or cannot be written \(.*locked.*\); end the other"):
            fx.paper_trade(0.5, ReplayFeed(bars), journal=tmp_path)
    finally:
        process.kill()
        process.communicate()
    news: list[int] = []
    resumed = fx.paper_trade(
        0.5, ReplayFeed(bars), journal=tmp_path, on_bar=lambda i, simulation: news.append(i)
    )
    assert news[0] >= n_bars
    expected = fx.backtest(0.5, bars)
    assert np.array_equal(resumed.equity.to_numpy(), expected.equity.to_numpy())
    assert resumed.ledger.equals(expected.ledger)


def kept(bars, folder):
    fx.paper_trade(0.5, ReplayFeed(bars), journal=folder)
    return folder / "journal.sqlite"


def test_a_file_that_is_no_journal_is_refused(bars, tmp_path):
    (tmp_path / "journal.sqlite").write_bytes(b"time,price\n" * 500)
    with pytest.raises(JournalError, match=r"journal.sqlite is damaged \(.*\); keep it aside"):
        fx.paper_trade(0.5, ReplayFeed(bars), journal=tmp_path)


def test_a_torn_page_is_refused(bars, tmp_path):
    path = kept(bars, tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))  # all pages but those of the settings
    with pytest.raises(JournalError, match=r"journal.sqlite is damaged \(.*\); keep it aside"):
        fx.paper_trade(0.5, ReplayFeed(bars), journal=tmp_path)


def test_a_price_that_was_changed_is_refused_naming_its_bar(bars, tmp_path):
    path = kept(bars, tmp_path)
    with sqlite3.connect(path) as db:
        [(time, quotes)] = db.execute(
            "SELECT time, quotes FROM bars ORDER BY time LIMIT 1 OFFSET 3"
        ).fetchall()
        flipped = bytes([quotes[0] ^ 1]) + quotes[1:]
        db.execute("UPDATE bars SET quotes = ? WHERE time = ?", (flipped, time))
    db.close()
    with pytest.raises(JournalError, match=r"is damaged \(the bar of 2017-03-06 03:00 UTC\)"):
        fx.paper_trade(0.5, ReplayFeed(bars), journal=tmp_path)


def test_a_journal_of_another_format_is_refused(bars, tmp_path):
    path = kept(bars, tmp_path)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE about SET value = '99' WHERE name = 'format'")
    db.close()
    with pytest.raises(JournalError, match="was written by another version of fxlab; start a new journal"):
        fx.paper_trade(0.5, ReplayFeed(bars), journal=tmp_path)


def test_a_refused_journal_is_left_as_it_was(bars, tmp_path):
    path = kept(bars, tmp_path)
    before = path.read_bytes()
    with pytest.raises(JournalError, match="belongs to another session"):
        fx.paper_trade(0.5, ReplayFeed(bars), journal=tmp_path, account=fx.Account(balance=1.0))
    assert path.read_bytes() == before
