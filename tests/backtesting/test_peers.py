"""Outside judges: vectorbt and backtesting.py on the real sample, to the cent where both can say the same thing.

Where they cannot, a test shows the difference; docs/explanation/differences-from-other-backtesters.md tells them.
backtesting.py is AGPL-licensed, so it is no dependency, not even of the tests: they run where it is installed.
"""

from __future__ import annotations

import warnings
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fxlab as fx
from strategies.ma_cross import ma_cross

CENT = 0.005
LOT = 100_000
RICH = fx.Account(balance=1_000_000.0, stop_out=0.0, margin_call=0.0)
STOP, TARGET = 0.0020, 0.0030  # 20 and 30 pips


@pytest.fixture(scope="module")
def vbt() -> ModuleType:
    return pytest.importorskip("vectorbt", reason='not installed: pip install "fxlab[vectorbt]"')


@pytest.fixture(scope="module")
def peer() -> ModuleType:
    why = "backtesting.py (AGPL, no dependency of ours) is not installed: pip install backtesting"
    return pytest.importorskip("backtesting", reason=why)


@pytest.fixture(scope="module")
def bars() -> fx.Bars:
    """Half a year of hourly EURUSD, the French election's gap of 200 pips included."""
    return fx.load_bars("EURUSD")["2017-01":"2017-06"]


@pytest.fixture(scope="module")
def lots(bars: fx.Bars) -> np.ndarray:
    """Long or short two lots by the moving averages, flat in the end."""
    lots = 2.0 * np.nan_to_num(ma_cross(bars)["EURUSD"].to_numpy())
    lots[-5:] = 0.0
    return lots


# ------------------------------------------------------------------------------------------------- the drivers


def column(frame: pd.DataFrame) -> np.ndarray:
    return frame["EURUSD"].to_numpy()


def vectorbt_orders(vbt: ModuleType, bars: fx.Bars, lots: np.ndarray, **settings: Any) -> Any:
    """Targets decided at a close and filled at the next open, buys at the ask and sells at the bid."""
    wanted = np.append(0.0, lots[:-1]) * LOT
    change = np.diff(wanted, prepend=0.0)
    price = np.where(change > 0, column(bars.ask.open), column(bars.bid.open))
    return vbt.Portfolio.from_orders(
        bars.close["EURUSD"],
        size=np.where(change != 0, wanted, np.nan),
        size_type="targetamount",
        price=price,
        init_cash=1_000_000.0,
        freq="1h",
        **settings,
    )


def run_backtesting(
    peer: ModuleType,
    bars: fx.Bars,
    lots: np.ndarray,
    stop: float | None = None,
    target: float | None = None,
    cash: float = 1_000_000.0,
    **settings: Any,
) -> Any:
    """backtesting.py on mid prices; an order whenever the target changes, brackets counted from the next open."""
    opens = column(bars.open)

    class Follow(peer.Strategy):  # type: ignore[name-defined, misc]
        def init(self) -> None:
            self.requested = 0.0

        def next(self) -> None:
            i = len(self.data) - 1
            if lots[i] == self.requested or i + 1 == len(opens):
                return
            self.requested = lots[i]
            if stop is not None and lots[i] == 0.0:
                self.position.close()
                return
            units = round(lots[i] * LOT) - self.position.size
            side = np.sign(units)
            brackets = {}
            if stop is not None and target is not None:
                brackets = {"sl": opens[i + 1] - side * stop, "tp": opens[i + 1] + side * target}
            if units:
                self.buy(size=units, **brackets) if units > 0 else self.sell(size=-units, **brackets)

    frame = pd.DataFrame(
        {name.title(): column(getattr(bars, name)) for name in ("open", "high", "low", "close")},
        index=bars.index.tz_localize(None),
    )
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # its own: pandas deprecations, prices beyond the cash, cancelled orders
        return peer.Backtest(frame, Follow, cash=cash, margin=1 / 30, **settings).run()


def hourly(*rows: tuple[float, ...]) -> fx.Bars:
    """Bars of mid open, high, low, close."""
    index = pd.date_range("2021-03-02", periods=len(rows), freq="1h", tz="UTC")
    return fx.Bars.from_frame(
        pd.DataFrame(list(rows), index, ["open", "high", "low", "close"]), "EURUSD", every="1h"
    )


