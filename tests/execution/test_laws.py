"""Laws of money that hold on every market: nothing here knows how the kernel works."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import fxlab as fx
from fxlab.strategy import TargetArrays
from tests.execution.scenarios import MARKETS, as_targets, random_bars, random_costs, random_run

seeds = st.integers(0, 2**32 - 1)
RICH = fx.Account(balance=10_000_000.0, leverage=1000.0, stop_out=0.0)


def backtest_of(seed: int, n: int = 80) -> tuple[fx.Result, fx.Bars]:
    bars, costs, account, targets, close_at_end = random_run(seed, n)
    targets = as_targets(targets, bars)
    return fx.backtest(targets, bars, costs=costs, account=account, close_at_end=close_at_end), bars


def assert_equal_runs(one: fx.Result, other: fx.Result) -> None:
    """Equal to the bit."""
    assert np.array_equal(one.equity, other.equity)
    assert np.array_equal(one.balance, other.balance)
    assert np.array_equal(one.margin, other.margin)
    assert np.array_equal(one.lots, other.lots)
    for name in ("fills", "trades", "ledger", "refusals", "margin_calls"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)


def whole_lots(rng: np.random.Generator, n: int, n_symbols: int) -> np.ndarray:
    """Targets of whole lot steps that change now and then."""
    lots = rng.integers(-50, 51, (n, n_symbols)) * 0.01
    lots[rng.random(lots.shape) < 0.7] = np.nan
    lots[0] = 0.01
    return lots


@given(seeds)
def test_the_ledger_sums_to_the_balance(seed: int) -> None:
    result, _ = backtest_of(seed)
    scale = result.ledger["amount"].abs().max()
    assert abs(result.ledger["amount"].sum() - result.balance.iloc[-1]) <= 1e-9 * scale


@given(seeds)
def test_the_trades_and_the_open_costs_explain_the_balance(seed: int) -> None:
    bars, costs, account, targets, _ = random_run(seed, 80)
    result = fx.backtest(
        as_targets(targets, bars), bars, costs=costs, account=account, close_at_end=True
    )  # nothing stays open
    scale = result.ledger["amount"].abs().max()
    assert abs(account.balance + result.trades["net"].sum() - result.balance.iloc[-1]) <= 1e-9 * scale


@given(seeds, st.sampled_from([0.0, np.nan]))
def test_flat_targets_never_trade(seed: int, hold: float) -> None:
    bars, costs, account, _, _ = random_run(seed, 40)
    values = np.full((len(bars), len(bars.symbols)), hold)
    values[0] = 0.0
    result = fx.backtest(values, bars, costs=costs, account=account)
    assert result.fills.empty
    assert result.refusals.empty
    assert (result.equity == account.balance).all()
    assert result.ledger["kind"].tolist() == ["deposit"]


@given(seeds)
def test_doubling_the_lots_doubles_profit_and_costs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    symbols, currencies = MARKETS[rng.integers(len(MARKETS))]
    bars = random_bars(rng, symbols, 60)
    currency = str(rng.choice(currencies))
    # a least commission is the one cost that does not grow with the order
    costs = dataclasses.replace(random_costs(rng, symbols, currency), commission_min=0.0)
    account = dataclasses.replace(RICH, currency=currency, balance=1e9)
    lots = whole_lots(rng, 60, len(symbols))
    once, twice = (
        fx.backtest(fx.Targets(lots=lots * k, stop_loss_pips=40.0), bars, costs=costs, account=account)
        for k in (1, 2)
    )
    assert once.refusals.empty
    assert once.ledger["kind"].tolist() == twice.ledger["kind"].tolist()
    for column in ("amount", "quote_amount"):
        assert np.allclose(2 * once.ledger[column][1:], twice.ledger[column][1:], rtol=1e-9, atol=1e-9)
    assert np.allclose(
        2 * once.fills[["spread_cost", "slippage_cost"]], twice.fills[["spread_cost", "slippage_cost"]]
    )


@given(seeds, st.sampled_from(["EURUSD", "USDJPY"]), st.booleans())
def test_mirrored_prices_mirror_the_profit(seed: int, symbol: str, has_brackets: bool) -> None:
    """Prices become 2c − p, bids asks, longs shorts. Prices on a grid of powers of two keep 2c − p exact."""
    rng = np.random.default_rng(seed)
    bars = random_bars(rng, (symbol,), 60, on_grid=True)
    centre = 2.0 if symbol == "EURUSD" else 128.0
    flipped = 2 * centre - bars.quotes[:, :, [4, 6, 5, 7, 0, 2, 1, 3]]  # a high becomes the other side's low
    mirror = bars.replace(quotes=flipped)
    account = dataclasses.replace(RICH, currency=symbol[3:], balance=2.0**40)
    costs = fx.Costs(slippage_pips=0.5, commission_per_lot=2.0)
    lots = whole_lots(rng, 60, 1)
    distances: dict[str, Any] = {}
    if has_brackets:
        distances = {"stop_loss_pips": 30.0, "take_profit_pips": 25.0, "trailing_stop_pips": 20.0}
        distances["entry_limit_pips"] = np.where(rng.random((60, 1)) < 0.5, 6.0, np.nan)
    straight = fx.backtest(fx.Targets(lots=lots, **distances), bars, costs=costs, account=account)
    turned = fx.backtest(fx.Targets(lots=-lots, **distances), mirror, costs=costs, account=account)
    assert straight.fills["reason"].tolist() == turned.fills["reason"].tolist()
    assert np.array_equal(straight.lots, -turned.lots)
    assert np.allclose(straight.ledger["amount"][1:], turned.ledger["amount"][1:], rtol=1e-9, atol=1e-6)
    assert np.allclose(straight.equity, turned.equity, rtol=1e-12)


@given(
    st.floats(0.0, 5.0),
    st.floats(0.0, 3.0),
    st.floats(0.0, 10.0),
    st.integers(1, 300),
    st.sampled_from([1.0, -1.0]),
)
def test_a_round_trip_at_one_price_costs_spread_slippage_and_commission(
    spread: float, slippage: float, commission: float, n_steps: int, side: float
) -> None:
    index = pd.date_range("2021-03-01", periods=4, freq="1h", tz="UTC")
    frame = pd.DataFrame({name: 1.25 for name in ("open", "high", "low", "close")}, index=index)
    bars = fx.Bars.from_frame(frame, "EURUSD", spread_pips=spread)
    costs = fx.Costs(slippage_pips=slippage, commission_per_lot=commission)
    lots = n_steps * 0.01
    wanted = np.array([side * lots, np.nan, 0.0, np.nan])
    result = fx.backtest(fx.Targets(lots=wanted), bars, costs=costs, account=RICH)
    # a pip of one lot is 10 USD; slippage and commission are paid on both sides
    expected = lots * (10 * spread + 2 * 10 * slippage + 2 * commission)
    paid = RICH.balance - result.balance.iloc[-1]
    assert abs(paid - expected) <= 1e-9 * RICH.balance
    explained = result.fills[["spread_cost", "slippage_cost", "commission"]].to_numpy().sum()
    assert abs(explained - expected) <= 1e-9 * RICH.balance


@given(seeds, st.floats(-3.0, 3.0).filter(lambda x: abs(x) > 0.1))
def test_drifting_equity_never_trades(seed: int, exposure: float) -> None:
    bars = random_bars(np.random.default_rng(seed), ("EURUSD", "USDJPY"), 60)
    result = fx.backtest(exposure, bars, account=RICH)
    assert len(result.fills) == 2, "one fill for each pair, at the start"
    assert result.equity.nunique() > 30


@given(seeds)
def test_nan_holds_what_was_requested(seed: int) -> None:
    bars, costs, account, targets, _ = random_run(seed, 80)
    values = targets.values.copy()
    repeated = pd.DataFrame(values).ffill().to_numpy()
    runs = [
        fx.backtest(
            as_targets(dataclasses.replace(targets, values=v), bars), bars, costs=costs, account=account
        )
        for v in (values, repeated)
    ]
    assert_equal_runs(*runs)


def test_one_nan_one_is_no_change() -> None:
    bars = random_bars(np.random.default_rng(3), ("EURUSD",), 6)
    result = fx.backtest(np.array([1.0, np.nan, 1.0, np.nan, np.nan, 1.0]), bars)
    assert len(result.fills) == 1


class Replay:
    """A policy that reads its decisions from target arrays, a row at each close."""

    def __init__(self, targets: TargetArrays) -> None:
        self.targets = targets

    def reset(self) -> None:
        self.i = 0

    def decide(self, view: Any) -> fx.Targets:
        row = self.targets.brackets[min(self.i, len(self.targets.brackets) - 1)]
        symbols = view.bars.symbols
        what = dict(zip(symbols, self.targets.values[self.i], strict=True))
        assert len(view.bars) == self.i + 1
        self.i += 1
        return fx.Targets(
            **{"lots" if self.targets.in_lots else "exposure": what},  # type: ignore[arg-type]
            stop_loss_pips=dict(zip(symbols, row[:, 0], strict=True)),
            take_profit_pips=dict(zip(symbols, row[:, 1], strict=True)),
            trailing_stop_pips=dict(zip(symbols, row[:, 2], strict=True)),
            entry_limit_pips=dict(zip(symbols, row[:, 3], strict=True)),
            limit_expiry_bars=dict(zip(symbols, row[:, 4], strict=True)),
            min_change=self.targets.min_change,
        )


@given(seeds)
def test_a_policy_asked_bar_by_bar_equals_its_target_arrays_to_the_bit(seed: int) -> None:
    bars, costs, account, targets, close_at_end = random_run(seed, 60)
    at_once = fx.backtest(
        as_targets(targets, bars), bars, costs=costs, account=account, close_at_end=close_at_end
    )
    by_bar = fx.backtest(Replay(targets), bars, costs=costs, account=account, close_at_end=close_at_end)
    assert_equal_runs(at_once, by_bar)


@given(seeds, st.integers(2, 79))
def test_later_bars_change_nothing_that_came_before(seed: int, k: int) -> None:
    bars, costs, account, targets, _ = random_run(seed, 80)
    whole = fx.backtest(as_targets(targets, bars), bars, costs=costs, account=account)
    head = bars[:k]
    cut = dataclasses.replace(targets, values=targets.values[:k])
    if len(targets.brackets) > 1:
        cut = dataclasses.replace(cut, brackets=targets.brackets[:k])
    assume(not np.isnan(cut.values).all())
    part = fx.backtest(as_targets(cut, head), head, costs=costs, account=account)
    assert np.array_equal(part.equity, whole.equity[:k])
    assert np.array_equal(part.lots, whole.lots[:k])
    for name in ("fills", "trades", "ledger", "refusals", "margin_calls"):
        few, many = getattr(part, name), getattr(whole, name)
        pd.testing.assert_frame_equal(few, many.iloc[: len(few)], check_exact=True, check_dtype=False)
        clock = "exit_time" if name == "trades" else "time"
        assert (many[clock].iloc[len(few) :] > head.index[-1]).all()


@settings(max_examples=15)
@given(seeds)
def test_nothing_is_filled_in_a_bar_that_a_pair_lacks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    bars = random_bars(rng, ("EURUSD", "USDJPY"), 60, missing=0.4)
    lots = whole_lots(rng, 60, 2)
    result = fx.backtest(fx.Targets(lots=lots, stop_loss_pips=20.0), bars, account=RICH)
    absent = pd.DataFrame(np.isnan(bars.quotes[:, :, 0]), index=bars.index, columns=list(bars.symbols))
    assert not any(
        absent.at[time, symbol]
        for time, symbol in zip(result.fills["time"], result.fills["symbol"], strict=True)
    )
    assert len(result.fills) > 10
