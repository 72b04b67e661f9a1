"""The prices shipped with fxlab: EURUSD, hourly, 2017. Real, small, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from fxlab.data.errors import DataError
from fxlab.data.span import bar_length, narrow
from fxlab.market import Bars, Instrument

SYMBOL = "EURUSD"
SPREAD_PIPS = 0.8
FILE = "eurusd_1h_2017.parquet"


def sample_file(name: str) -> Path:
    """Where a file of the shipped sample lies: data/sample of a checkout, else inside an installed wheel.

    Raises:
        DataError: in neither place.
    """
    package = Path(__file__).resolve().parents[1]
    places = (package.parent / "data" / "sample", package / "_sample")
    for place in places:
        if (place / name).is_file():
            return place / name
    raise DataError(f"the shipped {name} is in neither {places[0]} nor {places[1]}; reinstall fxlab")


def sample_bars(
    instruments: list[Instrument],
    *,
    start: Any = None,
    end: Any = None,
    every: Any = None,
    spread_pips: float | None = None,
) -> Bars:
    """EURUSD by the hour, 2017-01-01 22:00 to 2017-12-29 21:00 UTC: 6,225 real ask bars.

    The bid is completed as ask minus `spread_pips` (0.8 unless given). `every` resamples. See
    `fxlab.data.load_bars`.

    Source: the example data of gym-anytrading 2.0.0 (MIT); data/README.md.
    """
    frame = pd.read_parquet(sample_file(FILE)).set_index("time")
    others = [one.symbol for one in instruments if one.symbol != SYMBOL]
    if others:
        raise DataError(
            f"{', '.join(others)} is not in the shipped sample, which covers {SYMBOL} hourly from "
            f"{frame.index[0]:%Y-%m-%d} to {frame.index[-1]:%Y-%m-%d}; use source='ecb' (daily rates of 41 "
            "currencies), source='synthetic', or the path of a file of prices"
        )
    if len(instruments) > 1:
        raise DataError(f"{SYMBOL} is asked for twice; name each pair once")
    spread = SPREAD_PIPS if spread_pips is None else spread_pips
    bars = Bars.from_frame(frame, instruments[0], side="ask", spread_pips=spread)
    if every is not None and bar_length(every) != bars.every:
        bars = bars.resample(bar_length(every))
    return narrow(bars, start, end, f"the {SYMBOL} sample")
