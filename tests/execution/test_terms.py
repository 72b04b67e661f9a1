"""Costs and Account: settings that cannot be are named with their field and symbol; scaling scales what is paid."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import fxlab as fx
from fxlab.market import per_symbol

RATES = pd.DataFrame({"EUR": [1.0], "USD": [2.0]}, index=pd.DatetimeIndex(["2021-01-01"]))


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"balance": 0.0}, r"Account: balance is 0.0; give a positive amount of money"),
        ({"balance": float("inf")}, r"Account: balance is inf"),
        ({"balance": "10"}, r"Account: balance is '10'"),
        ({"currency": "usd"}, r"Account: currency is 'usd'; write a code such as 'USD'"),
        ({"leverage": 0}, r"Account: leverage is 0; give a positive number such as 30"),
        ({"leverage": -30.0}, r"Account: leverage is -30.0"),
        ({"leverage": {"EURUSD": -1.0}}, r"Account: leverage\[EURUSD\] is -1.0"),
        ({"leverage": True}, r"Account: leverage is True"),
        ({"stop_out": -0.5}, r"Account: stop_out is -0.5; a share of used margin, zero or more"),
        ({"margin_call": float("nan")}, r"Account: margin_call is nan"),
    ],
)
def test_accounts_that_cannot_be_are_named(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        fx.Account(**settings)


@pytest.mark.parametrize(
    "name",
    [
        "spread_pips",
        "spread_scale",
        "slippage_pips",
        "commission_per_lot",
        "commission_bps",
        "commission_min",
        "swap_markup",
    ],
)
def test_negative_costs_are_named(name: str) -> None:
    with pytest.raises(ValueError, match=rf"Costs: {name} is -0.1; zero or more"):
        fx.Costs(**{name: -0.1})
    with pytest.raises(ValueError, match=rf"Costs: {name}\[USDJPY\] is -2; zero or more"):
        fx.Costs(**{name: {"EURUSD": 1, "USDJPY": -2}})
    with pytest.raises(ValueError, match=rf"Costs: {name} is nan"):
        fx.Costs(**{name: float("nan")})


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"commission_currency": "dollars"}, r"Costs: commission_currency is 'dollars'; write a code"),
        ({"swap": "table"}, r"Costs: swap is 'table'; None, 'rates' or"),
        ({"swap": "rates"}, r"Costs: swap='rates' needs rates, a DataFrame of annual percent per currency"),
        ({"swap": {"EURUSD": 1.0}}, r"Costs: swap\[EURUSD\] is 1.0; give \(long pips, short pips\)"),
        ({"swap": {"EURUSD": (1.0, float("nan"))}}, r"Costs: swap\[EURUSD\] is \(1.0, nan\)"),
    ],
)
def test_costs_that_cannot_be_are_named(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        fx.Costs(**settings)


def test_scaled_costs_scale_everything_that_is_paid() -> None:
    costs = fx.Costs(
        spread_pips=1.0,
        slippage_pips={"EURUSD": 0.2, "USDJPY": 0.4},
        commission_per_lot=3.0,
        commission_bps=0.2,
        commission_min=1.0,
        commission_currency="EUR",
        swap={"EURUSD": (-0.7, 0.2)},
        swap_markup=0.5,
    )
    twice = costs.scaled(2.0)
    assert twice.slippage_pips == {"EURUSD": 0.4, "USDJPY": 0.8}
    assert (twice.commission_per_lot, twice.commission_bps, twice.commission_min) == (6.0, 0.4, 2.0)
    assert twice.swap == {"EURUSD": (-1.4, 0.2)}, "swap received is no cost"
    assert (twice.swap_markup, twice.commission_currency) == (1.0, "EUR")
    assert costs.slippage_pips == {"EURUSD": 0.2, "USDJPY": 0.4}, "the original stays"


@pytest.mark.parametrize(
    "costs", [fx.Costs(), fx.Costs(spread_pips=1.5), fx.Costs(spread_pips=1.0, spread_scale=0.5)]
)
def test_scaled_costs_scale_the_spread_once(costs: fx.Costs) -> None:
    bars = fx.load_bars("EURUSD", start="2017-03-06", end="2017-03-07")
    targets = np.tile([1.0, -1.0], len(bars))[: len(bars)]
    once, thrice = (fx.backtest(targets[:, None], bars, costs=c) for c in (costs, costs.scaled(3.0)))
    per_lot = [run.fills["spread_cost"] / run.fills["lots"] for run in (once, thrice)]
    assert np.allclose(3 * per_lot[0], per_lot[1])


@pytest.mark.parametrize("factor", [-1.0, float("nan"), float("inf")])
def test_costs_are_scaled_by_zero_or_more(factor: float) -> None:
    with pytest.raises(ValueError, match="costs are scaled by zero or more, got"):
        fx.Costs().scaled(factor)


def test_costs_scaled_by_zero_are_free() -> None:
    bars = fx.load_bars("EURUSD", start="2017-03-06", end="2017-03-07")
    costs = fx.Costs(slippage_pips=1.0, commission_per_lot=5.0, swap={"EURUSD": (-1.0, -1.0)}).scaled(0.0)
    result = fx.backtest(1.0, bars, costs=costs, close_at_end=True)
    assert not result.fills[["commission", "spread_cost", "slippage_cost"]].to_numpy().any()
    assert "swap" not in set(result.ledger["kind"])


def test_a_setting_by_symbol_is_read_in_any_spelling_and_must_name_every_pair() -> None:
    assert per_symbol({"usd/jpy": 2.0, "EURUSD=X": 1}, ("EURUSD", "USDJPY"), "x").tolist() == [1.0, 2.0]
    assert per_symbol(3, ("EURUSD", "USDJPY"), "x").tolist() == [3.0, 3.0]
    with pytest.raises(ValueError, match=r"Costs\.slippage_pips has no value for USDJPY; it names EURUSD"):
        per_symbol({"EURUSD": 1.0}, ("EURUSD", "USDJPY"), "Costs.slippage_pips")
