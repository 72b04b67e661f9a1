"""Bars and headlines from the outside world, and what is wrong with them."""

from fxlab.data.checking import CheckReport, Finding, check
from fxlab.data.errors import DataError
from fxlab.data.headline_grammar import synthetic_headlines
from fxlab.data.headlines import load_headlines
from fxlab.data.load import load_bars

__all__ = [
    "CheckReport",
    "DataError",
    "Finding",
    "check",
    "load_bars",
    "load_headlines",
    "synthetic_headlines",
]
