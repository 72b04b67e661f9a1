"""The kernel and the slow reference count the same money, on markets made to be unkind."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fxlab as fx
from tests.execution.reference import Outcome, Reference
from tests.execution.scenarios import as_targets, random_run


def assert_same(result: fx.Result, outcome: Outcome, bars: fx.Bars) -> None:
    """Which fills and refusals, in which order, at which bars: exactly. Money: to 1e-9 of the balance."""
    step = {pair.symbol: pair.lot_step for pair in bars.instruments}
    assert bars.known is not None

    def at(bar: int, reason: str = "") -> int:
        return int(bars.known[bar] if reason == "end" else bars.times[bar])  # type: ignore[index]

    fills = result.fills
    signed = np.where(fills["side"] == "buy", fills["lots"], -fills["lots"])
    found = [
        (time.value, symbol, round(lots / step[symbol]), reason)
        for time, symbol, lots, reason in zip(
            fills["time"], fills["symbol"], signed, fills["reason"], strict=True
        )
    ]
    expected = [
        (at(bar, reason), symbol, round(lots / step[symbol]), reason)
        for bar, symbol, lots, _, reason in outcome.fills
    ]
    assert found == expected
    close(fills["price"], [fill[3] for fill in outcome.fills], 1.0)

    refusals = list(result.refusals.itertuples(index=False, name=None))
    assert [(time.value, *rest) for time, *rest in refusals] == [
        (at(bar), symbol, requested, reason) for bar, symbol, requested, reason in outcome.refusals
    ]
    assert [time.value for time in result.margin_calls["time"]] == [at(bar) for bar in outcome.margin_calls]

    assert np.array_equal(result.lots.to_numpy(), np.array(outcome.lots))
    scale = max(result.account.balance, max(map(abs, outcome.balance)))
    close(result.equity, outcome.equity, scale)
    close(result.balance, outcome.balance, scale)
    close(result.margin, outcome.margin, scale)

    ledger = result.ledger
    head = ["symbol", "kind", "currency"]
    rows = [(row[1], row[2], row[5]) for row in outcome.ledger]
    assert list(ledger[head].itertuples(index=False, name=None)) == rows
    close(ledger["amount"], [row[3] for row in outcome.ledger], scale)
    close(ledger["quote_amount"], [row[4] for row in outcome.ledger], scale / min(ledger["rate"].min(), 1.0))
    close(ledger["rate"], [row[6] for row in outcome.ledger], max(ledger["rate"].max(), 1.0))

    trades = result.trades
    assert list(trades[["symbol", "side", "exit_reason"]].itertuples(index=False, name=None)) == [
        (trade["symbol"], trade["side"], trade["exit_reason"]) for trade in outcome.trades
    ]
    times = [
        (at(trade["entry_bar"]), at(trade["exit_bar"], trade["exit_reason"])) for trade in outcome.trades
    ]
    assert [
        (a.value, b.value) for a, b in zip(trades["entry_time"], trades["exit_time"], strict=True)
    ] == times
    for column in ("lots", "entry_price", "exit_price", "pips", "mae", "mfe"):
        close(trades[column], [trade[column] for trade in outcome.trades], 100.0)
    for column in ("gross", "costs", "net"):
        close(trades[column], [trade[column] for trade in outcome.trades], scale)


def close(found: object, expected: object, scale: float) -> None:
    assert np.allclose(np.asarray(found, float), np.asarray(expected, float), rtol=1e-9, atol=1e-9 * scale)


def judge(seed: int, n: int = 120) -> Outcome:
    """Run one seed through both and compare."""
    bars, costs, account, targets, close_at_end = random_run(seed, n)
    result = fx.backtest(
        as_targets(targets, bars), bars, costs=costs, account=account, close_at_end=close_at_end
    )
    outcome = Reference(bars, costs, account).run(targets, close_at_end)
    assert_same(result, outcome, bars)
    return outcome


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_kernel_and_reference_agree_on_any_market(seed: int) -> None:
    judge(seed)


@pytest.mark.slow
def test_kernel_and_reference_agree_on_many_markets_and_every_rule_was_used() -> None:
    outcomes = [judge(seed) for seed in range(400)]
    fills = {fill[4] for outcome in outcomes for fill in outcome.fills}
    assert fills == {"signal", "limit", "stop", "trail", "target", "stop-out", "end"}
    refusals = {refusal[3] for outcome in outcomes for refusal in outcome.refusals}
    assert refusals == {"below lot step", "margin", "ruined", "expired"}
    assert {row[2] for outcome in outcomes for row in outcome.ledger} == {
        "deposit",
        "pnl",
        "commission",
        "swap",
    }
    assert any(outcome.margin_calls for outcome in outcomes)
    assert any(min(outcome.balance) < 0 for outcome in outcomes), "a debt stays visible"
