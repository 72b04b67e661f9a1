"""The nouns every room speaks: an instrument, bars of bid and ask prices, currency routes, and the FX calendar."""

from fxlab.market.bars import Bars, BarSide
from fxlab.market.calendar import bars_per_year, is_open, rollovers
from fxlab.market.conversion import filled_mids, rate_along, route
from fxlab.market.instrument import Instrument, PerSymbol, find_instrument, per_symbol

__all__ = [
    "BarSide",
    "Bars",
    "Instrument",
    "PerSymbol",
    "bars_per_year",
    "filled_mids",
    "find_instrument",
    "is_open",
    "per_symbol",
    "rate_along",
    "rollovers",
    "route",
]
