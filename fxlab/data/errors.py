"""The one error of this room: data that cannot be had, or cannot be what it claims."""

from __future__ import annotations


class DataError(ValueError):
    """Raised for every fault of data: an unknown symbol or source, a file that is missing or is not prices, a
    span the data does not cover, values that cannot be. The message is one line: what, where, what to do."""