def appointments(bars: fx.Bars) -> np.ndarray:
    """One lot each weekday, decided at the bar of 08:00 UTC and given up at that of 18:00, sides taking turns."""
    hour, weekday = bars.index.hour, bars.index.day_of_week
    day = np.unique(bars.index.normalize(), return_inverse=True)[1]
    inside = (hour >= 8) & (hour < 18) & (weekday < 5)
    lots = np.where(inside, np.where(day % 2 == 0, 1.0, -1.0), 0.0)
    lots[-1] = 0.0
    return lots


def first_touch(bars: fx.Bars, first: int, last: int, side: float) -> int | None:
    """The first of the rows from the entry to the exit by signal that reaches stop or target, if one does."""
    entry = column(bars.open)[first]
    above, below = (TARGET, STOP) if side > 0 else (STOP, TARGET)
    high, low = column(bars.high)[first : last + 1], column(bars.low)[first : last + 1]
    rows = np.flatnonzero((high >= entry + above) | (low <= entry - below))
    return first + int(rows[0]) if len(rows) else None


def spans(lots: np.ndarray) -> list[tuple[int, int]]:
    """(row of the entry, row of the exit by signal) of each stretch of one target."""
    change = np.flatnonzero(np.diff(lots, prepend=0.0)) + 1
    return list(zip(change[::2].tolist(), change[1::2].tolist(), strict=True))


def without(lots: np.ndarray, dropped: list[tuple[int, int]]) -> np.ndarray:
    kept = lots.copy()
    for first, last in dropped:
        kept[first - 1 : last - 1] = 0.0
    return kept


def ours(bars: fx.Bars, lots: np.ndarray, account: fx.Account = RICH, **costs: Any) -> fx.Result:
    return fx.backtest(fx.Targets(lots=lots), bars, costs=fx.Costs(**costs), account=account)


def ours_in_brackets(bars: fx.Bars, lots: np.ndarray, **costs: Any) -> fx.Result:
    targets = fx.Targets(lots=lots, stop_loss_pips=STOP * 1e4, take_profit_pips=TARGET * 1e4)
    return fx.backtest(targets, bars, costs=fx.Costs(spread_pips=0.0, **costs), account=RICH)


# --------------------------------------------------------------------------------------------------- vectorbt


def test_vectorbt_agrees_to_the_cent_on_bid_and_ask_slippage_and_commission(vbt, bars, lots):
    result = ours(bars, lots, slippage_pips=0.3, commission_bps=0.2)
    sides = np.diff(np.append(0.0, lots[:-1]), prepend=0.0)
    filled = np.where(sides > 0, column(bars.ask.open), column(bars.bid.open))
    portfolio = vectorbt_orders(vbt, bars, lots, fees=0.2e-4, slippage=0.3e-4 / filled)
    assert abs(portfolio.final_value() - result.equity.iloc[-1]) < CENT
    assert abs(result.equity.iloc[-1] - 1_000_000.0) > 100.0
    # a reversal is one order there and two fills here
    assert len(portfolio.orders.records) == result.fills["time"].nunique() > 30
    theirs = portfolio.trades.closed.records
    assert np.abs(theirs["pnl"].to_numpy() - result.trades["net"].to_numpy()).max() < CENT


def test_vectorbt_marks_at_one_price_and_we_at_the_side_that_closes(vbt, bars, lots):
    result = ours(bars, lots)
    value = vectorbt_orders(vbt, bars, lots).value().to_numpy()
    half_spread = column(bars.ask.close - bars.bid.close) / 2
    held = np.abs(result.lots["EURUSD"].to_numpy()) * LOT
    assert np.abs(value - half_spread * held - result.equity.to_numpy()).max() < CENT
    assert (value - result.equity).max() == pytest.approx(8.0, abs=CENT), "0.4 pips of two lots"


def test_vectorbt_agrees_to_the_cent_on_stops_and_targets_after_the_entry_bar(vbt, bars):
    lots = appointments(bars)
    odd = [span for span in spans(lots) if first_touch(bars, *span, lots[span[0] - 1]) in span]
    kept = without(lots, odd)
    result = ours_in_brackets(bars, kept, commission_bps=0.2)
    portfolio = vectorbt_brackets(vbt, bars, kept, fees=0.2e-4)
    assert abs(portfolio.final_value() - result.equity.iloc[-1]) < CENT
    assert np.abs(portfolio.trades.records["pnl"].to_numpy() - result.trades["net"].to_numpy()).max() < CENT
    reasons = result.trades["exit_reason"].value_counts()
    assert min(reasons["stop"], reasons["target"], reasons["signal"]) > 15


