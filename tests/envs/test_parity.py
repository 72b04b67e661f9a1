"""Law 1: the same targets give the same fills and the same money in every driver. Exact, no tolerance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fxlab as fx

EXPOSURES = (-40.0, -25.0, -4.0, 0.0, 4.0, 25.0, 40.0)  # ±40 is refused at leverage 30, ±25 soon stopped out
TRIO = ("EURUSD", "USDJPY", "GBPUSD")
TABLES = ("fills", "trades", "ledger", "refusals", "margin_calls")


@dataclass(frozen=True, eq=False)
class World:
    """Bars, what trading them costs, and which action is taken after each bar."""

    bars: fx.Bars
    costs: fx.Costs
    account: fx.Account
    levels: np.ndarray  # (bars, symbols) index into EXPOSURES

    @property
    def targets(self) -> np.ndarray:
        return np.array(EXPOSURES)[self.levels]

    def settings(self) -> dict[str, Any]:
        return {"costs": self.costs, "account": self.account, "exposures": EXPOSURES, "window": 3}


def rates(bars: fx.Bars) -> pd.DataFrame:
    months = pd.date_range(bars.index[0] - pd.Timedelta("70D"), bars.index[-1], freq="MS")
    wave = np.sin(np.arange(len(months)))
    return pd.DataFrame({"EUR": 1.0 + wave, "USD": 3.0 - wave, "JPY": -0.1, "GBP": 2.0}, index=months)


def world(seed: int, symbols: tuple[str, ...], currency: str, swap: str | None, n_bars: int = 90) -> World:
    """Wild prices and high stakes: margin calls, stop-outs and ruin are common."""
    rng = np.random.default_rng(seed)
    bars = fx.load_bars(
        list(symbols), source="synthetic", every="4h", n_bars=n_bars, seed=seed, volatility=0.6
    )
    pips = {symbol: (float(rng.normal()), float(rng.normal())) for symbol in symbols}
    costs = fx.Costs(
        spread_scale=float(rng.uniform(0.5, 2)),
        slippage_pips=float(rng.uniform(0, 1)),
        commission_per_lot=float(rng.uniform(0, 5)),
        commission_bps=float(rng.uniform(0, 0.3)),
        commission_min=float(rng.uniform(0, 2)),
        commission_currency="EUR" if "EURUSD" in symbols else None,
        swap=pips if swap == "pips" else swap,
        rates=rates(bars) if swap == "rates" else None,
        swap_markup=0.5,
    )
    account = fx.Account(
        balance=20_000.0 if currency != "JPY" else 2_000_000.0, currency=currency, leverage=30.0
    )
    levels = rng.integers(0, len(EXPOSURES), (n_bars, len(symbols)))
    return World(bars, costs, account, levels)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    symbols = draw(st.sampled_from([("EURUSD",), TRIO]))
    currency = draw(st.sampled_from(["USD", "EUR"] if len(symbols) == 1 else ["USD", "EUR", "JPY"]))
    return world(
        draw(st.integers(0, 10_000)), symbols, currency, draw(st.sampled_from([None, "pips", "rates"]))
    )


few = settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])


def same(one: fx.Result, other: fx.Result) -> None:
    """Every curve and table equal to the bit."""
    for name in ("equity", "balance", "margin", "lots", "exposure"):
        mine, yours = getattr(one, name), getattr(other, name)
        assert np.array_equal(mine.to_numpy(), yours.to_numpy()), name
        assert mine.index.equals(yours.index), name
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True, obj=name)


def same_until(n_bars: int, short: fx.Result, whole: fx.Result) -> None:
    """An episode that ended in ruin agrees with the backtest, which lives on without a position."""
    for name in ("equity", "balance", "margin", "lots"):
        mine, yours = getattr(short, name).to_numpy(), getattr(whole, name).to_numpy()
        assert len(mine) == n_bars and np.array_equal(mine, yours[:n_bars]), name
    for name in ("fills", "trades"):
        pd.testing.assert_frame_equal(getattr(short, name), getattr(whole, name), check_exact=True, obj=name)
    rows = whole.ledger[whole.ledger["time"] <= short.equity.index[-1]]
    pd.testing.assert_frame_equal(short.ledger, rows, check_exact=True)


def backtest(one: World) -> fx.Result:
    return fx.backtest(one.targets, one.bars, costs=one.costs, account=one.account)


@few
@given(worlds())
def test_an_environment_gives_the_money_of_the_backtest(one):
    expected = backtest(one)
    env = fx.TradingEnv(one.bars, **one.settings())
    env.reset(options={"start": 0})
    rewards, ended = [], False
    for i in range(len(one.bars) - 1):
        action = one.levels[i] if one.levels.shape[1] > 1 else one.levels[i, 0]
        _, reward, terminated, truncated, info = env.step(action)
        rewards.append(reward)
        assert info["equity"] == expected.equity.iloc[i + 1]
        assert info["balance"] == expected.balance.iloc[i + 1]
        ended = terminated or truncated
        if terminated:
            break
    assert ended
    n_bars = len(rewards) + 1
    if n_bars == len(one.bars):
        same(env.result(), expected)
    else:
        same_until(n_bars, env.result(), expected)
    told = expected.log_returns().to_numpy()[: len(rewards)]
    assert np.array_equal(np.array(rewards), told, equal_nan=True)


@few
@given(worlds(), st.integers(2, 5))
def test_each_of_many_accounts_gives_the_money_of_its_own_backtest(one, n_accounts):
    shifted = [
        World(one.bars, one.costs, one.account, (one.levels + k) % len(EXPOSURES)) for k in range(n_accounts)
    ]
    expected = [backtest(each) for each in shifted]
    vec = fx.VectorTradingEnv(one.bars, n_accounts, random_start=False, **one.settings())
    vec.reset(seed=0, options={"start": 0})
    alive = set(range(n_accounts))
    for i in range(len(one.bars) - 1):
        actions = np.stack([each.levels[i] for each in shifted])
        _, rewards, terminated, truncated, infos = vec.step(actions)
        equity = infos["final_info"]["equity"] if "final_info" in infos else infos["equity"]
        for k in list(alive):
            assert equity[k] == expected[k].equity.iloc[i + 1]
            told = expected[k].log_returns().iloc[i]
            assert rewards[k] == told or (np.isnan(rewards[k]) and np.isnan(told))
            if terminated[k]:
                same_until(i + 2, vec.result(k), expected[k])
                alive.remove(k)
            elif truncated[k]:
                same(vec.result(k), expected[k])
                alive.remove(k)
    assert not alive


@few
@given(worlds())
def test_a_paper_session_gives_the_money_of_the_backtest(one):
    feed = fx.paper.ReplayFeed(one.bars)
    paper = fx.paper_trade(fx.Targets(exposure=one.targets), feed, costs=one.costs, account=one.account)
    same(paper, backtest(one))
    again = fx.paper_trade(one.targets, feed, costs=one.costs, account=one.account)
    same(again, paper)


@pytest.mark.parametrize("symbols", [("EURUSD",), TRIO])
def test_the_worlds_of_these_tests_meet_margin_calls_stop_outs_and_ruin(symbols):
    """Else the equalities above would say little."""
    results = [backtest(world(seed, symbols, "USD", "pips")) for seed in range(12)]
    reasons = set().union(*(result.trades["exit_reason"] for result in results))
    assert {"signal", "stop-out"} <= reasons
    assert any(len(result.margin_calls) for result in results)
    assert any("margin" in set(result.refusals["reason"]) for result in results)
    assert any(result.equity.iloc[-1] <= 1_000 for result in results)
    kinds = set().union(*(result.ledger["kind"] for result in results))
    assert kinds == {"deposit", "pnl", "commission", "swap"}


@pytest.mark.parametrize("start", [0, 1, 17])
def test_an_episode_that_starts_late_equals_the_backtest_of_later_bars(start):
    one = world(3, TRIO, "JPY", "pips")
    levels = one.levels.copy()
    later = one.bars[start:]
    expected = fx.backtest(one.targets[start:], later, costs=one.costs, account=one.account)
    env = fx.TradingEnv(one.bars, **one.settings())
    env.reset(options={"start": start})
    for i in range(start, len(one.bars) - 1):
        if env.step(levels[i])[2]:
            break
    n = len(env.result().equity)
    assert n > 10
    assert np.array_equal(env.result().equity.to_numpy(), expected.equity.to_numpy()[:n])


def test_bars_with_holes_give_the_same_money_to_every_driver():
    euro, yen = (
        fx.load_bars(pair, source="synthetic", every="4h", n_bars=60, seed=5) for pair in ("EURUSD", "USDJPY")
    )
    keep = np.random.default_rng(2).random(60) < 0.7
    keep[0] = True  # the rate to the account currency is known from the first bar
    prices = pd.concat(
        {name: getattr(yen, name)["USDJPY"] for name in ("open", "high", "low", "close")}, axis=1
    )
    holed = fx.Bars.join([euro, fx.Bars.from_frame(prices[keep], "USDJPY", every="4h")], how="outer")
    assert len(holed) == 60 and holed.close["USDJPY"].isna().sum() == (~keep).sum()
    one = World(
        holed, fx.Costs(slippage_pips=0.3), fx.Account(), np.random.default_rng(0).integers(2, 5, (60, 2))
    )
    expected = backtest(one)
    vec = fx.VectorTradingEnv(holed, 2, features=hour, random_start=False, **one.settings())
    vec.reset(seed=0, options={"start": 0})
    env = fx.TradingEnv(holed, features=hour, **one.settings())
    env.reset(options={"start": 0})
    for i in range(59):
        env.step(one.levels[i])
        vec.step(np.stack([one.levels[i]] * 2))
    same(env.result(), expected)
    same(vec.result(1), expected)
    same(fx.paper_trade(one.targets, fx.paper.ReplayFeed(holed)), fx.backtest(one.targets, holed))


def hour(bars: fx.Bars) -> np.ndarray:
    return bars.index.hour.to_numpy() / 24.0
