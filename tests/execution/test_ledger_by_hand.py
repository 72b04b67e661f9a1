"""Fourteen hours of two pairs that anyone can follow with a pocket calculator.

Prices stand still inside a bar, so each bar has one mid price; EURUSD has a spread of 1 pip (bid = mid − 0.00005,
ask = mid + 0.00005), USDJPY of 2 pips (± 0.01). Slippage is half a pip on EURUSD and none on USDJPY; commission is
3 USD a lot and side. The account is 10,000 USD, so dollars per yen are 1 / the mid of USDJPY.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import fxlab as fx

NAN = float("nan")
# bar:        0     1     2     3     4     5     6     7     8     9    10    11    12    13
EURUSD = [
    1.200,
    1.200,
    1.201,
    1.202,
    1.202,
    1.199,
    1.199,
    1.199,
    1.199,
    1.1995,
    1.1995,
    1.1995,
    1.1995,
    1.1995,
]
USDJPY = [
    110.0,
    110.0,
    110.0,
    110.5,
    110.5,
    110.5,
    110.5,
    110.5,
    112.0,
    112.00,
    100.00,
    100.00,
    100.00,
    99.000,
]
# what is wanted at the close of each bar, in lots; it acts in the next bar
WANT_EUR = [0.20, NAN, 0.10, NAN, -0.1, 3.00, 0.30, NAN, 0.00, NAN, NAN, NAN, NAN, NAN]
WANT_JPY = [0.00, NAN, NAN, 0.10, NAN, NAN, NAN, NAN, NAN, NAN, 0.10, -0.2, NAN, NAN]
START = pd.Timestamp("2021-03-10 14:00", tz="UTC")  # a Wednesday; 17:00 in New York is 22:00 UTC, bar 8


@pytest.fixture(scope="module")
def bars() -> fx.Bars:
    index = pd.date_range(START, periods=14, freq="1h")

    def one(symbol: str, mids: list[float], spread_pips: float) -> fx.Bars:
        frame = pd.DataFrame({name: mids for name in ("open", "high", "low", "close")}, index=index)
        return fx.Bars.from_frame(frame, symbol, spread_pips=spread_pips)

    return fx.Bars.join([one("EURUSD", EURUSD, 1.0), one("USDJPY", USDJPY, 2.0)])


@pytest.fixture(scope="module")
def result(bars: fx.Bars) -> fx.Result:
    lots = pd.DataFrame({"EURUSD": WANT_EUR, "USDJPY": WANT_JPY}, index=bars.index)
    stops = pd.DataFrame({"EURUSD": NAN, "USDJPY": 50.0}, index=bars.index)
    stops.iloc[10:] = NAN  # the last short has no stop
    costs = fx.Costs(
        slippage_pips={"EURUSD": 0.5, "USDJPY": 0.0},
        commission_per_lot=3.0,
        swap={"EURUSD": (-0.7, 0.2), "USDJPY": (0.56, -0.9)},
    )
    return fx.backtest(fx.Targets(lots=lots, stop_loss_pips=stops), bars, costs=costs)


# bar, pair, kind, amount in USD
LEDGER = [
    (0, "", "deposit", 10_000.00),
    # buy 0.20 at ask 1.20005 + slippage 0.00005 = 1.20010; commission 0.20 × 3
    (1, "EURUSD", "commission", -0.60),
    # partial close: sell 0.10 at bid 1.20195 − 0.00005 = 1.20190; 10,000 × (1.20190 − 1.20010)
    (3, "EURUSD", "pnl", 18.00),
    (3, "EURUSD", "commission", -0.30),
    # buy 0.10 at ask 110.51; its stop is 50 pips lower, at 110.01
    (4, "USDJPY", "commission", -0.30),
    # reversal, a close and an open: sell 0.10 at 1.19895 − 0.00005 = 1.19890; 10,000 × (1.19890 − 1.20010)
    (5, "EURUSD", "pnl", -12.00),
    (5, "EURUSD", "commission", -0.30),
    # … and sell 0.10 more at 1.19890
    (5, "EURUSD", "commission", -0.30),
    # 3 lots need 3 × 100,000 × 1.199 / 30 = 11,990 USD of margin: the short closes at ask 1.19905 + 0.00005,
    # 10,000 × (1.19890 − 1.19910), and the rest is refused
    (6, "EURUSD", "pnl", -2.00),
    (6, "EURUSD", "commission", -0.30),
    # another value is a new order: buy 0.30 at 1.19910
    (7, "EURUSD", "commission", -0.90),
    # Wednesday's swap counts three days: 0.30 × 10 USD a pip × −0.7 × 3
    (8, "EURUSD", "swap", -6.30),
    # 0.10 × 1,000 JPY a pip × 0.56 × 3 = 168 JPY, at 112.00
    (8, "USDJPY", "swap", 1.50),
    # sell 0.30 at 1.19945 − 0.00005 = 1.19940: 30,000 × (1.19940 − 1.19910)
    (9, "EURUSD", "pnl", 9.00),
    (9, "EURUSD", "commission", -0.90),
    # a gap from 112 to 100 jumps over the stop at 110.01, which fills at the open's bid 99.99:
    # 10,000 × (99.99 − 110.51) = −105,200 JPY, at 100.00
    (10, "USDJPY", "pnl", -1_052.00),
    (10, "USDJPY", "commission", -0.30),
    # asking for the same 0.10 again changes nothing; −0.20 is new: sell 0.20 at bid 99.99
    (12, "USDJPY", "commission", -0.60),
]


def test_every_row_of_the_ledger_is_the_one_worked_by_hand(result: fx.Result, bars: fx.Bars) -> None:
    ledger = result.ledger
    found = list(zip(ledger["time"], ledger["symbol"], ledger["kind"], strict=True))
    assert found == [(bars.index[bar], symbol, kind) for bar, symbol, kind, _ in LEDGER]
    assert ledger["amount"].to_numpy() == pytest.approx([amount for *_, amount in LEDGER], abs=1e-8)


def test_yen_are_booked_with_their_amount_and_rate(result: fx.Result) -> None:
    yen = result.ledger[result.ledger["currency"] == "JPY"]
    assert yen["quote_amount"].to_numpy() == pytest.approx([168.0, -105_200.0])
    assert yen["rate"].to_numpy() == pytest.approx([1 / 112, 1 / 100])


def test_balances_add_up_bar_by_bar(result: fx.Result) -> None:
    by_bar = np.zeros(14)
    for bar, _, _, amount in LEDGER:
        by_bar[bar] += amount
    assert result.balance.to_numpy() == pytest.approx(by_bar.cumsum(), abs=1e-8)
    # 10,000 + 18 − 12 − 2 + 9 − 1,052 of profit and loss, − 4.80 of commission, − 4.80 of swap
    assert result.balance.iloc[-1] == pytest.approx(8_951.40)


def test_equity_marks_open_positions_at_the_side_they_close_on(result: fx.Result) -> None:
    # bar 1: long 0.20 from 1.20010, bid 1.19995: 20,000 × −0.00015 = −3.00
    assert result.equity.iloc[1] == pytest.approx(9_999.40 - 3.00)
    # bar 13: short 0.20 from 99.99, ask 99.01: 20,000 × 0.98 = 19,600 JPY at 99.00
    assert result.equity.iloc[13] == pytest.approx(result.balance.iloc[13] + 19_600 / 99)


def test_used_margin_is_notional_at_mid_over_leverage(result: fx.Result) -> None:
    assert result.margin.iloc[1] == pytest.approx(0.20 * 100_000 * 1.2 / 30)  # 800 USD
    assert result.margin.iloc[13] == pytest.approx(0.20 * 100_000 / 30)  # a lot of USDJPY is 100,000 USD


def test_the_unaffordable_order_is_refused_whole_and_leaves_the_pair_flat(
    result: fx.Result, bars: fx.Bars
) -> None:
    assert list(result.refusals.itertuples(index=False, name=None)) == [
        (bars.index[6], "EURUSD", 3.0, "margin")
    ]
    assert result.lots["EURUSD"].iloc[6] == 0.0


def test_trades_carry_their_share_of_the_entry_commission_and_the_swap(result: fx.Result) -> None:
    trades = result.trades
    assert trades["exit_reason"].tolist() == ["signal", "signal", "signal", "signal", "stop"]
    assert trades["side"].tolist() == ["long", "long", "short", "long", "long"]
    # half of the entry's 0.60 and 0.30 of its own; twice; 0.30 twice; 0.90 twice and 6.30 of swap; 0.60 − 1.50
    assert trades["costs"].to_numpy() == pytest.approx([0.60, 0.60, 0.60, 8.10, -0.90])
    assert trades["pips"].to_numpy() == pytest.approx([18.0, -12.0, -2.0, 3.0, -1_052.0])
    assert trades["net"].to_numpy() == pytest.approx((trades["gross"] - trades["costs"]).to_numpy())