def test_vectorbt_passes_over_stops_of_the_entry_bar_and_lets_stops_go_before_the_open(vbt, bars):
    lots = appointments(bars)
    result = ours_in_brackets(bars, lots)
    theirs = vectorbt_brackets(vbt, bars, lots).trades.records["pnl"].to_numpy()
    differs = np.abs(theirs - result.trades["net"].to_numpy()) > CENT
    where = [(span, first_touch(bars, *span, lots[span[0] - 1])) for span in spans(lots)]
    at_entry = np.array([row == span[0] for span, row in where])
    at_exit = np.array([row == span[1] for span, row in where])
    assert len(where) == 130
    assert (at_entry.sum(), (differs & at_entry).sum()) == (11, 5), "the other six were stopped later instead"
    assert (at_exit.sum(), (differs & at_exit).sum()) == (1, 1)
    assert differs.sum() == 6
    assert result.trades["net"].sum() - theirs.sum() == pytest.approx(281.0, abs=CENT)


def test_vectorbt_decides_and_fills_at_one_close_unless_told_otherwise(vbt, bars, lots):
    close = bars.close["EURUSD"]
    portfolio = vbt.Portfolio.from_orders(
        close, size=lots * LOT, size_type="targetamount", init_cash=1_000_000.0, freq="1h"
    )
    orders = portfolio.orders.records
    assert np.array_equal(orders["price"], close.to_numpy()[orders["idx"]])
    result = ours(bars, lots, spread_pips=0.0)
    assert np.array_equal(result.fills["price"].unique(), bars.open["EURUSD"][result.fills["time"].unique()])
    assert result.equity.iloc[-1] - portfolio.final_value() == pytest.approx(156.0, abs=CENT)


def test_vectorbt_counts_stops_from_the_close_of_the_entry_bar_unless_told_otherwise(vbt):
    # bought at 1.2, the bar closes at 1.201: 20 pips below the close is 1.199, below the fill 1.198
    dip = hourly((1.2,) * 4, (1.2, 1.201, 1.2, 1.201), (1.2, 1.2, 1.1985, 1.2), (1.2,) * 4)
    settings = {"entries": [False, True, False, False], "exits": False, "price": column(dip.open)}
    settings |= {"open": column(dip.open), "high": column(dip.high), "low": column(dip.low)}
    portfolio = vbt.Portfolio.from_signals(dip.close["EURUSD"], sl_stop=0.002 / 1.201, freq="1h", **settings)
    assert portfolio.orders.records["price"].round(6).tolist() == [1.2, 1.199]
    result = fx.backtest(
        fx.Targets(lots=np.ones(4), stop_loss_pips=20), dip, costs=fx.Costs(spread_pips=0.0), account=RICH
    )
    assert result.fills["price"].tolist() == [1.2]


def test_vectorbt_has_cash_and_no_margin(vbt, bars):
    lots = np.zeros(len(bars))
    lots[10:20] = 3.0
    settings = {"size": np.where(np.arange(len(bars)) == 11, 3.0 * LOT, np.nan), "init_cash": 20_000.0}
    bought = vbt.Portfolio.from_orders(bars.close["EURUSD"], **settings).orders.records["size"]
    assert bought.iloc[0] * column(bars.close)[11] == pytest.approx(20_000.0), "what the cash pays for"
    result = ours(bars, lots, account=fx.Account(balance=20_000.0, leverage=30.0))
    assert result.fills["lots"].tolist() == [3.0, 3.0]
    refused = ours(bars, lots, account=fx.Account(balance=10_000.0, leverage=30.0))
    assert refused.refusals["reason"].tolist() == ["margin"], "refused whole"


def test_vectorbt_annualises_by_the_calendar_year(vbt, bars, lots):
    portfolio = vectorbt_orders(vbt, bars, lots)
    of_the_fx_week = portfolio.sharpe_ratio(year_freq=pd.Timedelta("1h") * bars.bars_per_year)
    assert portfolio.sharpe_ratio() / of_the_fx_week == pytest.approx(np.sqrt(365 * 24 / (260 * 24)))


