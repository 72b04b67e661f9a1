"""The nouns every room speaks: an instrument, bars of bid and ask prices, and the FX calendar."""

from fxlab.market.bars import Bars, BarSide
from fxlab.market.calendar import bars_per_year, is_open, rollovers
from fxlab.market.instrument import Instrument, find_instrument

__all__ = ["BarSide", "Bars", "Instrument", "bars_per_year", "find_instrument", "is_open", "rollovers"]
