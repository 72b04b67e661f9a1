"""Targets become arrays in every shape a user may write, and what cannot be targets is named with symbol and bar."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import fxlab as fx
from fxlab.strategy import target_arrays, target_row

NAN = float("nan")


@pytest.fixture(scope="module")
def euro() -> fx.Bars:
    return fx.load_bars("EURUSD", source="synthetic", n_bars=4, seed=1)


@pytest.fixture(scope="module")
def pair() -> fx.Bars:
    return fx.load_bars(["EURUSD", "USDJPY"], source="synthetic", n_bars=4, seed=1)


def test_a_number_is_the_exposure_of_every_bar_and_pair(pair: fx.Bars) -> None:
    arrays = target_arrays(1.5, pair)
    assert np.array_equal(arrays.values, np.full((4, 2), 1.5))
    assert not arrays.in_lots
    assert arrays.brackets.shape == (1, 2, 5)
    assert np.isnan(arrays.brackets).all()


@pytest.mark.parametrize("kind", ["Series", "1-D array", "column", "list", "DataFrame", "integers"])
def test_one_pair_may_be_written_in_one_dimension(euro: fx.Bars, kind: str) -> None:
    values = [0.0, 1.0, -1.0, 0.0]
    written: dict[str, Any] = {
        "Series": pd.Series(values, index=euro.index),
        "1-D array": np.array(values),
        "column": np.array(values)[:, None],
        "list": values,
        "DataFrame": pd.DataFrame({"EURUSD": values}, index=euro.index),
        "integers": pd.Series([0, 1, -1, 0], index=euro.index),
    }
    assert target_arrays(written[kind], euro).values[:, 0].tolist() == values


def test_columns_are_found_by_their_name_in_any_spelling_and_an_omitted_pair_holds(pair: fx.Bars) -> None:
    frame = pd.DataFrame({"USD/JPY": [1.0] * 4, "eurusd": [2.0] * 4}, index=pair.index)
    assert target_arrays(frame, pair).values[0].tolist() == [2.0, 1.0]
    held = target_arrays(frame[["USD/JPY"]], pair).values
    assert np.isnan(held[:, 0]).all()
    assert (held[:, 1] == 1.0).all()


def test_distances_are_numbers_or_tables_of_bars_and_pairs(pair: fx.Bars) -> None:
    stops = pd.DataFrame({"EURUSD": [10.0, NAN, 20.0, 30.0]}, index=pair.index)
    arrays = target_arrays(fx.Targets(lots=0.1, stop_loss_pips=stops, take_profit_pips=40), pair)
    assert arrays.in_lots
    assert arrays.brackets.shape == (4, 2, 5)
    assert np.array_equal(arrays.brackets[:, 0, 0], [10.0, NAN, 20.0, 30.0], equal_nan=True)
    assert np.isnan(arrays.brackets[:, 1, 0]).all()
    assert (arrays.brackets[:, :, 1] == 40.0).all()


def test_the_index_may_be_kept_in_another_unit_of_time(euro: fx.Bars) -> None:
    series = pd.Series(1.0, index=euro.index.as_unit("us"))
    assert (target_arrays(series, euro).values == 1.0).all()


def test_the_users_array_is_not_written_to_and_not_shared(euro: fx.Bars) -> None:
    mine = np.zeros((4, 1))
    arrays = target_arrays(mine, euro)
    mine[:] = 9.0
    assert (arrays.values == 0.0).all()


@pytest.mark.parametrize(
    ("targets", "error", "complaint"),
    [
        (None, TypeError, r"my_rule returned None; return one target for each bar"),
        ("long", TypeError, r"my_rule returned str for exposure; return a DataFrame, Series, array or Targets"),
        (np.zeros((4, 3)), ValueError, r"exposure of shape \(4, 3\); these bars need \(4, 2\): 4 bars of EURUSD"),
        (np.zeros((5, 2)), ValueError, r"exposure of shape \(5, 2\); these bars need \(4, 2\)"),
        (np.zeros(4), ValueError, r"exposure of shape \(4,\); these bars need \(4, 2\)"),
        (np.array([[0, 1], [0, np.inf], [0, 0], [0, 0]]), ValueError, r"exposure of USDJPY is inf at .* UTC"),
        (-np.inf, ValueError, r"exposure of EURUSD is -inf at"),
        (1000.1, ValueError, r"exposure of EURUSD is 1000.1 at .*; targets are within ±1000"),
        (np.full((4, 2), np.nan), ValueError, r"my_rule: exposure is nan in every row; return 0 to stay flat"),
        (fx.Targets(lots=np.inf), ValueError, r"lots of EURUSD is inf at .* targets are finite"),
        (fx.Targets(exposure=1, stop_loss_pips=0), ValueError, r"stop_loss_pips of EURUSD is 0.0 at .*; give"),
        (fx.Targets(exposure=1, take_profit_pips=-5), ValueError, r"take_profit_pips of EURUSD is -5.0"),
        (fx.Targets(exposure=1, trailing_stop_pips=np.inf), ValueError, r"trailing_stop_pips of EURUSD is inf"),
        (fx.Targets(exposure=1, limit_expiry_bars=0), ValueError, r"limit_expiry_bars of EURUSD is 0.0"),
        (
            fx.Targets(exposure=1, entry_limit_pips=np.array([[1, 1], [1, -2], [1, 1], [1, 1]])),
            ValueError,
            r"entry_limit_pips of USDJPY is -2.0 at",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_targets_is_named(
    pair: fx.Bars, targets: Any, error: type[Exception], complaint: str
) -> None:
    with pytest.raises(error, match=complaint):
        target_arrays(targets, pair, "my_rule")


def test_symbols_that_the_bars_lack_are_named(pair: fx.Bars) -> None:
    frame = pd.DataFrame({"EURUSD": 1.0, "GBPUSD": 1.0}, index=pair.index)
    with pytest.raises(
        ValueError, match="exposure for 'GBPUSD', which is not in these bars; they hold EURUSD, USDJPY"
    ):
        target_arrays(frame, pair)


def test_a_pair_that_is_spelled_twice_is_named(pair: fx.Bars) -> None:
    frame = pd.DataFrame({"EURUSD": 1.0, "EUR/USD": -1.0}, index=pair.index)
    with pytest.raises(ValueError, match="exposure for EURUSD twice; keep one column for each pair"):
        target_arrays(frame, pair)


def test_text_is_not_a_number(pair: fx.Bars) -> None:
    frame = pd.DataFrame({"EURUSD": ["long"] * 4}, index=pair.index)
    with pytest.raises(TypeError, match="the strategy: exposure of EURUSD holds str, not numbers"):
        target_arrays(frame, pair)
    with pytest.raises(TypeError, match="the strategy: stop_loss_pips is 'tight'"):
        target_arrays(fx.Targets(exposure=1.0, stop_loss_pips="tight"), pair)


def test_another_index_is_named_by_its_first_row_that_differs(euro: fx.Bars) -> None:
    shifted = pd.Series(1.0, index=euro.index[:2].append(euro.index[2:] + pd.Timedelta("1min")))
    with pytest.raises(ValueError, match="an index that is not the bars' own: row 2 is"):
        target_arrays(shifted, euro)
    with pytest.raises(
        ValueError, match="the strategy returned 3 rows for 4 bars; return one row for each bar"
    ):
        target_arrays(pd.Series(1.0, index=euro.index[:3]), euro)
    naive = pd.Series(1.0, index=euro.index.tz_localize(None))
    with pytest.raises(ValueError, match="an index that is not the bars' own"):
        target_arrays(naive, euro)


def test_targets_are_exposure_or_lots_and_not_both() -> None:
    for both in ({}, {"exposure": 1, "lots": 1}):
        with pytest.raises(ValueError, match="Targets: give either exposure or lots, one of them"):
            fx.Targets(**both)


@pytest.mark.parametrize("change", [-0.1, NAN, float("inf"), "0.1"])
def test_min_change_is_zero_or_more(change: Any) -> None:
    with pytest.raises(ValueError, match=r"Targets: min_change is .* lots; zero or more"):
        fx.Targets(exposure=1.0, min_change=change)


# --- one row, from a policy ------------------------------------------------------------------------------

SYMBOLS = ("EURUSD", "USDJPY")


def test_a_row_is_a_table_a_number_or_targets_of_scalars() -> None:
    assert target_row({"USDJPY": 0.5}, SYMBOLS).values[0].tolist() == pytest.approx([NAN, 0.5], nan_ok=True)
    assert target_row(1.0, SYMBOLS).values[0].tolist() == [1.0, 1.0]
    assert target_row([1.0, -1.0], SYMBOLS).values[0].tolist() == [1.0, -1.0]
    row = target_row(
        fx.Targets(lots={"EURUSD": 0.1}, stop_loss_pips=20, limit_expiry_bars={"USDJPY": 3}), SYMBOLS
    )
    assert row.in_lots
    assert row.brackets[0, :, 0].tolist() == [20.0, 20.0]
    assert row.brackets[0, 1, 4] == 3.0
    assert np.isnan(row.brackets[0, 0, 4])


@pytest.mark.parametrize(
    ("row", "error", "complaint"),
    [
        ({"GBPUSD": 1.0}, ValueError, r"agent: exposure for GBPUSD, but the bars hold EURUSD, USDJPY"),
        ({"EURUSD": np.inf}, ValueError, r"agent: exposure is \[inf, nan\]; a finite number within ±1000"),
        (2000.0, ValueError, r"agent: exposure is \[2000.0, 2000.0\]"),
        ("buy", TypeError, r"agent: exposure is 'buy'; return \{symbol: exposure\} or Targets"),
        ([1.0, 2.0, 3.0], TypeError, r"agent: exposure is \[1.0, 2.0, 3.0\]"),
        (fx.Targets(lots=1, stop_loss_pips=0), ValueError, r"agent: stop_loss_pips is 0; pips are positive"),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_are_named(row: Any, error: type[Exception], complaint: str) -> None:
    with pytest.raises(error, match=complaint):
        target_row(row, SYMBOLS, "agent")


def test_a_policy_that_returns_nothing_is_told_what_to_return() -> None:
    with pytest.raises(TypeError, match=r"agent returned None; return \{symbol: exposure\} or Targets"):
        target_row(None, SYMBOLS, "agent")