def vectorbt_brackets(vbt: ModuleType, bars: fx.Bars, lots: np.ndarray, **settings: Any) -> Any:
    """Entries and exits at the next open, stops counted from the fill."""
    held = np.append(0.0, lots[:-1])
    before = np.append(0.0, held[:-1])
    opens = column(bars.open)
    return vbt.Portfolio.from_signals(
        bars.close["EURUSD"],
        entries=(held > 0) & (before <= 0),
        exits=(held <= 0) & (before > 0),
        short_entries=(held < 0) & (before >= 0),
        short_exits=(held >= 0) & (before < 0),
        size=LOT,
        price=opens,
        open=opens,
        high=column(bars.high),
        low=column(bars.low),
        sl_stop=STOP / opens,
        tp_stop=TARGET / opens,
        stop_entry_price="fillprice",
        init_cash=1_000_000.0,
        freq="1h",
        **settings,
    )


# --------------------------------------------------------------------------------------------- backtesting.py


def test_backtesting_agrees_to_the_cent_on_fills_at_the_next_open_and_commission(peer, bars, lots):
    result = ours(bars, lots, spread_pips=0.0, commission_bps=0.2)
    stats = run_backtesting(peer, bars, lots, commission=0.2e-4)
    assert abs(stats["Equity Final [$]"] - result.equity.iloc[-1]) < CENT
    theirs = stats["_trades"].sort_values(["ExitTime", "EntryTime"])
    assert len(theirs) == len(result.trades) > 30
    assert np.array_equal(theirs["EntryPrice"], result.trades["entry_price"])
    assert np.array_equal(theirs["ExitPrice"], result.trades["exit_price"])
    assert np.abs(stats["_equity_curve"]["Equity"].to_numpy() - result.equity.to_numpy()).max() < CENT


def test_backtesting_agrees_to_the_cent_on_half_a_spread_and_dollars_a_lot_on_each_side(peer, bars, lots):
    result = ours(bars, lots, spread_pips=0.8, commission_per_lot=3.5)
    each_side = 0.4e-4 + 3.5 / LOT
    stats = run_backtesting(peer, bars, lots, commission=lambda size, price: abs(size) * each_side)
    assert abs(stats["Equity Final [$]"] - result.equity.iloc[-1]) < CENT


def test_backtesting_agrees_to_the_cent_on_stops_and_targets_the_entry_bar_included(peer, bars):
    lots = appointments(bars)
    result = ours_in_brackets(bars, lots, commission_bps=0.2)
    stats = run_backtesting(peer, bars, lots, STOP, TARGET, commission=0.2e-4)
    assert abs(stats["Equity Final [$]"] - result.equity.iloc[-1]) < CENT
    theirs = stats["_trades"].sort_values("EntryTime")
    assert np.abs(theirs["ExitPrice"].to_numpy() - result.trades["exit_price"].to_numpy()).max() < 1e-12
    assert (theirs["ExitTime"].to_numpy() == result.trades["exit_time"].dt.tz_localize(None)).all()
    assert len(theirs) == 130
    in_entry_bar = result.trades["entry_time"] == result.trades["exit_time"]
    assert in_entry_bar.sum() == 11, "stops and targets in the entry bar are part of this"


def test_backtesting_lets_a_stop_inside_the_bar_go_before_a_reversal_at_its_open(peer):
    # long from 1.2, stop 1.198; reversed at the open of the next bar, which falls to 1.190
    lots = np.array([0.0, 1.0, -1.0, -1.0, -1.0])
    dip = hourly(*[(1.2,) * 4] * 3, (1.2, 1.2, 1.19, 1.2), (1.2,) * 4)
    theirs = run_backtesting(peer, dip, lots, STOP, target=0.02, finalize_trades=True)["_trades"]
    long = theirs[theirs["Size"] > 0].iloc[0]
    assert round(long["ExitPrice"], 6) == 1.198
    targets = fx.Targets(lots=lots, stop_loss_pips=20)
    mine = fx.backtest(targets, dip, costs=fx.Costs(spread_pips=0.0), account=RICH).trades
    assert (mine["exit_price"].iloc[0], mine["exit_reason"].iloc[0]) == (1.2, "signal")


def test_backtesting_charges_the_spread_once_on_entry_and_as_a_share_of_the_price(peer):
    still = hourly(*[(1.2,) * 4] * 6)
    lots = np.array([0, 1.0, 1.0, 0, 0, 0])
    trade = run_backtesting(peer, still, lots, spread=1e-4)["_trades"].iloc[0]
    (mine,) = ours(still, lots, spread_pips=1.2).trades.to_dict("records")
    assert (round(trade["EntryPrice"], 6), round(trade["ExitPrice"], 6)) == (1.20012, 1.2)
    assert (round(mine["entry_price"], 6), round(mine["exit_price"], 6)) == (1.20006, 1.19994)
    assert round(trade["PnL"], 6) == round(mine["net"], 6) == -12.0


