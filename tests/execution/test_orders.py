"""One rule of execution each, on a handful of candles: stops, targets, trails, limits, margin, missing bars."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import fxlab as fx

NAN = float("nan")
START = pd.Timestamp("2021-03-02 08:00", tz="UTC")
RICH = fx.Account(balance=1_000_000.0, leverage=500.0)


def candles(
    *rows: tuple[float, float, float, float], symbol: str = "EURUSD", spread_pips: float = 2.0
) -> fx.Bars:
    """Bars of mid open, high, low, close."""
    index = pd.date_range(START, periods=len(rows), freq="1h")
    frame = pd.DataFrame(rows, index=index, columns=["open", "high", "low", "close"])
    return fx.Bars.from_frame(frame, symbol, spread_pips=spread_pips, every="1h")


def still(*mids: float, symbol: str = "EURUSD", spread_pips: float = 2.0) -> fx.Bars:
    """Bars that do not move inside."""
    return candles(*[(mid, mid, mid, mid) for mid in mids], symbol=symbol, spread_pips=spread_pips)


def fills_of(
    bars: fx.Bars, lots: Any, account: fx.Account = RICH, costs: fx.Costs | None = None, **distances: Any
):
    """Lots targets run over bars: [(bar, signed lots, price, reason)], and the result."""
    result = fx.backtest(
        fx.Targets(lots=np.array(lots, float), **distances), bars, costs=costs, account=account
    )
    fills = result.fills
    signed = np.where(fills["side"] == "buy", fills["lots"], -fills["lots"])
    bar = bars.index.get_indexer(fills["time"])
    rows = zip(bar.tolist(), signed.round(8).tolist(), fills["price"].round(8), fills["reason"], strict=True)
    return list(rows), result


FLAT = (1.2000, 1.2000, 1.2000, 1.2000)  # bid 1.1999, ask 1.2001


def test_stop_and_target_inside_one_bar_assume_the_stop() -> None:
    bars = candles(FLAT, FLAT, (1.2, 1.21, 1.19, 1.2))
    fills, _ = fills_of(bars, [1, 1, 1], stop_loss_pips=20, take_profit_pips=20)
    assert fills == [(1, 1.0, 1.2001, "signal"), (2, -1.0, 1.1981, "stop")]


def test_a_stop_is_live_in_the_bar_that_opens_the_position() -> None:
    bars = candles(FLAT, (1.2, 1.2, 1.19, 1.2))
    fills, _ = fills_of(bars, [-1, -1], stop_loss_pips=20)
    assert fills == [(1, -1.0, 1.1999, "signal")], "a fall does not stop a short"
    fills, _ = fills_of(bars, [1, 1], stop_loss_pips=20)
    assert fills == [(1, 1.0, 1.2001, "signal"), (1, -1.0, 1.1981, "stop")]


def test_a_stop_that_the_open_jumped_over_fills_at_the_open_less_slippage() -> None:
    bars = candles(FLAT, FLAT, (1.19, 1.21, 1.19, 1.21))
    costs = fx.Costs(slippage_pips=0.5)
    fills, _ = fills_of(bars, [1, 1, 1], costs=costs, stop_loss_pips=20)
    assert fills == [(1, 1.0, 1.20015, "signal"), (2, -1.0, 1.18985, "stop")]


def test_a_target_that_the_open_jumped_over_fills_at_the_better_open_without_slippage() -> None:
    bars = candles(FLAT, FLAT, (1.21, 1.21, 1.19, 1.2))
    costs = fx.Costs(slippage_pips=0.5)
    fills, _ = fills_of(bars, [1, 1, 1], costs=costs, take_profit_pips=20)
    assert fills[1] == (2, -1.0, 1.2099, "target")


def test_a_touched_target_fills_at_its_level_which_bid_has_to_reach() -> None:
    # long from ask 1.2001, target 1.2021: mid 1.2021 is bid 1.2020, one pip short; mid 1.2022 reaches it
    fills, _ = fills_of(candles(FLAT, FLAT, (1.2, 1.2021, 1.2, 1.2)), [1, 1, 1], take_profit_pips=20)
    assert len(fills) == 1
    fills, _ = fills_of(candles(FLAT, FLAT, (1.2, 1.20221, 1.2, 1.2)), [1, 1, 1], take_profit_pips=20)
    assert fills[1] == (2, -1.0, 1.2021, "target")


def test_a_position_that_was_stopped_stays_flat_until_another_target_is_asked_for() -> None:
    down = (1.2, 1.2, 1.19, 1.2)
    fills, _ = fills_of(
        candles(FLAT, down, FLAT, FLAT, FLAT, FLAT), [1, 1, NAN, 1, 0.5, 0.5], stop_loss_pips=20
    )
    assert [fill[:2] for fill in fills] == [(1, 1.0), (1, -1.0), (5, 0.5)]


def test_a_trailing_stop_follows_the_highs_of_past_bars_only() -> None:
    # ask 1.2001 at bar 1, level 1.1971; bar 2's bid high 1.2099 lifts it to 1.2069 for bar 3, not for bar 2
    bars = candles(FLAT, FLAT, (1.2, 1.21, 1.199, 1.208), (1.208, 1.208, 1.206, 1.207))
    fills, _ = fills_of(bars, [1, 1, 1, 1], trailing_stop_pips=30)
    assert fills[1] == (3, -1.0, 1.2069, "trail")


def test_the_nearer_of_a_fixed_and_a_trailing_stop_acts() -> None:
    bars = candles(FLAT, FLAT, (1.2, 1.21, 1.2, 1.208), (1.208, 1.208, 1.19, 1.2))
    fills, _ = fills_of(bars, [1, 1, 1, 1], trailing_stop_pips=30, stop_loss_pips=10)
    assert fills[1] == (3, -1.0, 1.2069, "trail")
    fills, _ = fills_of(
        candles(FLAT, FLAT, (1.2, 1.2, 1.19, 1.2)), [1, 1, 1], trailing_stop_pips=30, stop_loss_pips=10
    )
    assert fills[1] == (2, -1.0, 1.1991, "stop")


def test_an_increase_resets_the_distances_from_the_new_average_and_a_reduction_keeps_them() -> None:
    # 1 lot at 1.2001 and 1 at 1.2101 average 1.2051; 20 pips below is 1.2031 of bid, below mid 1.2032
    bars = candles(FLAT, FLAT, (1.21,) * 4, (1.21, 1.21, 1.20319, 1.21))
    fills, _ = fills_of(bars, [1, 2, NAN, NAN], stop_loss_pips=20)
    assert fills[-1] == (3, -2.0, 1.2031, "stop")
    stops = np.array([20.0, 5.0, 5.0, 5.0])[:, None]
    fills, _ = fills_of(
        candles(FLAT, FLAT, FLAT, (1.2, 1.2, 1.19, 1.2)), [2, 1, NAN, NAN], stop_loss_pips=stops
    )
    assert fills[-1] == (3, -1.0, 1.1981, "stop")


def test_a_limit_fills_at_its_level_without_slippage_and_rests_until_touched() -> None:
    # decided at ask close 1.2001; 10 pips lower is 1.1991, which the ask of mid 1.1990 reaches in bar 2
    bars = candles(FLAT, FLAT, (1.2, 1.2, 1.1985, 1.2))
    fills, _ = fills_of(bars, [1, 1, 1], costs=fx.Costs(slippage_pips=1.0), entry_limit_pips=10)
    assert fills == [(2, 1.0, 1.1991, "limit")]


def test_a_limit_that_the_open_has_passed_fills_at_the_better_open() -> None:
    fills, _ = fills_of(still(1.2, 1.19, 1.19), [1, 1, 1], entry_limit_pips=10)
    assert fills == [(1, 1.0, 1.1901, "limit")]
    fills, _ = fills_of(still(1.2, 1.21, 1.21), [-1, -1, -1], entry_limit_pips=10)
    assert fills == [(1, -1.0, 1.2099, "limit")]


def test_a_limit_rests_for_its_bars_and_then_expires_as_a_refusal() -> None:
    bars = still(*[1.2] * 6)
    _, result = fills_of(bars, [1] * 6, entry_limit_pips=10, limit_expiry_bars=3)
    assert list(result.refusals.itertuples(index=False, name=None)) == [
        (bars.index[3], "EURUSD", 1.0, "expired")
    ]


def test_another_target_takes_a_resting_limit_away() -> None:
    limits = np.array([10.0, NAN, NAN, NAN])[:, None]
    fills, result = fills_of(
        candles(FLAT, FLAT, FLAT, (1.2, 1.2, 1.19, 1.2)), [1, 0, 0, 0], entry_limit_pips=limits
    )
    assert fills == []
    assert result.refusals.empty


def test_a_reversal_at_a_limit_closes_at_market_and_rests_only_the_new_side() -> None:
    limits = np.array([NAN, 10.0, NAN, NAN])[:, None]
    fills, _ = fills_of(
        candles(FLAT, FLAT, FLAT, (1.2, 1.205, 1.2, 1.2)), [1, -1, NAN, NAN], entry_limit_pips=limits
    )
    assert fills == [(1, 1.0, 1.2001, "signal"), (2, -1.0, 1.1999, "signal"), (3, -1.0, 1.2009, "limit")]


def test_a_limit_inside_the_bar_takes_no_target_before_the_next_bar_but_its_stop_is_live() -> None:
    # the bar falls to the limit at 1.1991 and has a high above the target 1.2001, perhaps before the fall
    bars = candles(FLAT, (1.2, 1.201, 1.1985, 1.1986), (1.1986, 1.2003, 1.1986, 1.2))
    fills, _ = fills_of(bars, [1, 1, 1], entry_limit_pips=10, take_profit_pips=10)
    assert fills == [(1, 1.0, 1.1991, "limit"), (2, -1.0, 1.2001, "target")]
    bars = candles(FLAT, (1.2, 1.201, 1.197, 1.1986), FLAT)
    fills, _ = fills_of(bars, [1, 1, 1], entry_limit_pips=10, stop_loss_pips=10)
    assert fills == [(1, 1.0, 1.1991, "limit"), (1, -1.0, 1.1981, "stop")]


def test_a_limit_that_rests_to_add_goes_with_the_position_that_was_stopped() -> None:
    limits = np.array([NAN, 150.0, NAN, NAN, NAN])[:, None]
    bars = candles(FLAT, FLAT, FLAT, (1.2, 1.2, 1.19, 1.19), (1.18, 1.18, 1.18, 1.18))
    fills, result = fills_of(bars, [1, 2, NAN, NAN, NAN], stop_loss_pips=50, entry_limit_pips=limits)
    assert fills == [(1, 1.0, 1.2001, "signal"), (3, -1.0, 1.1951, "stop")]
    assert result.refusals.empty


def test_targets_are_rounded_toward_zero_and_a_target_below_a_step_closes_and_is_told() -> None:
    bars = still(*[1.2] * 5)
    fills, result = fills_of(bars, [0.299, -0.019, 0.009, 0.07, 0.07])
    assert [fill[:2] for fill in fills] == [(1, 0.29), (2, -0.29), (2, -0.01), (3, 0.01), (4, 0.07)]
    assert list(result.refusals.itertuples(index=False, name=None)) == [
        (bars.index[3], "EURUSD", 0.009, "below lot step")
    ]


@pytest.mark.parametrize("n_steps", [7, 29, 57, 58, 113, 115])
def test_whole_steps_written_as_decimals_are_not_rounded_down(n_steps: int) -> None:
    fills, _ = fills_of(still(1.2, 1.2), [n_steps / 100, 0])
    assert fills[0][1] == n_steps / 100


def test_changes_smaller_than_min_change_are_skipped_and_equal_ones_are_not() -> None:
    fills, _ = fills_of(still(*[1.2] * 6), [0.1, 0.13, 0.2, 0.17, 0.0, 0.0], min_change=0.07)
    assert [fill[:2] for fill in fills] == [(1, 0.1), (3, 0.1), (5, -0.2)]


def test_an_exposure_is_sized_by_the_equity_and_the_price_of_its_decision() -> None:
    # 2 × 10,000 USD / (100,000 × 1.25) = 0.16 lots, though the next open is elsewhere
    result = fx.backtest(2.0, still(1.25, 1.0, 1.0))
    assert result.lots["EURUSD"].tolist() == [0.0, 0.16, 0.16]


def trio(*columns: tuple[str, list[float]]) -> fx.Bars:
    return fx.Bars.join([still(*mids, symbol=symbol) for symbol, mids in columns], how="outer")


def test_reductions_come_before_increases_so_that_their_margin_can_be_used() -> None:
    # 0.5 lots at 1.2 and leverage 10 use 6,000 of 10,000: both pairs do not fit at once
    bars = trio(("EURUSD", [1.2] * 4), ("GBPUSD", [1.2] * 4))
    lots = [[0.0, 0.5], [0.5, 0.0], [NAN, NAN], [NAN, NAN]]
    result = fx.backtest(fx.Targets(lots=np.array(lots)), bars, account=fx.Account(leverage=10.0))
    assert result.fills["symbol"].tolist() == ["GBPUSD", "GBPUSD", "EURUSD"]
    assert result.refusals.empty


def test_an_increase_is_refused_when_its_own_costs_leave_too_little() -> None:
    # 0.83 lots at 1.2 and leverage 10 need 9,960; two pips of spread cost 16.60, and 30 USD a lot 24.90
    bars = still(1.2, 1.2, 1.2)
    account = fx.Account(leverage=10.0)
    fills, _ = fills_of(bars, [0.83] * 3, account=account)
    assert len(fills) == 1
    fills, result = fills_of(bars, [0.83] * 3, account=account, costs=fx.Costs(commission_per_lot=30.0))
    assert fills == []
    assert result.refusals["reason"].tolist() == ["margin"]


def test_the_largest_loser_is_stopped_out_first_and_the_rest_may_stay() -> None:
    # 0.4 lots each at leverage 10 use about 9,600; GBPUSD loses 3,600, EURUSD 2,400: equity 4,000 < 50 % of 9,000
    bars = trio(("EURUSD", [1.2, 1.2, 1.14, 1.14]), ("GBPUSD", [1.2, 1.2, 1.11, 1.11]))
    account = fx.Account(leverage=10.0)
    result = fx.backtest(fx.Targets(lots=0.4), bars, account=account)
    out = result.fills.iloc[2:]
    assert list(zip(out["symbol"], out["reason"], strict=True)) == [("GBPUSD", "stop-out")]
    assert result.lots.iloc[-1].tolist() == [0.4, 0.0]
    assert result.margin_calls["time"].tolist() == [bars.index[2]]


def test_without_a_loser_the_largest_margin_is_stopped_out() -> None:
    # 0.3 and 0.4 lots at leverage 10 use 8,400 of 10,000; a swap of 300 pips on each takes 2,100, both are in profit
    index = pd.date_range("2021-03-02 20:00", periods=4, freq="1h", tz="UTC")
    mids = pd.DataFrame({"open": [1.2, 1.2, 1.201, 1.201]}, index=index)
    frame = mids.assign(high=mids["open"], low=mids["open"], close=mids["open"])
    bars = fx.Bars.join([fx.Bars.from_frame(frame, symbol) for symbol in ("EURUSD", "GBPUSD")])
    costs = fx.Costs(swap={"EURUSD": (-300.0, 0.0), "GBPUSD": (-300.0, 0.0)})
    account = fx.Account(leverage=10.0, stop_out=1.0)
    result = fx.backtest(fx.Targets(lots=np.array([[0.3, 0.4]] * 4)), bars, costs=costs, account=account)
    assert result.fills["symbol"].tolist() == ["EURUSD", "GBPUSD", "GBPUSD"]
    assert result.trades["exit_reason"].tolist() == ["stop-out"]
    assert result.trades["gross"].iloc[0] > 0


def test_an_increase_that_uses_all_equity_is_not_refused() -> None:
    # one lot at 1.25 and leverage 10 needs 12,500, all there is: not below it
    account = fx.Account(balance=12_500.0, leverage=10.0)
    fills, _ = fills_of(still(1.25, 1.25, spread_pips=0.0), [1, 1], account=account)
    assert len(fills) == 1


def test_a_stop_out_inside_the_bar_fills_at_the_adverse_extreme() -> None:
    bars = candles(FLAT, FLAT, (1.2, 1.21, 1.12, 1.2))
    fills, _ = fills_of(bars, [0.8] * 3, account=fx.Account(leverage=10.0))
    assert fills[1] == (2, -0.8, 1.1199, "stop-out")


def test_ruin_closes_everything_refuses_later_orders_and_leaves_the_debt_visible() -> None:
    bars = still(1.2, 1.2, 1.0, 1.0, 1.0)
    account = fx.Account(leverage=100.0)
    fills, result = fills_of(bars, [1, NAN, 0.5, 0, 0], account=account)
    assert fills == [(1, 1.0, 1.2001, "signal"), (2, -1.0, 0.9999, "stop-out")]
    # 100,000 × (0.9999 − 1.2001) = −20,020
    assert result.equity.iloc[-1] == pytest.approx(-10_020.0)
    assert list(result.refusals.itertuples(index=False, name=None)) == [
        (bars.index[3], "EURUSD", 0.5, "ruined")
    ]


def test_a_market_order_waits_for_the_next_bar_of_its_pair() -> None:
    euro, pound = still(1.2, 1.2, 1.2, 1.2), still(1.4, 1.4, 1.4, 1.5, symbol="GBPUSD")
    gap = pound.replace(
        times=pound.times[[0, 3]],
        quotes=pound.quotes[[0, 3]],
        known=pound.known[[0, 3]],  # type: ignore[index]
    )
    bars = fx.Bars.join([euro, gap], how="outer")
    result = fx.backtest(fx.Targets(lots=np.array([[1.0, 1.0]] * 4)), bars, account=RICH)
    assert result.fills["time"].tolist() == [bars.index[1], bars.index[3]]
    assert result.fills["price"].tolist() == pytest.approx([1.2001, 1.5001])


def test_close_at_end_pays_slippage_and_commission_within_the_last_row() -> None:
    costs = fx.Costs(slippage_pips=1.0, commission_per_lot=5.0)
    bars = still(1.2, 1.2, 1.21)
    result = fx.backtest(fx.Targets(lots=1.0), bars, costs=costs, account=RICH, close_at_end=True)
    # in at 1.2001 + 0.0001, out at 1.2099 − 0.0001: 96 pips of 10 USD, less 2 × 5
    assert result.equity.iloc[-1] == result.balance.iloc[-1] == pytest.approx(RICH.balance + 960 - 10)
    assert result.fills["reason"].tolist() == ["signal", "end"]
    assert result.lots.iloc[-1, 0] == 0.0
    assert result.fills["time"].iloc[-1] == bars.known_at[-1]


def test_the_last_row_decides_nothing() -> None:
    fills, result = fills_of(still(1.2, 1.2), [0.0, 1.0])
    assert fills == []
    assert result.refusals.empty


def test_commission_has_a_least_amount_for_each_fill_and_a_share_of_the_notional() -> None:
    bars = still(1.25, 1.25, 1.25, spread_pips=0.0)
    costs = fx.Costs(commission_per_lot=2.0, commission_bps=0.2, commission_min=4.0)
    _, result = fills_of(bars, [0.1, 2.0, 2.0], costs=costs)
    # 0.1 lots: 0.20 + 12,500 × 0.00002 = 0.45, so 4; 1.9 lots: 3.80 + 237,500 × 0.00002 = 8.55
    assert result.fills["commission"].tolist() == pytest.approx([4.0, 8.55])


def test_commission_in_another_currency_is_converted_by_the_bars_rate() -> None:
    costs = fx.Costs(commission_per_lot=3.0, commission_currency="EUR")
    _, result = fills_of(still(1.25, 1.25, 1.25), [1, 1, 1], costs=costs)
    row = result.ledger[result.ledger["kind"] == "commission"].iloc[0]
    assert (row["amount"], row["quote_amount"], row["currency"]) == pytest.approx((-3.75, -3.0, "EUR"))


def test_swap_from_interest_rates_uses_the_month_before_and_the_markup_on_either_side() -> None:
    months = pd.DatetimeIndex(["2021-01-01", "2021-02-01", "2021-03-01"])
    rates = pd.DataFrame({"EUR": [9.0, 1.0, 9.0], "USD": [9.0, 4.65, 9.0]}, index=months)
    bars = fx.Bars.from_frame(
        pd.DataFrame(
            {name: 1.2 for name in ("open", "high", "low", "close")},
            index=pd.date_range("2021-03-02 12:00", periods=5, freq="4h", tz="UTC"),
        ),
        "EURUSD",
    )
    costs = fx.Costs(swap="rates", rates=rates, swap_markup=0.5)
    for lots, annual in ((1.0, 1.0 - 4.65 - 0.5), (-1.0, -(1.0 - 4.65 + 0.5))):
        result = fx.backtest(fx.Targets(lots=lots), bars, costs=costs, account=RICH)
        swap = result.ledger[result.ledger["kind"] == "swap"]
        assert swap["time"].tolist() == [pd.Timestamp("2021-03-02 22:00", tz="UTC")]
        assert swap["amount"].tolist() == pytest.approx([100_000 * 1.2 * annual / 365 / 100])
