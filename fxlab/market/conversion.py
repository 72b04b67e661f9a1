"""Routes from one currency to another through the pairs at hand: direct, inverse, or over one other currency."""

from __future__ import annotations

import numpy as np

from fxlab.market.bars import Bars
from fxlab.market.instrument import Instrument

Leg = tuple[int, bool]  # position of a pair, and whether its rate divides


def route(currency: str, into: str, instruments: tuple[Instrument, ...]) -> tuple[Leg, ...]:
    """Pairs whose mid rates turn one unit of `currency` into `into`; empty when they are the same.

    A direct pair (CURRENCYINTO) comes before an inverse one (INTOCURRENCY), either before a cross over a third
    currency; among crosses the first in the order of the pairs.

    Raises:
        ValueError: no route, naming both currencies and the pairs at hand.

    >>> pairs = (Instrument("EURUSD"), Instrument("USDJPY"))
    >>> route("JPY", "EUR", pairs)  # yen to dollars over 1 / USDJPY, dollars to euros over 1 / EURUSD
    ((1, True), (0, True))
    """
    if currency == into:
        return ()
    single = _leg(currency, into, instruments)
    if single is not None:
        return (single,)
    for i, pair in enumerate(instruments):
        if currency in (pair.base, pair.quote):
            other = pair.quote if pair.base == currency else pair.base
            second = _leg(other, into, instruments)
            if second is not None:
                return ((i, pair.quote == currency), second)
    held = ", ".join(pair.symbol for pair in instruments)
    raise ValueError(
        f"no rate from {currency} to the account's {into} in these bars ({held}); "
        f"add {currency}{into} or {into}{currency}, or choose another account currency"
    )


def _leg(currency: str, into: str, instruments: tuple[Instrument, ...]) -> Leg | None:
    for wanted, divides in ((currency + into, False), (into + currency, True)):
        for i, pair in enumerate(instruments):
            if pair.symbol == wanted:
                return (i, divides)
    return None


def filled_mids(bars: Bars, before: np.ndarray | None = None) -> np.ndarray:
    """(bars, symbols, 2) mid opens and closes; where a pair has no bar, its last close stands for both.

    Args:
        before: (symbols,) closes to carry into the first bar, NaN when there is none.
    """
    mids = np.stack([bars.mid(0), bars.mid(3)], axis=2)
    holes = np.isnan(mids[:, :, 1])
    if before is not None and len(bars) and holes[0].any():
        mids[0][holes[0]] = np.repeat(before[holes[0], None], 2, axis=1)
        holes = np.isnan(mids[:, :, 1])
    if holes.any():
        last = np.maximum.accumulate(np.where(holes, -1, np.arange(len(mids))[:, None]), axis=0)
        known = np.take_along_axis(mids[:, :, 1], np.maximum(last, 0), axis=0)
        known = np.where(last < 0, np.nan, known)
        mids[holes] = np.repeat(known[holes][:, None], 2, axis=1)
    return mids


def rate_along(legs: tuple[Leg, ...], mids: np.ndarray) -> np.ndarray:
    """(bars, 2) rates at opens and closes along a route; ones for the empty route."""
    rate = np.ones((mids.shape[0], 2))
    for i, divides in legs:
        rate = rate / mids[:, i] if divides else rate * mids[:, i]
    return rate