@pytest.mark.parametrize(("low", "is_stopped"), [(1.198121, False), (1.198119, True)])
def test_a_stop_counted_from_the_fill_is_touched_by_the_same_price_under_either_spread(peer, low, is_stopped):
    # 1.2 pips: bought at 1.20012 there and stopped at mid 1.19812; here at 1.20006 and bid 1.19806
    dip = hourly((1.2,) * 4, (1.2,) * 4, (1.2,) * 4, (1.2, 1.2, low, 1.2), (1.2,) * 4)
    lots = np.array([0.0, 1.0, 1.0, 1.0, 1.0])
    theirs = run_backtesting(peer, dip, lots, STOP - 0.00012, target=0.1, spread=1e-4)["_trades"]
    targets = fx.Targets(lots=lots, stop_loss_pips=20)
    mine = fx.backtest(targets, dip, costs=fx.Costs(spread_pips=1.2), account=RICH).trades
    assert len(theirs) == len(mine) == int(is_stopped)
    if is_stopped:
        assert round(theirs["PnL"].iloc[0], 6) == round(mine["net"].iloc[0], 6) == -200.0


def test_the_spread_of_the_exit_is_ours_and_not_that_of_backtesting(peer, bars, lots):
    fixed = ours(bars, lots, spread_pips=0.8)
    share = 0.8e-4 / column(bars.open).mean()
    stats = run_backtesting(peer, bars, lots, spread=share)
    paid = fixed.stats()["Spread cost [USD]"]
    apart = abs(stats["Equity Final [$]"] - fixed.equity.iloc[-1])
    assert paid == pytest.approx(528.0)
    assert apart == pytest.approx(0.66, abs=0.01), "a share of the price is nearly, not quite, so many pips"
    index = bars.index
    wide = bars.replace(quotes=_widened(bars, np.asarray(index.hour == 21), pips=10.0))
    late = np.where((index.hour >= 12) & (index.hour < 20), 1.0, 0.0)  # sold at the opens of 21:00
    late[-24:] = 0.0
    costs = [ours(one, late).stats()["Spread cost [USD]"] for one in (bars, wide)]
    assert costs[1] > costs[0], "bars may hold a spread of their own at each bar; one number cannot"


def test_backtesting_knows_no_margin_call_before_the_money_is_gone(peer):
    dip = hourly(*[(mid,) * 4 for mid in (1.2, 1.2, 1.2, 1.165, 1.165, 1.2, 1.2, 1.2)])
    lots = np.array([0, 2.0, 2.0, 2.0, 2.0, 0, 0, 0])  # 25 times equity; −2.9 % costs seven tenths of it
    stats = run_backtesting(peer, dip, lots, cash=10_000.0)
    assert stats["Equity Final [$]"] == pytest.approx(10_000.0)
    result = ours(dip, lots, account=fx.Account(balance=10_000.0, leverage=30.0), spread_pips=0.0)
    assert result.trades["exit_reason"].tolist() == ["stop-out"]
    assert result.equity.iloc[-1] == pytest.approx(10_000.0 - 2 * LOT * 0.035)


def test_backtesting_ends_at_zero_and_we_show_the_debt(peer):
    crash = hourly(*[(mid,) * 4 for mid in (1.2, 1.2, 1.2, 1.14, 1.14, 1.14)])
    lots = np.array([0, 2.0, 2.0, 2.0, 2.0, 2.0])
    stats = run_backtesting(peer, crash, lots, cash=10_000.0)
    assert stats["Equity Final [$]"] == 0.0
    result = ours(crash, lots, account=fx.Account(balance=10_000.0, leverage=30.0), spread_pips=0.0)
    assert result.equity.iloc[-1] == pytest.approx(10_000.0 - 2 * LOT * 0.06)


def _widened(bars: fx.Bars, rows: np.ndarray, pips: float) -> np.ndarray:
    """Quotes with so many pips between bid and ask in some rows."""
    quotes = bars.quotes.copy()
    mid = (quotes[rows, :, :4] + quotes[rows, :, 4:]) / 2
    quotes[rows, :, :4], quotes[rows, :, 4:] = mid - pips * 0.5e-4, mid + pips * 0.5e-4
    return quotes
