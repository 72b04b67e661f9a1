"""What is traded: one currency pair and the sizes its prices and orders come in."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

PerSymbol = float | Mapping[str, float]
_SEPARATORS = re.compile(r"[/_\-. ]")


@dataclass(frozen=True)
class Instrument:
    """One currency pair, quoted as units of `quote` for one unit of `base`.

    Args:
        symbol: six letters in any common spelling: "EURUSD", "eur/usd", "EUR_USD", Yahoo's "EURUSD=X" or "JPY=X".
        pip: price of one pip; 0.0001, or 0.01 when the quote currency is JPY, unless given.
        lot: units of base in one lot; 100,000 unless given.
        lot_step: smallest tradable lot difference; 0.01 (a micro lot) unless given.

    Raises:
        ValueError: not two three-letter codes, the same currency twice, or a size that is not positive.

    >>> Instrument("USD/JPY").pip
    0.01
    >>> Instrument("EURUSD=X").base
    'EUR'
    """

    symbol: str
    pip: float = math.nan
    lot: float = 100_000.0
    lot_step: float = 0.01

    def __post_init__(self) -> None:
        object.__setattr__(self, "symbol", _six_letters(self.symbol))
        if math.isnan(self.pip):
            object.__setattr__(self, "pip", 0.01 if self.quote == "JPY" else 0.0001)
        for name in ("pip", "lot", "lot_step"):
            size = getattr(self, name)
            if not (math.isfinite(size) and size > 0):
                raise ValueError(f"{self.symbol}: {name} is {size}; give a positive number")

    @property
    def base(self) -> str:
        """Currency that is bought or sold, e.g. EUR of EURUSD."""
        return self.symbol[:3]

    @property
    def quote(self) -> str:
        """Currency the price is counted in, e.g. USD of EURUSD."""
        return self.symbol[3:]

    def __str__(self) -> str:
        return self.symbol


def _six_letters(symbol: object) -> str:
    if not isinstance(symbol, str):
        raise TypeError(f"a symbol is text such as 'EURUSD', got {symbol!r}")
    text = symbol.strip().upper()
    if text.endswith("=X"):
        text = text[:-2]
        if len(text) == 3:  # Yahoo's short form: JPY=X is yen per dollar
            text = "USD" + text
    text = _SEPARATORS.sub("", text)
    if not re.fullmatch("[A-Z]{6}", text):
        raise ValueError(f"{symbol!r} is not a currency pair; write two three-letter codes such as 'EURUSD'")
    if text[:3] == text[3:]:
        raise ValueError(f"{symbol!r} trades a currency against itself")
    return text


def find_instrument(key: object, instruments: Sequence[Instrument]) -> int | None:
    """Position of the pair that `key` spells among `instruments`, or None when it spells none of them."""
    if isinstance(key, Instrument):
        key = key.symbol
    try:
        symbol = _six_letters(key)
    except (TypeError, ValueError):
        return None
    return next((i for i, one in enumerate(instruments) if one.symbol == symbol), None)


def per_symbol(value: PerSymbol, symbols: tuple[str, ...], name: str) -> np.ndarray:
    """(symbols,) float64 of a setting that is one number or {symbol: number} for exactly these pairs.

    Raises:
        ValueError: a pair without a value, naming it.
    """
    if not isinstance(value, Mapping):
        return np.full(len(symbols), float(value))
    table = {Instrument(symbol).symbol: float(one) for symbol, one in value.items()}
    lacking = [symbol for symbol in symbols if symbol not in table]
    if lacking:
        raise ValueError(
            f"{name} has no value for {', '.join(lacking)}; it names {', '.join(table) or 'none'}"
        )
    return np.array([table[symbol] for symbol in symbols])
