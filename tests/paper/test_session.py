from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import fxlab as fx
from fxlab.paper import JournalError, ReplayFeed


class Swinger:
    """A policy with a memory: turns every `period` bars."""

    def __init__(self, period: int = 5, size: float = 1.0) -> None:
        self.period, self.size = period, size
        self.reset()

    def reset(self) -> None:
        self.n_seen = 0

    def decide(self, view: fx.strategy.View) -> dict[str, float]:
        assert len(view.bars) == self.n_seen + 1
        self.n_seen += 1
        return {"EURUSD": self.size if self.n_seen // self.period % 2 else -self.size}


class Stopped(Exception):
    """The session is interrupted."""


def stop_after(n_bars: int):
    def on_bar(i, simulation):
        if i + 1 == n_bars:
            raise Stopped

    return on_bar


def ma_cross(bars: fx.Bars, fast: int = 3, slow: int = 8) -> pd.DataFrame:
    close = bars.close
    return np.sign(close.rolling(fast).mean() - close.rolling(slow).mean())


def equal(one: fx.Result, other: fx.Result) -> bool:
    return (
        np.array_equal(one.equity.to_numpy(), other.equity.to_numpy())
        and one.fills.equals(other.fills)
        and one.trades.equals(other.trades)
        and one.ledger.equals(other.ledger)
    )


@pytest.fixture(scope="module")
def bars() -> fx.Bars:
    return fx.load_bars("EURUSD", start="2017-03-06", end="2017-03-08")


@pytest.mark.parametrize(
    "strategy",
    [ma_cross, Swinger(), 0.5, fx.Targets(lots=0.1, stop_loss_pips=10.0)],
    ids=["function", "policy", "number", "targets"],
)
def test_a_replay_equals_the_backtest(bars, strategy):
    costs = fx.Costs(slippage_pips=0.1, commission_per_lot=3.0)
    paper = fx.paper_trade(strategy, ReplayFeed(bars), costs=costs)
    assert len(paper.fills) > 0
    assert equal(paper, fx.backtest(strategy, bars, costs=costs))


def test_a_function_is_called_with_the_closed_bars_and_its_params(bars):
    seen = []

    def watching(bars, size):
        seen.append(len(bars))
        return np.full(len(bars), size)

    fx.paper_trade(watching, ReplayFeed(bars[:6]), params={"size": 0.5})
    assert seen == [1, 2, 3, 4, 5, 6]


def test_progress_is_told_after_each_bar(bars):
    told = []
    fx.paper_trade(1.0, ReplayFeed(bars[:4]), on_bar=lambda i, simulation: told.append((i, simulation.i)))
    assert told == [(0, 0), (1, 1), (2, 2), (3, 3)]


@pytest.mark.parametrize("strategy", [ma_cross, Swinger()], ids=["function", "policy"])
@pytest.mark.parametrize("n_bars", [1, 17, 40])
def test_a_session_goes_on_where_an_exception_ended_it(bars, tmp_path, strategy, n_bars):
    feed, costs = ReplayFeed(bars), fx.Costs(slippage_pips=0.2)
    with pytest.raises(Stopped):
        fx.paper_trade(strategy, feed, costs=costs, journal=tmp_path, on_bar=stop_after(n_bars))
    news = []
    resumed = fx.paper_trade(
        strategy, feed, costs=costs, journal=tmp_path, on_bar=lambda i, simulation: news.append(i)
    )
    assert news[0] == n_bars  # nothing is lived through twice
    assert equal(resumed, fx.backtest(strategy, bars, costs=costs))


def test_a_finished_session_resumes_to_the_same_result(bars, tmp_path):
    first = fx.paper_trade(ma_cross, ReplayFeed(bars), journal=tmp_path)
    again = fx.paper_trade(ma_cross, ReplayFeed(bars), journal=tmp_path)
    assert equal(first, again)


def test_a_longer_feed_continues_a_session(bars, tmp_path):
    fx.paper_trade(ma_cross, ReplayFeed(bars[:30]), journal=tmp_path)
    assert equal(fx.paper_trade(ma_cross, ReplayFeed(bars), journal=tmp_path), fx.backtest(ma_cross, bars))


def test_a_policy_that_decides_otherwise_on_resuming_is_refused(bars, tmp_path):
    with pytest.raises(Stopped):
        fx.paper_trade(Swinger(period=5), ReplayFeed(bars), journal=tmp_path, on_bar=stop_after(20))
    with pytest.raises(JournalError, match="Swinger decides otherwise than it did at 2017-03-06 03:00"):
        fx.paper_trade(Swinger(period=4), ReplayFeed(bars), journal=tmp_path)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"costs": fx.Costs(slippage_pips=9.0)}, r"costs is 'Costs\(.*slippage_pips=9.0"),
        ({"account": fx.Account(balance=5.0)}, r"account is .Account\(balance=5.0"),
        ({"params": {"fast": 4}}, "params is {'fast': '4'} and was {}"),
        ({"strategy": Swinger()}, "strategy is 'Swinger' and was 'ma_cross'"),
    ],
)
def test_other_settings_than_the_journals_are_refused_by_name(bars, tmp_path, changed, named):
    feed = ReplayFeed(bars[:12])
    fx.paper_trade(ma_cross, feed, journal=tmp_path)
    with pytest.raises(JournalError, match=f"belongs to another session: {named}"):
        fx.paper_trade(changed.pop("strategy", ma_cross), feed, journal=tmp_path, **changed)


def test_other_pairs_than_the_journals_are_refused(bars, tmp_path):
    fx.paper_trade(1.0, ReplayFeed(bars[:5]), journal=tmp_path)
    other = fx.load_bars("GBPUSD", source="synthetic", n_bars=5)
    with pytest.raises(JournalError, match=r"instruments is .*GBP.* and was .*EUR"):
        fx.paper_trade(1.0, ReplayFeed(other), journal=tmp_path)


def test_a_feed_without_bars_is_named(bars):
    class Silent(ReplayFeed):
        def bars(self, after):
            return iter(())

    with pytest.raises(ValueError, match="targets: the feed ended before its first bar"):
        fx.paper_trade(1.0, Silent(bars))


def test_a_policy_takes_no_params(bars):
    with pytest.raises(TypeError, match="Swinger decides bar by bar and takes no params; it was given fast"):
        fx.paper_trade(Swinger(), ReplayFeed(bars), params={"fast": 3})


def test_a_replay_needs_bars_and_a_pause_that_can_be_waited():
    with pytest.raises(TypeError, match="ReplayFeed needs Bars, got int"):
        ReplayFeed(3)
    with pytest.raises(ValueError, match="pause_s is -1; seconds, zero or more"):
        ReplayFeed(fx.load_bars("EURUSD", start="2017-03-06", end="2017-03-06"), pause_s=-1)


def test_a_replay_hands_out_what_opens_later(bars):
    feed = ReplayFeed(bars)
    assert len(feed) == len(bars)
    rest = list(feed.bars(int(bars.times[-3])))
    assert [len(one) for one in rest] == [1, 1]
    assert rest[0].index[0] == bars.index[-2]
