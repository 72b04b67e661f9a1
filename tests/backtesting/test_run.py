"""`backtest` takes functions, targets and policies, and says in one line what is wrong with anything else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import fxlab as fx


@pytest.fixture(scope="module")
def euro() -> fx.Bars:
    return fx.load_bars("EURUSD", start="2017-03-06", end="2017-03-08")


@pytest.fixture(scope="module")
def pair() -> fx.Bars:
    return fx.load_bars(["EURUSD", "USDJPY"], source="synthetic", n_bars=30, seed=2)


def above_mean(bars: fx.Bars, window: int = 10) -> pd.DataFrame:
    return np.sign(bars.close - bars.close.rolling(window).mean())


class Once:
    """A policy that returns the rows it was given, one after the other, the last one for ever."""

    def __init__(self, *rows: Any) -> None:
        self.rows = rows

    def reset(self) -> None:
        self.i = -1

    def decide(self, view: Any) -> Any:
        self.i += 1
        return self.rows[min(self.i, len(self.rows) - 1)]


def test_a_function_of_bars_and_its_own_targets_are_the_same_run(euro: fx.Bars) -> None:
    by_function = fx.backtest(above_mean, euro, params={"window": 5})
    by_targets = fx.backtest(above_mean(euro, window=5), euro)
    assert np.array_equal(by_function.equity, by_targets.equity)
    assert (by_function.name, by_targets.name) == ("above_mean", "targets")
    assert by_function.info["params"] == {"window": 5}


def test_params_reach_the_function(euro: fx.Bars) -> None:
    fast, slow = (fx.backtest(above_mean, euro, params={"window": n}) for n in (3, 20))
    assert len(fast.fills) > len(slow.fills)


def test_a_policy_is_reset_before_each_run_and_sees_the_past_only(euro: fx.Bars) -> None:
    seen: list[int] = []

    class Watcher(Once):
        def decide(self, view: Any) -> Any:
            seen.append(len(view.bars))
            assert view.time == euro.known_at[len(view.bars) - 1]
            assert view.free_margin <= view.equity
            return super().decide(view)

    policy = Watcher({"EURUSD": 1.0}, {"EURUSD": -1.0})
    one, other = fx.backtest(policy, euro), fx.backtest(policy, euro)
    assert np.array_equal(one.equity, other.equity)
    assert seen == 2 * list(range(1, len(euro))), "the last bar's decision could not be filled"


def test_a_policy_sees_its_lots_and_its_requested_target(euro: fx.Bars) -> None:
    views: list[tuple[float, float]] = []

    class Watcher(Once):
        def decide(self, view: Any) -> Any:
            views.append((view.targets["EURUSD"], view.lots["EURUSD"]))
            return super().decide(view)

    fx.backtest(Watcher(fx.Targets(lots=0.5), fx.Targets(lots=float("nan"))), euro)
    assert views[0] == (0.0, 0.0)
    assert set(views[1:]) == {(0.5, 0.5)}


def test_the_inputs_are_left_as_they_were(euro: fx.Bars) -> None:
    before = euro.checksum
    targets = above_mean(euro)
    copy = targets.copy()
    fx.backtest(targets, euro, costs=fx.Costs(spread_scale=2.0))
    pd.testing.assert_frame_equal(targets, copy)
    assert euro.checksum == before


def test_the_result_remembers_what_ran(euro: fx.Bars) -> None:
    result = fx.backtest(1.0, euro, costs=fx.Costs(slippage_pips=0.2), account=fx.Account(currency="EUR"))
    assert result.info["data"] == euro.checksum
    assert result.info["costs"]["slippage_pips"] == 0.2
    assert result.account.currency == "EUR"
    assert result.equity.index.equals(euro.index)


@pytest.mark.parametrize(
    ("strategy", "error", "complaint"),
    [
        (lambda bars: None, TypeError, r"<lambda> returned None; return one target for each bar"),
        (lambda bars: np.zeros(3), ValueError, r"exposure of shape \(3,\); these bars need \(72, 1\)"),
        (lambda bars: bars.close * np.inf, ValueError, r"<lambda>: exposure of EURUSD is inf at 2017-03-06 00:00"),
        (lambda bars: bars.close * np.nan, ValueError, r"<lambda>: exposure is nan in every row; return 0"),
        (lambda bars: bars.close.rename(columns={"EURUSD": "GBPUSD"}), ValueError, "'GBPUSD', which is not in these"),
        (lambda bars: bars.close.iloc[1:], ValueError, r"<lambda> returned 71 rows for 72 bars; return one row"),
        (5_000.0, ValueError, r"targets: exposure of EURUSD is 5000.0 at .* within ±1000"),
        ("ma_cross", TypeError, r"str is not a strategy; give a function of bars, Targets, a DataFrame, or a Policy"),
        ({"EURUSD": 1.0}, TypeError, r"dict is not a strategy"),
        (None, TypeError, r"NoneType is not a strategy"),
        (Once({"GBPUSD": 1.0}), ValueError, r"Once: exposure for GBPUSD, but the bars hold EURUSD"),
        (Once(None), TypeError, r"Once returned None; return \{symbol: exposure\} or Targets"),
        (Once("buy"), TypeError, r"Once: exposure is 'buy'; return \{symbol: exposure\} or Targets"),
        (
            Once(fx.Targets(exposure=1.0), fx.Targets(lots=1.0)),
            ValueError,
            r"targets are lots at 2017-03-06 01:00:00\+00:00 and were exposure; keep to one",
        ),
    ],
)  # fmt: skip
def test_strategies_that_cannot_be_are_told_in_one_line(
    euro: fx.Bars, strategy: Any, error: type[Exception], complaint: str
) -> None:
    with pytest.raises(error, match=complaint) as raised:
        fx.backtest(strategy, euro)
    assert "\n" not in str(raised.value)


def test_params_belong_to_functions(euro: fx.Bars) -> None:
    with pytest.raises(
        TypeError, match="targets are targets already and take no params; they were given window"
    ):
        fx.backtest(1.0, euro, params={"window": 3})
    with pytest.raises(TypeError, match="Once decides bar by bar and takes no params; it was given window"):
        fx.backtest(Once(1.0), euro, params={"window": 3})


def test_bars_are_bars_and_some(euro: fx.Bars) -> None:
    with pytest.raises(TypeError, match=r"backtest needs Bars, got DataFrame; see fx\.load_bars"):
        fx.backtest(1.0, euro.close)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="EURUSD: there are no bars to trade on"):
        fx.backtest(Once(1.0), euro[:0])
    with pytest.raises(ValueError, match="EURUSD: there are no bars to trade on"):
        fx.backtest(1.0, euro[:0])


def test_a_single_bar_runs_and_trades_nothing(euro: fx.Bars) -> None:
    for strategy in (1.0, Once(1.0)):
        result = fx.backtest(strategy, euro[:1], close_at_end=True)
        assert result.equity.tolist() == [10_000.0]
        assert result.fills.empty


@pytest.mark.parametrize(
    ("costs", "account", "complaint"),
    [
        (fx.Costs(), fx.Account(currency="CHF"), "EURUSD: no rate from USD to the account's CHF in these bars"),
        (fx.Costs(commission_currency="GBP"), fx.Account(), "EURUSD: no rate from GBP to the account's USD"),
        (fx.Costs(swap={"EURUSD": (1.0, 1.0)}), fx.Account(), r"Costs\.swap has no pips for USDJPY; it names EURUSD"),
        (fx.Costs(slippage_pips={"EURUSD": 1}), fx.Account(), r"Costs\.slippage_pips has no value for USDJPY"),
        (fx.Costs(), fx.Account(leverage={"USDJPY": 30}), r"Account\.leverage has no value for EURUSD; it names"),
        (fx.Costs(spread_pips=30_000), fx.Account(), "EURUSD: the spread is wider than the price at"),
    ],
)  # fmt: skip
def test_costs_and_accounts_that_do_not_fit_the_bars_stop_the_run_before_it_starts(
    pair: fx.Bars, costs: fx.Costs, account: fx.Account, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        fx.backtest(0.0, pair, costs=costs, account=account)


@pytest.mark.parametrize(
    ("columns", "first", "complaint"),
    [
        (["EUR"], "2016-01-01", r"Costs\.rates has no column USD; it has EUR"),
        (
            ["EUR", "USD"],
            "2030-01-01",
            r"Costs\.rates: no EUR rate is known yet at 2017-03-06; start the run later",
        ),
    ],
)
def test_interest_rates_that_are_lacking_stop_the_run(
    euro: fx.Bars, columns: list[str], first: str, complaint: str
) -> None:
    rates = pd.DataFrame(1.0, index=pd.date_range(first, periods=24, freq="MS"), columns=columns)
    with pytest.raises(ValueError, match=complaint):
        fx.backtest(1.0, euro, costs=fx.Costs(swap="rates", rates=rates))
