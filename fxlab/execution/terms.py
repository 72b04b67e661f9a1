"""What trading costs and what the account is: the two settings every driver of the kernel takes."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fxlab.market import PerSymbol


@dataclass(frozen=True)
class Account:
    """A margin account.

    Args:
        balance: money at the start, in `currency`, positive.
        currency: three-letter code in which everything is booked.
        leverage: notional that one unit of margin carries (30 means 1/30 margin); a number or {symbol: number}.
        margin_call: equity below this share of used margin is recorded as a margin call, which trades nothing.
        stop_out: equity below this share of used margin closes the largest loser, and the next, until it is not.

    Raises:
        ValueError: a balance or leverage that is not positive, a level below zero, not a currency code.
    """

    balance: float = 10_000.0
    currency: str = "USD"
    leverage: PerSymbol = 30.0
    margin_call: float = 1.0
    stop_out: float = 0.5

    def __post_init__(self) -> None:
        if not (_is_number(self.balance) and self.balance > 0):
            raise ValueError(f"Account: balance is {self.balance!r}; give a positive amount of money")
        if not (isinstance(self.currency, str) and re.fullmatch("[A-Z]{3}", self.currency)):
            raise ValueError(f"Account: currency is {self.currency!r}; write a code such as 'USD'")
        for symbol, leverage in _items(self.leverage):
            if not (_is_number(leverage) and leverage > 0):
                raise ValueError(
                    f"Account: leverage{symbol} is {leverage!r}; give a positive number such as 30"
                )
        for name in ("margin_call", "stop_out"):
            level = getattr(self, name)
            if not (_is_number(level) and level >= 0):
                raise ValueError(f"Account: {name} is {level!r}; a share of used margin, zero or more")


@dataclass(frozen=True)
class Costs:
    """What a trade pays. Every field is a number or {symbol: number}.

    Args:
        spread_pips: rebuilds bid and ask as each mid price ± half of it; None keeps the bars' own spread.
        spread_scale: multiplies the spread, whichever it is.
        slippage_pips: worsens market, stop, trailing, stop-out and end fills; never limits or targets.
        commission_per_lot: per lot and side, in `commission_currency`.
        commission_bps: per side, in hundredths of a percent of the notional.
        commission_min: least commission of one order, in `commission_currency`.
        commission_currency: a code, or None for the account's.
        swap: None, or {symbol: (long, short)} in pips per lot and day, received when positive; or "rates".
        rates: for swap="rates": DataFrame of annual short rates in percent, one column per currency, one row a
            month; a month's figure applies from the following month.
        swap_markup: for swap="rates": annual percent that the broker keeps on either side.

    Raises:
        ValueError: a negative cost or one that is not a number, naming the field and the symbol.
    """

    spread_pips: PerSymbol | None = None
    spread_scale: PerSymbol = 1.0
    slippage_pips: PerSymbol = 0.0
    commission_per_lot: PerSymbol = 0.0
    commission_bps: PerSymbol = 0.0
    commission_min: PerSymbol = 0.0
    commission_currency: str | None = None
    swap: Mapping[str, tuple[float, float]] | str | None = None
    rates: pd.DataFrame | None = None
    swap_markup: PerSymbol = 0.0

    def __post_init__(self) -> None:
        for name in _NOT_NEGATIVE:
            if name == "spread_pips" and self.spread_pips is None:
                continue
            for symbol, value in _items(getattr(self, name)):
                if not (_is_number(value) and value >= 0):
                    raise ValueError(f"Costs: {name}{symbol} is {value!r}; zero or more")
        code = self.commission_currency
        if code is not None and not (isinstance(code, str) and re.fullmatch("[A-Z]{3}", code)):
            raise ValueError(f"Costs: commission_currency is {code!r}; write a code such as 'USD'")
        if isinstance(self.swap, str) and self.swap != "rates":
            raise ValueError(
                f"Costs: swap is {self.swap!r}; None, 'rates' or {{symbol: (long, short)}} in pips"
            )
        if self.swap == "rates" and self.rates is None:
            raise ValueError("Costs: swap='rates' needs rates, a DataFrame of annual percent per currency")
        if isinstance(self.swap, Mapping):
            for symbol, pair in self.swap.items():
                if not (isinstance(pair, (tuple, list)) and len(pair) == 2 and all(map(_is_number, pair))):
                    raise ValueError(f"Costs: swap[{symbol}] is {pair!r}; give (long pips, short pips)")

    def scaled(self, factor: float) -> Costs:
        """Every cost times `factor`: spread, slippage, commission, swap paid (not swap received) and its markup.

        >>> Costs(slippage_pips=0.2, commission_per_lot=3.5).scaled(2.0).commission_per_lot
        7.0
        """
        if not (_is_number(factor) and factor >= 0):
            raise ValueError(f"costs are scaled by zero or more, got {factor!r}")

        def times(value: Any) -> Any:
            if isinstance(value, Mapping):
                return {symbol: one * factor for symbol, one in value.items()}
            return value * factor

        changes = {name: times(getattr(self, name)) for name in _NOT_NEGATIVE if name != "spread_pips"}
        swap: Any = self.swap
        if isinstance(swap, Mapping):
            swap = {s: tuple(p * factor if p < 0 else p for p in pair) for s, pair in swap.items()}
        return dataclasses.replace(self, **changes, swap=swap)


_NOT_NEGATIVE = (
    "spread_pips",
    "spread_scale",
    "slippage_pips",
    "commission_per_lot",
    "commission_bps",
    "commission_min",
    "swap_markup",
)


def _items(value: PerSymbol) -> list[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return [(f"[{symbol}]", one) for symbol, one in value.items()]
    return [("", value)]


def _is_number(value: Any) -> bool:
    is_real = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    return is_real and math.isfinite(value)
