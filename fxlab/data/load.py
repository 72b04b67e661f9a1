"""load_bars: one verb for bars of every origin."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fxlab.data.ecb import ecb_bars
from fxlab.data.errors import DataError
from fxlab.data.sample import sample_bars
from fxlab.market import Bars, Instrument

SOURCES: dict[str, Callable[..., Bars]] = {
    "sample": sample_bars,
    "ecb": ecb_bars,
}


def load_bars(
    symbols: str | Instrument | Sequence[str | Instrument] = "EURUSD",
    source: str | None = None,
    *,
    start: Any = None,
    end: Any = None,
    every: Any = None,
    spread_pips: float | None = None,
) -> Bars:
    """Bars of one or several pairs, from the shipped sample or a named source.

    >>> len(load_bars("EURUSD"))
    6225
    """
    name = "sample" if source is None else source
    if name not in SOURCES:
        near = difflib.get_close_matches(str(name), SOURCES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise DataError(f"source is {name!r}, which is not one of {', '.join(SOURCES)}{hint}")
    several = [symbols] if isinstance(symbols, (str, Instrument)) else list(symbols)
    try:
        instruments = [one if isinstance(one, Instrument) else Instrument(one) for one in several]
        return SOURCES[name](instruments, start=start, end=end, every=every, spread_pips=spread_pips)
    except DataError:
        raise
    except ValueError as error:
        raise DataError(str(error)) from None
