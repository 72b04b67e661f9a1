"""Sizing: signals become Targets; the sizes by hand, and what a stop-out of them costs by the kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fxlab as fx
from fxlab.strategy import (
    fixed_exposure,
    fixed_lots,
    realised_volatility,
    risk_per_trade,
    target_arrays,
    volatility_target,
)

NAN = float("nan")
START = pd.Timestamp("2021-03-02 08:00", tz="UTC")


def candles(*rows: tuple[float, ...], symbol: str = "EURUSD", spread_pips: float = 2.0) -> fx.Bars:
    """Hourly bars of mid open, high, low, close; one number is a bar that does not move."""
    full = [row if len(row) == 4 else (row[0],) * 4 for row in rows]
    index = pd.date_range(START, periods=len(full), freq="1h")
    frame = pd.DataFrame(full, index=index, columns=["open", "high", "low", "close"])
    return fx.Bars.from_frame(frame, symbol, spread_pips=spread_pips, every="1h")


def still(*mids: float, **settings: Any) -> fx.Bars:
    return candles(*[(mid,) for mid in mids], **settings)


def sizes(targets: fx.Targets, bars: fx.Bars) -> list[float]:
    """Targets of one pair as the kernel reads them."""
    return target_arrays(targets, bars).values[:, 0].round(9).tolist()


# ------------------------------------------------------------------------------------- fixed lots and exposure


def test_fixed_lots_multiply_the_signal_and_keep_its_kind():
    bars = still(1.2, 1.2, 1.2)
    signal = pd.Series([0.0, 1.0, -1.0], index=bars.index)
    assert sizes(fixed_lots(signal, lots=0.37), bars) == [0.0, 0.37, -0.37]
    assert sizes(fixed_lots(signal.to_numpy(), lots=0.37), bars) == [0.0, 0.37, -0.37]
    assert sizes(fixed_lots(signal.to_frame("EURUSD"), lots=0.37), bars) == [0.0, 0.37, -0.37]
    assert sizes(fixed_lots(-1, lots=2), bars) == [-2.0, -2.0, -2.0]


def test_true_is_a_unit_long_and_false_is_flat():
    bars = still(1.2, 1.3, 1.1)
    assert sizes(fixed_exposure(bars.close > 1.15, exposure=1.5), bars) == [1.5, 1.5, 0.0]


def test_fixed_exposure_holds_where_the_signal_is_nan():
    bars = still(1.2, 1.2, 1.2)
    values = target_arrays(fixed_exposure(np.array([NAN, 1.0, NAN]), exposure=2.0), bars).values[:, 0]
    assert np.array_equal(values, [NAN, 2.0, NAN], equal_nan=True)


@pytest.mark.parametrize("size", [fixed_lots, fixed_exposure])
def test_every_distance_is_passed_through(size):
    targets = size(1.0, 0.5, stop_loss_pips=20, take_profit_pips=40, min_change=0.1)
    assert (targets.stop_loss_pips, targets.take_profit_pips, targets.min_change) == (20, 40, 0.1)


def test_lots_are_rounded_toward_zero_to_the_lot_step_by_the_kernel():
    bars = still(1.2, 1.2, 1.2)
    account = fx.Account(balance=1_000_000.0)
    result = fx.backtest(fixed_lots(np.array([1, -1, 0]), lots=0.379), bars, account=account)
    assert result.lots["EURUSD"].round(9).tolist() == [0.0, 0.37, -0.37]


# ------------------------------------------------------------------------------------------- volatility target


def test_realised_volatility_by_hand():
    # log returns 1 % and 3 %; lookback 1 halves the weight of each earlier one: (9 + ½ · 1) / (1 + ½) = 19/3
    bars = still(1.0, np.exp(0.01), np.exp(0.04))
    volatility = realised_volatility(bars, lookback=1)["EURUSD"]
    assert np.isnan(volatility.iloc[0])
    assert volatility.iloc[1] == pytest.approx(0.01 * np.sqrt(6240))
    assert volatility.iloc[2] == pytest.approx(0.01 * np.sqrt(19 / 3 * 6240))


def test_a_pair_without_a_bar_keeps_its_volatility_and_returns_reach_over_the_gap():
    full = still(1.0, 1.01, 1.02, 1.03)
    holed = still(1.5, 1.53, 1.5, 1.53, symbol="GBPUSD")
    kept = holed.replace(
        times=holed.times[[0, 1, 3]],
        quotes=holed.quotes[[0, 1, 3]],
        known=holed.known[[0, 1, 3]],
        instruments=holed.instruments,
    )
    volatility = realised_volatility(fx.Bars.join([full, kept], how="outer"), lookback=1)["GBPUSD"]
    up = np.log(1.53 / 1.5) * np.sqrt(6240)
    assert volatility.iloc[1] == pytest.approx(up)
    assert volatility.iloc[2] == volatility.iloc[1]
    assert volatility.iloc[3] == pytest.approx(up * np.sqrt(0.5 / 1.5)), "the last return is zero"


def test_volatility_target_sizes_when_the_signal_changes_and_not_between():
    bars = still(1.0, 1.001, 1.003, 1.001, 1.002, 1.004)
    signal = np.array([0, 1, 1, -1, -1, 0.0])
    size = 0.1 / realised_volatility(bars, lookback=1)["EURUSD"].to_numpy()
    assert sizes(volatility_target(signal, bars, lookback=1), bars) == pytest.approx(
        [0, size[1], size[1], -size[3], -size[3], 0]
    )
    assert sizes(volatility_target(signal, bars, lookback=1, rebalance=True), bars) == pytest.approx(
        [0, size[1], size[2], -size[3], -size[4], 0]
    )


def test_a_signal_before_the_volatility_is_known_stays_flat_and_enters_once_it_is():
    bars = still(1.0, 1.001, 1.003, 1.001, 1.002)
    size = 0.1 / realised_volatility(bars, lookback=2)["EURUSD"].to_numpy()
    targets = volatility_target(np.array([1, 1, 1, 1, 1.0]), bars, lookback=2)
    assert sizes(targets, bars) == pytest.approx([0, 0, size[2], size[2], size[2]])


def test_a_price_that_never_moves_is_held_at_the_largest_exposure():
    assert sizes(volatility_target(-1, still(1.2, 1.2, 1.2), lookback=1, max_exposure=3), still(1, 1, 1)) == [
        0.0,
        -3.0,
        -3.0,
    ]


def test_a_volatility_target_is_hit_on_the_sample():
    bars = fx.load_bars("EURUSD")["2017-01":"2017-06"]
    targets = volatility_target(1, bars, annual_volatility=0.2, lookback=60, rebalance=True, min_change=0.05)
    result = fx.backtest(targets, bars, costs=fx.Costs(spread_pips=0.0))
    assert result.stats()["Annual volatility [%]"] == pytest.approx(20.0, rel=0.15)


def test_each_pair_is_sized_by_its_own_volatility():
    calm, wild = still(1.0, 1.001, 1.0), still(1.0, 1.002, 1.0, symbol="GBPUSD")
    bars = fx.Bars.join([calm, wild])
    exposure = target_arrays(volatility_target(1, bars, lookback=1), bars).values
    assert exposure[1, 0] / exposure[1, 1] == pytest.approx(np.log(1.002) / np.log(1.001))


@pytest.mark.parametrize("rebalance", [False, True])
def test_sizing_never_sees_the_future(rebalance):
    def sized(bars: fx.Bars) -> fx.Targets:
        signal = np.sign(bars.close.diff(24))
        stop = 1e4 * bars.close.diff().abs().rolling(24).mean().clip(lower=1e-4)
        by_risk = risk_per_trade(signal, bars, stop_loss_pips=stop, costs=fx.Costs(commission_per_lot=3.0))
        by_volatility = volatility_target(signal, bars, lookback=24, rebalance=rebalance)
        return fx.Targets(exposure=by_risk.exposure + by_volatility.exposure)

    assert fx.check_lookahead(sized, fx.load_bars("EURUSD")["2017-03"]).ok


# ---------------------------------------------------------------------------------------------- risk per trade


def test_risk_per_trade_by_hand():
    # lose 1 % in 40 pips of 1.2: 0.01 · 1.2 / 0.0040 = 3 times equity; both commissions of 5 a lot are 1 pip more
    bars = still(1.2, 1.2)
    assert sizes(risk_per_trade(1, bars, risk=0.01, stop_loss_pips=40), bars) == [3.0, 3.0]
    costs = fx.Costs(commission_per_lot=5.0, slippage_pips=0.5)
    expected = 0.01 * 1.2 / (0.0040 + 0.00005 + 0.0001)
    assert sizes(risk_per_trade(-1, bars, stop_loss_pips=40, costs=costs), bars) == pytest.approx(
        [-expected] * 2
    )


def test_commission_in_basis_points_is_of_the_entry_and_the_stop_price():
    # a short sold at bid 1.1999 and stopped at 1.2039, 1 basis point each
    costs = fx.Costs(commission_bps=1.0)
    bars = still(1.2, 1.2)
    expected = 0.01 * 1.2 / (0.0040 + 1e-4 * (1.1999 + 1.2039))
    assert sizes(risk_per_trade(-1, bars, stop_loss_pips=40, costs=costs), bars) == pytest.approx(
        [-expected] * 2
    )


def test_commission_in_another_currency_is_converted_at_the_decision():
    # USDJPY at 150: 5 USD a lot and side are 750 yen, 0.0075 yen a unit; two of them are 1.5 pips beside 30
    bars = still(150.0, 150.0, symbol="USDJPY")
    targets = risk_per_trade(1, bars, stop_loss_pips=30, costs=fx.Costs(commission_per_lot=5.0))
    assert sizes(targets, bars)[0] == pytest.approx(0.01 * 150 / 0.315)
    in_yen = risk_per_trade(
        1,
        bars,
        stop_loss_pips=30,
        costs=fx.Costs(commission_per_lot=750.0),
        account=fx.Account(currency="JPY"),
    )
    assert sizes(in_yen, bars)[0] == pytest.approx(0.01 * 150 / 0.315)


def test_the_risk_is_sized_when_the_signal_changes_with_the_stop_of_that_bar():
    bars = still(1.2, 1.2, 1.2, 1.2)
    stop = np.array([40.0, 10.0, 20.0, 10.0])
    targets = risk_per_trade(np.array([1, 1, -1, NAN]), bars, stop_loss_pips=stop)
    values = target_arrays(targets, bars)
    assert np.allclose(values.values[:, 0], [3.0, 3.0, -6.0, NAN], equal_nan=True)
    assert values.brackets[:, 0, 0].tolist() == stop.tolist()


def test_a_stop_that_is_not_known_yet_keeps_the_pair_flat():
    bars = still(1.2, 1.2, 1.2, 1.2)
    stop = pd.Series([NAN, NAN, 40.0, 20.0], index=bars.index)
    assert sizes(risk_per_trade(1, bars, stop_loss_pips=stop), bars) == [0.0, 0.0, 3.0, 3.0]


def test_a_tight_stop_can_be_capped():
    bars = still(1.2, 1.2)
    assert sizes(risk_per_trade(-1, bars, stop_loss_pips=1, max_exposure=20), bars) == [-20.0, -20.0]


@given(
    side=st.sampled_from([-1, 1]),
    risk=st.floats(0.001, 0.05),
    stop=st.floats(10.0, 200.0),
    spread=st.floats(0.0, 3.0),
    slippage=st.floats(0.0, 2.0),
    per_lot=st.floats(0.0, 10.0),
    bps=st.floats(0.0, 1.0),
    symbol=st.sampled_from(["EURUSD", "USDJPY", "USDCHF"]),
    scale=st.floats(0.5, 2.0),
)
def test_a_stop_out_without_a_gap_loses_the_risk_of_equity_to_within_one_lot_step(
    side, risk, stop, spread, slippage, per_lot, bps, symbol, scale
):
    price, pip = (150.0, 0.01) if symbol == "USDJPY" else (1.2, 0.0001)
    beyond = price - side * 300 * pip
    crash = (price, max(price, beyond), min(price, beyond), beyond)
    bars = candles((price,), (price,), crash, symbol=symbol, spread_pips=spread)
    costs = fx.Costs(
        slippage_pips=slippage, commission_per_lot=per_lot, commission_bps=bps, spread_scale=scale
    )
    account = fx.Account(balance=100_000.0, leverage=1000.0, stop_out=0.0, margin_call=0.0)
    targets = risk_per_trade(side, bars, risk=risk, stop_loss_pips=stop, costs=costs, account=account)
    result = fx.backtest(targets, bars, costs=costs, account=account)
    (trade,) = result.trades.to_dict("records")
    assert trade["exit_reason"] == "stop"
    lost = 100_000.0 - result.balance.iloc[-1]
    micro_lot = lost / (trade["lots"] / 0.01)
    assert lost <= risk * 100_000.0 * (1 + 1e-9)
    assert lost > risk * 100_000.0 - micro_lot * (1 + 1e-6)


def test_later_trades_risk_a_share_of_what_is_left():
    price, fall = (1.2, 1.2, 1.2, 1.2), (1.2, 1.2, 1.19, 1.2)
    bars = candles(price, price, fall, price, price, fall, price)
    signal = np.array([1, 1, 0, 1, 1, 0, 0])
    account = fx.Account(balance=1_000_000.0)
    targets = risk_per_trade(signal, bars, risk=0.02, stop_loss_pips=20, account=account)
    result = fx.backtest(targets, bars, account=account)
    first, second = -result.trades["net"]
    assert -1e-6 < 0.02 * 1_000_000.0 - first < 2.0, "a micro lot loses 20 pips of 0.10"
    assert -1e-6 < 0.02 * (1_000_000.0 - first) - second < 2.0


# ------------------------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("call", "error", "complaint"),
    [
        (lambda bars: fixed_lots(1, lots=0), ValueError, "fixed_lots: lots is 0; give a positive number"),
        (lambda bars: fixed_exposure(1, exposure=NAN), ValueError, "fixed_exposure: exposure is nan"),
        (
            lambda bars: fixed_lots("long", lots=1),
            TypeError,
            "fixed_lots: the signal is str; give a DataFrame",
        ),
        (lambda bars: fixed_lots(1, 1, stop_loss=2), TypeError, "unexpected keyword argument 'stop_loss'"),
        (
            lambda bars: volatility_target(1, bars, annual_volatility=-0.1),
            ValueError,
            "volatility_target: annual_volatility is -0.1; give a positive number",
        ),
        (
            lambda bars: volatility_target(1, bars, max_exposure=0),
            ValueError,
            "volatility_target: max_exposure is 0; give a positive number",
        ),
        (
            lambda bars: volatility_target(1, bars, lookback=0),
            ValueError,
            "lookback is 0; give a whole number of at least one",
        ),
        (
            lambda bars: volatility_target(np.array([1.0]), bars),
            ValueError,
            r"volatility_target was given signal of shape \(1,\); these bars need \(2, 1\)",
        ),
        (
            lambda bars: volatility_target(pd.Series([1.0]), bars),
            ValueError,
            "volatility_target was given 1 rows for 2 bars; give one row for each bar",
        ),
        (
            lambda bars: risk_per_trade("long", bars, stop_loss_pips=1),
            TypeError,
            "risk_per_trade was given str for signal; give a DataFrame, Series, array or number",
        ),
        (
            lambda bars: volatility_target(np.array([1.0, np.inf]), bars),
            ValueError,
            "the signal of EURUSD is inf at 2021-03-02 09:00 UTC; give finite numbers",
        ),
        (
            lambda bars: risk_per_trade(1, bars, risk=1.0, stop_loss_pips=20),
            ValueError,
            "risk_per_trade: risk is 1.0; a share of equity between 0 and 1",
        ),
        (
            lambda bars: risk_per_trade(1, bars),
            ValueError,
            "sizes by the distance of the stop; give stop_loss",
        ),
        (
            lambda bars: risk_per_trade(1, bars, stop_loss_pips=np.array([20.0, 0.0])),
            ValueError,
            "stop_loss_pips of EURUSD is 0 at 2021-03-02 09:00 UTC; give a positive number",
        ),
        (
            lambda bars: risk_per_trade(1, bars, stop_loss_pips=NAN),
            ValueError,
            "stop_loss_pips is nan in every row",
        ),
        (
            lambda bars: risk_per_trade(1, bars, stop_loss_pips=20, max_exposure=-1),
            ValueError,
            "risk_per_trade: max_exposure is -1",
        ),
        (
            lambda bars: risk_per_trade(1, bars, stop_loss_pips=20, costs=fx.Costs(commission_min=2.0)),
            ValueError,
            "commission_min is a fixed amount for each order, not a share of equity",
        ),
        (
            lambda bars: risk_per_trade(
                1,
                bars,
                stop_loss_pips=20,
                costs=fx.Costs(commission_per_lot=3.0),
                account=fx.Account(currency="GBP"),
            ),
            ValueError,
            "EURUSD: no rate from USD to the account's GBP in these bars",
        ),
        (
            lambda bars: risk_per_trade(
                1, bars, stop_loss_pips=20, costs=fx.Costs(slippage_pips={"USDJPY": 1})
            ),
            ValueError,
            "Costs.slippage_pips has no value for EURUSD; it names USDJPY",
        ),
    ],
)
def test_unusable_settings_are_named(call, error, complaint):
    with pytest.raises(error, match=complaint):
        call(still(1.2, 1.2))
