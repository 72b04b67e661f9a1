"""Parameters are chosen by the past alone, traded on what follows, and one account lives through all of it."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fxlab as fx
from fxlab.backtesting.walk_forward import WalkForward, walk_forward

COSTS = fx.Costs(commission_per_lot=3.5, slippage_pips=0.1)
GRID = {"lookback": [24, 60, 120]}


def trend(bars: fx.Bars, lookback: int = 24, exposure: float = 1.0) -> pd.DataFrame:
    """Long when the close is above the one `lookback` bars ago, short below it; NaN while that is unknown."""
    return exposure * np.sign(bars.close - bars.close.shift(lookback))


def hold(bars: fx.Bars, exposure: float = 1.0) -> float:
    return exposure


@pytest.fixture(scope="module")
def euro() -> fx.Bars:
    return fx.load_bars("EURUSD", end="2017-08")


@pytest.fixture(scope="module")
def walked(euro: fx.Bars) -> WalkForward:
    return walk_forward(trend, euro, GRID, "2m", "1m", "5d", costs=COSTS)


# -------------------------------------------------------------------------------------- what is stitched together


def test_the_result_is_the_run_one_would_stitch_by_hand(euro: fx.Bars, walked: WalkForward) -> None:
    """Train to the 1st at 22:00, test from the 6th at 22:00 to the next 6th: written with dates, pandas and loops."""
    parts, chosen, scores = [], [], []
    for month in range(3, 9):
        train_start = pd.Timestamp(2017, month - 2, 1, 22, tz="UTC")
        train_end = pd.Timestamp(2017, month, 1, 22, tz="UTC")
        test_start = pd.Timestamp(2017, month, 6, 22, tz="UTC")
        test_end = pd.Timestamp(2017, month + 1, 6, 22, tz="UTC")
        second = pd.Timedelta("1s")  # slices of bars hold their end
        training = euro[train_start : train_end - second]
        found = []
        for lookback in (24, 60, 120):
            # the strategy sees what was before training too: its averages are warm
            targets = trend(euro[: train_end - second], lookback).loc[training.index]
            found.append(fx.backtest(targets, training, costs=COSTS).stats()["Sharpe ratio"])
        i = int(np.argmax(found))
        chosen.append((24, 60, 120)[i])
        scores.append(found[i])
        parts.append(trend(euro, chosen[-1]).loc[test_start : test_end - second])
    targets = pd.concat(parts)
    by_hand = fx.backtest(targets, euro[targets.index[0] : targets.index[-1]], costs=COSTS)

    assert walked.windows["lookback"].tolist() == chosen
    assert len(set(chosen)) > 1  # else the windows would have nothing to join
    assert walked.windows["Sharpe ratio in sample"].tolist() == pytest.approx(scores, rel=1e-9)
    assert np.array_equal(walked.result.equity, by_hand.equity)
    pd.testing.assert_frame_equal(walked.result.fills, by_hand.fills)
    pd.testing.assert_frame_equal(walked.result.ledger, by_hand.ledger)


def test_a_grid_of_one_is_the_plain_backtest_of_the_same_bars(euro: fx.Bars) -> None:
    result = walk_forward(trend, euro, [{"lookback": 60}], "6w", "9d", "3d", costs=COSTS).result
    span = euro[result.equity.index[0] : result.equity.index[-1]]
    plain = fx.backtest(trend(euro, 60).loc[span.index], span, costs=COSTS)
    assert np.array_equal(result.equity, plain.equity)
    pd.testing.assert_frame_equal(result.trades, plain.trades)


def test_a_position_that_all_windows_want_is_opened_once(euro: fx.Bars) -> None:
    found = walk_forward(hold, euro, {"exposure": [2.0]}, "1m", "2w", "1d")
    assert len(found.windows) > 8
    assert len(found.result.fills) == 1
    assert (found.result.lots.iloc[1:] == found.result.lots.iloc[1]).all(axis=None)


def test_equity_goes_on_where_the_window_before_left_it(walked: WalkForward) -> None:
    """At a join, equity moves by what the position carried over earns, less the costs of a change."""
    result, close = walked.result, walked.result.close["EURUSD"]
    rows = result.equity.index.get_indexer(walked.windows["test start"].iloc[1:])
    assert (rows > 0).all()
    for i in rows:
        earned = result.lots["EURUSD"].iloc[i - 1] * 100_000 * (close.iloc[i] - close.iloc[i - 1])
        change = result.equity.iloc[i] - result.equity.iloc[i - 1]
        # at most two lots change sides here: spread, slippage and commission are below 40 dollars a lot
        assert change == pytest.approx(earned, abs=40 * 2 * abs(result.lots["EURUSD"].iloc[i - 1]))
        assert result.equity.iloc[i] != result.account.balance


def test_test_windows_follow_each_other_without_a_hole(euro: fx.Bars, walked: WalkForward) -> None:
    table, index = walked.windows, walked.result.equity.index
    assert table["test bars"].sum() == len(index)
    assert index.equals(euro.index[euro.index.get_loc(index[0]) :][: len(index)])
    assert (table["test start"] - table["train end"] >= pd.Timedelta("5D")).all()


def test_a_change_of_parameters_asks_for_the_new_target_at_the_first_bar_of_the_window() -> None:
    """Two combinations that hold 1 and −1 all the time: the fills tell when the second was asked for."""
    bars = regimes(1.0, -1.0)
    found = walk_forward(hold, bars, {"exposure": [1.0, -1.0]}, 100, 50, 0, metric="Return [%]")
    changes = np.flatnonzero(found.windows["exposure"].diff().to_numpy()[1:]) + 1
    assert len(changes) == 1
    start = found.windows["test start"].iloc[changes[0]]
    i = found.result.equity.index.get_loc(start)
    assert found.result.fills["time"].iloc[1] == found.result.equity.index[i + 1]
    assert found.result.fills["side"].tolist()[:2] == ["buy", "sell"]


def test_parameters_still_warming_up_leave_the_market() -> None:
    bars = regimes(1.0, -1.0)

    def late(bars: fx.Bars, sign: float) -> pd.Series:
        # the short side has nothing to say before the 500th bar
        return pd.Series(np.where(np.arange(len(bars)) < (500 if sign < 0 else 0), np.nan, sign), bars.index)

    def score(result: fx.Result) -> float:
        # window 4 trains up to the 450th bar: there the short side is taken on trust, still without a target
        is_late = result.equity.index[-1] >= bars.index[449]
        return 1.0 if is_late == (result.info["params"]["sign"] < 0) else 0.0

    found = walk_forward(late, bars, {"sign": [1.0, -1.0]}, 300, 50, 0, metric=score)
    lots = found.result.lots["EURUSD"].to_numpy()
    assert found.windows["sign"].tolist()[:5] == [1.0, 1.0, 1.0, -1.0, -1.0]
    assert (lots[1:151] > 0).all()  # bars 300 … 450
    assert (lots[151:201] == 0).all()  # 451 … 500: flat, not the old long
    assert (lots[201:251] < 0).all()


def test_targets_with_lots_and_stops_are_stitched_too(euro: fx.Bars) -> None:
    def in_lots(bars: fx.Bars, lookback: int, stop: float) -> fx.Targets:
        return fx.Targets(lots=trend(bars, lookback, 0.1), stop_loss_pips=stop, min_change=0.05)

    def one_stop_a_window(bars: fx.Bars) -> fx.Targets:
        stops = pd.Series(np.nan, bars.index)
        lots = pd.DataFrame(np.nan, bars.index, ["EURUSD"])
        for _, row in found.windows.iterrows():
            here = slice(row["test start"], row["test end"] - pd.Timedelta("1s"))
            lots.loc[here] = trend(euro, row["lookback"], 0.1).loc[here]
            stops.loc[here] = row["stop"]
        return fx.Targets(lots=lots, stop_loss_pips=stops, min_change=0.05)

    found = walk_forward(in_lots, euro, {"lookback": [24, 120], "stop": [20.0, 60.0]}, "2m", "1m", "5d")
    result = found.result
    assert found.windows["stop"].nunique() == 2
    assert (result.fills["reason"] == "stop").any()
    span = euro[result.equity.index[0] : result.equity.index[-1]]
    assert np.array_equal(result.equity, fx.backtest(one_stop_a_window, span).equity)


def test_several_pairs_share_the_account() -> None:
    bars = fx.load_bars(["EURUSD", "USDJPY"], source="synthetic", n_bars=900, seed=3)
    found = walk_forward(trend, bars, GRID, 300, 150, 10)
    assert found.result.symbols == ("EURUSD", "USDJPY")
    assert found.windows["test bars"].tolist() == [150, 150, 150, 140]


# -------------------------------------------------------------------------------------------- what is chosen, and how


def regimes(first: float, second: float, n: int = 600, seed: int = 1) -> fx.Bars:
    """Hourly bars that drift up by `first` · 5 pips a bar, and from the middle on by `second` · 5 pips."""
    rng = np.random.default_rng(seed)
    drift = np.repeat([first, second], n // 2) * 5e-4
    close = 1.2 + np.cumsum(drift + rng.normal(0, 2e-4, n))
    opens = np.concatenate([[1.2], close[:-1]])
    frame = pd.DataFrame(
        {"open": opens, "high": np.maximum(opens, close), "low": np.minimum(opens, close), "close": close},
        index=pd.date_range("2020-01-06", periods=n, freq="1h", tz="UTC"),
    )
    return fx.Bars.from_frame(frame, "EURUSD", spread_pips=0.8)


def test_the_parameter_that_pays_is_followed_when_it_changes() -> None:
    bars = regimes(1.0, -1.0)  # turns at bar 300
    found = walk_forward(hold, bars, {"exposure": [-1.0, 0.0, 1.0]}, 100, 50, 5, metric="Return [%]")
    train_end = bars.known_at.get_indexer(found.windows["train end"]) + 1
    up_all_along = train_end <= 300
    down_all_along = train_end - 100 >= 300
    assert up_all_along.sum() >= 4
    assert down_all_along.sum() >= 4
    assert (found.windows["exposure"][up_all_along] == 1.0).all()
    assert (found.windows["exposure"][down_all_along] == -1.0).all()
    # the window that tests across the turn pays for it, the rest earn
    assert (found.windows["Return out of sample [%]"] < 0).sum() in (1, 2)
    assert found.result.stats()["Return [%]"] > 0


def test_an_anchored_training_remembers_what_a_rolling_one_has_left_behind() -> None:
    bars = regimes(1.0, -1.0)
    grid = {"exposure": [1.0, -1.0]}
    rolling, anchored = (
        walk_forward(hold, bars, grid, 100, 50, 0, metric="Return [%]", anchored=flag)
        for flag in (False, True)
    )
    assert (anchored.windows["train start"] == bars.index[0]).all()
    assert anchored.windows["training bars"].tolist() == list(range(100, 600, 50))
    assert (rolling.windows["training bars"] == 100).all()
    # from the first bar on the rise outweighs the fall to the very end
    assert (anchored.windows["exposure"] == 1.0).all()
    assert rolling.windows["exposure"].iloc[-1] == -1.0


@pytest.mark.parametrize("window", [1, 2, 4])
def test_bars_after_a_training_never_change_its_choice(
    euro: fx.Bars, walked: WalkForward, window: int
) -> None:
    end = int(euro.known_at.searchsorted(walked.windows["train end"].loc[window], side="right"))
    prices = euro.quotes.copy()
    prices[end:] = prices[end:][::-1] * 1.1
    other = walk_forward(trend, euro.replace(quotes=prices), GRID, "2m", "1m", "5d", costs=COSTS)
    same = walked.windows.columns[: walked.windows.columns.get_loc("Sharpe ratio in sample") + 1]
    pd.testing.assert_frame_equal(walked.windows.loc[:window, same], other.windows.loc[:window, same])
    assert not np.array_equal(
        walked.windows["Sharpe ratio in sample"], other.windows["Sharpe ratio in sample"]
    )
    # and what was earned before the change stays earned
    lived = walked.result.equity.index < euro.index[end]
    assert np.array_equal(walked.result.equity[lived], other.result.equity[lived])


def test_the_same_call_gives_the_same_bytes(euro: fx.Bars, walked: WalkForward) -> None:
    again = walk_forward(trend, euro, GRID, "2m", "1m", "5d", costs=COSTS)
    assert walked.result.equity.to_numpy().tobytes() == again.result.equity.to_numpy().tobytes()
    pd.testing.assert_frame_equal(walked.windows, again.windows)


def test_of_equal_combinations_the_first_is_taken_and_nan_is_taken_last(euro: fx.Bars) -> None:
    grid = {"exposure": [0.0, 2.0, 1.0]}  # an account that never trades has no Sharpe ratio
    constant = walk_forward(hold, euro, grid, "2m", "2m", metric=lambda result: 1.0)
    assert constant.windows["exposure"].tolist() == [0.0] * len(constant.windows)
    sharpe = walk_forward(hold, euro, grid, "2m", "2m")
    assert (sharpe.windows["exposure"] != 0.0).all()


def test_a_risk_is_chosen_small(euro: fx.Bars) -> None:
    found = walk_forward(hold, euro, {"exposure": [2.0, 1.0, 3.0]}, "2m", "2m", metric="Max drawdown [%]")
    assert (found.windows["exposure"] == 1.0).all()


def test_a_metric_without_meaning_in_all_combinations_is_noted(euro: fx.Bars) -> None:
    found = walk_forward(hold, euro, {"exposure": [0.0, 1e-9]}, "2m", "2m")
    assert (
        "window 1: Sharpe ratio is NaN for every combination; the first was taken"
        in found.result.info["notes"]
    )
    assert found.result.fills.empty


def test_a_metric_may_be_a_function_and_names_its_columns(euro: fx.Bars) -> None:
    def final_equity(result: fx.Result) -> float:
        return float(result.equity.iloc[-1])

    found = walk_forward(trend, euro, GRID, "2m", "2m", metric=final_equity)
    named = walk_forward(trend, euro, GRID, "2m", "2m", metric="Return [%]")
    assert found.windows["lookback"].tolist() == named.windows["lookback"].tolist()
    assert {"final_equity in sample", "final_equity out of sample"} <= set(found.windows.columns)
    # in sample each combination begins with the account's own balance
    grown = 10_000 * (1 + named.windows["Return [%] in sample"] / 100)
    assert found.windows["final_equity in sample"].tolist() == pytest.approx(grown.tolist())


@pytest.mark.parametrize("metric", ["Sharpe ratio", "Max drawdown [%]", "Profit factor", "Expectancy [USD]"])
def test_in_sample_figures_are_those_of_the_training_runs(euro: fx.Bars, metric: str) -> None:
    """Some figures are counted in the pass of the fills, others read off a full Result: all are those of stats()."""

    def figure(result: fx.Result) -> float:
        return result.stats()[metric] * (-1 if "drawdown" in metric else 1)

    named = walk_forward(trend, euro, GRID, "2m", "1m", metric=metric, costs=COSTS)
    read = walk_forward(trend, euro, GRID, "2m", "1m", metric=figure, costs=COSTS)
    assert named.params == read.params
    sign = -1 if "drawdown" in metric else 1
    for where in ("in sample", "out of sample"):
        expected = (sign * read.windows[f"figure {where}"]).tolist()
        assert named.windows[f"{metric} {where}"].tolist() == pytest.approx(expected, rel=1e-9)


def test_columns_that_combinations_share_are_computed_once_a_window(euro: fx.Bars) -> None:
    calls: list[int] = []

    @fx.strategy.shared
    def change(bars: fx.Bars) -> pd.DataFrame:
        calls.append(len(bars))
        return bars.close.diff(60)

    def above(bars: fx.Bars, pips: float) -> Any:
        return (change(bars) > pips * 1e-4).astype(float)

    found = walk_forward(above, euro, {"pips": [0.0, 10.0, 20.0, 40.0]}, "2m", "2m")
    trained = [int(euro.known_at.searchsorted(end, side="right")) for end in found.windows["train end"]]
    assert [calls.count(n) for n in trained] == [1] * len(trained)


# ---------------------------------------------------------------------------------------------- what is told of it


def test_the_table_of_windows_says_what_was_chosen_and_what_became_of_it(walked: WalkForward) -> None:
    assert walked.windows.columns.tolist() == [
        "train start",
        "train end",
        "training bars",
        "test start",
        "test end",
        "test bars",
        "lookback",
        "Sharpe ratio in sample",
        "Sharpe ratio out of sample",
        "Return out of sample [%]",
        "combinations tried",
    ]
    assert walked.windows.index.tolist() == [1, 2, 3, 4, 5, 6]
    assert [one["lookback"] for one in walked.params] == walked.windows["lookback"].tolist()
    assert (walked.windows["combinations tried"] == 3).all()


def test_returns_of_the_windows_compound_to_the_whole(walked: WalkForward) -> None:
    grown = np.prod(1 + walked.windows["Return out of sample [%]"] / 100)
    assert grown == pytest.approx(walked.result.equity.iloc[-1] / 10_000, rel=1e-12)


def test_the_figure_out_of_sample_is_that_of_the_stitched_returns(walked: WalkForward) -> None:
    row = walked.windows.loc[3]
    returns = walked.result.returns()[row["test start"] : row["test end"] - pd.Timedelta("1s")]
    assert len(returns) == row["test bars"]
    expected = returns.mean() / returns.std(ddof=1) * np.sqrt(6_240)
    assert row["Sharpe ratio out of sample"] == pytest.approx(expected, rel=1e-9)


def test_the_result_remembers_how_it_came_about_and_can_be_kept(walked: WalkForward, tmp_path: Any) -> None:
    info = walked.result.info
    assert info["walk_forward"] == {
        "train": "2m",
        "test": "1m",
        "embargo": "5d",
        "anchored": False,
        "metric": "Sharpe ratio",
        "windows": 6,
        "combinations": 3,
    }
    assert info["lookahead"] == {"ok": True, "report": "trend: no look-ahead found at 10 cuts in 2,000 bars"}
    assert info["notes"] == [
        "EURUSD: ask prices completed with a spread of 0.8 pips",
        "the last test window ends with the bars, 81% of '1m' after its start",
    ]
    again = fx.Result.load(walked.result.save(tmp_path / "walked"))
    assert again.info == info
    assert np.array_equal(again.equity, walked.result.equity)
    assert repr(walked).startswith("WalkForward(6 windows, Result(trend: ")


def test_its_figure_is_the_one_of_the_result(walked: WalkForward) -> None:
    assert walked.plot().to_json() == walked.result.plot().to_json()


def test_a_strategy_that_sees_the_future_is_noted(euro: fx.Bars) -> None:
    def tomorrow(bars: fx.Bars, ahead: int) -> pd.DataFrame:
        return np.sign(bars.close.shift(-ahead) - bars.close).fillna(0.0)

    info = walk_forward(tomorrow, euro, {"ahead": [1, 2]}, "2m", "2m").result.info
    assert info["lookahead"]["ok"] is False
    assert "tomorrow changes EURUSD at" in info["lookahead"]["report"]
    assert info["notes"][-1] == info["lookahead"]["report"]


def test_a_strategy_that_cannot_be_checked_is_noted(euro: fx.Bars) -> None:
    known = fx.load_bars("EURUSD").checksum[:8], euro.close["EURUSD"]

    def only_real_bars(bars: fx.Bars, exposure: float) -> float:
        if not bars.close["EURUSD"].isin(known[1]).all():
            raise RuntimeError("these prices are made up")
        return exposure

    info = walk_forward(only_real_bars, euro, {"exposure": [1.0]}, "2m", "2m").result.info
    told = "look-ahead could not be checked: RuntimeError: these prices are made up"
    assert info["lookahead"] == {"ok": False, "report": told}
    assert told in info["notes"]


def test_progress_is_told_after_each_training_run(euro: fx.Bars) -> None:
    told: list[tuple[int, int]] = []
    found = walk_forward(
        trend, euro, GRID, "2m", "2m", progress=lambda done, total: told.append((done, total))
    )
    total = 3 * len(found.windows)
    assert told == [(n, total) for n in range(1, total + 1)]


def test_fixed_params_reach_every_combination(euro: fx.Bars) -> None:
    found = walk_forward(trend, euro, GRID, "2m", "2m", params={"exposure": 0.5})
    assert found.result.info["params"] == {"exposure": 0.5}
    assert "exposure" not in found.windows
    assert found.result.exposure.abs().max(axis=None) < 0.6


# -------------------------------------------------------------------------------------------------- what cannot be


class Stays:
    """A policy."""

    def reset(self) -> None: ...

    def decide(self, view: Any) -> dict[str, float]:
        return {}


def lots_or_exposure(bars: fx.Bars, kind: str) -> fx.Targets:
    return fx.Targets(**{kind: 1.0})


def least(bars: fx.Bars, change: float) -> fx.Targets:
    return fx.Targets(lots=1.0, min_change=change)


@pytest.mark.parametrize(
    ("changes", "error", "complaint"),
    [
        ({"strategy": 1.0}, TypeError, r"targets is no function and has no parameters to choose; give a function"),
        ({"strategy": Stays()}, TypeError, "Stays decides bar by bar and has no parameters to choose; give a function"),
        ({"bars": None}, TypeError, r"walk_forward needs Bars, got NoneType; see fx\.load_bars"),
        ({"grid": {}}, ValueError, "grid is empty; give"),
        ({"grid": {"lookback": 5}}, TypeError, r"grid\['lookback'\] is 5, one value"),
        ({"params": {"lookback": 5}}, ValueError, "lookback is in both grid and params; leave it out of one of them"),
        ({"metric": "sharpe"}, ValueError, r"metric 'sharpe' is not a figure of a run; did you mean 'Sharpe ratio'\?"),
        ({"metric": 1}, TypeError, r"metric is 1; give a label of result\.stats\(\)"),
        ({"metric": "End"}, ValueError, r"metric 'End' is .*; choose by a figure that is a number"),
        ({"train": "2y"}, ValueError, r"EURUSD: 4,1\d\d bars over 24\d days .* are too few for train '2y'"),
        ({"train": "-2m"}, ValueError, "train is '-2m'; write"),
        ({"test": 0}, ValueError, "test is 0; give a length above zero"),
        ({"embargo": -1}, ValueError, "embargo is -1; give zero or more"),
        (
            {"strategy": lots_or_exposure, "grid": {"kind": ["exposure", "lots"]}},
            ValueError,
            "lots_or_exposure returns lots with min_change 0 for kind='lots' and exposure with min_change 0 for "
            "kind='exposure'; one account trades them all, keep to one",
        ),
        (
            {"strategy": least, "grid": {"change": [0.1, 0.2]}},
            ValueError,
            "least returns lots with min_change 0.2 for change=0.2 and lots with min_change 0.1",
        ),
        ({"strategy": lambda bars: None, "grid": [{}]}, TypeError, "<lambda> returned None; return one target"),
        ({"account": fx.Account(currency="CHF")}, ValueError, "EURUSD: no rate from USD to the account's CHF"),
    ],
)  # fmt: skip
def test_what_cannot_be_walked_is_told_in_one_line(
    euro: fx.Bars, changes: dict[str, Any], error: type[Exception], complaint: str
) -> None:
    call: dict[str, Any] = {"strategy": trend, "bars": euro, "grid": GRID, "train": "2m", "test": "1m"}
    with pytest.raises(error, match=complaint) as raised:
        walk_forward(**{**call, **changes})
    assert "\n" not in str(raised.value)


def test_an_unknown_metric_is_told_before_the_strategy_is_run(euro: fx.Bars) -> None:
    calls = itertools.count()

    def counted(bars: fx.Bars) -> float:
        next(calls)
        return 1.0

    with pytest.raises(ValueError, match="did you mean 'Return"):
        walk_forward(counted, euro, [{}], "2m", "1m", metric="Returns")
    assert next(calls) == 0
