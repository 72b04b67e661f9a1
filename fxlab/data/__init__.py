"""Bars and headlines from the outside world, and what is wrong with them."""

from fxlab.data.errors import DataError
from fxlab.data.load import load_bars

__all__ = ["DataError", "load_bars"]
