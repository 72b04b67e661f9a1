"""The European Central Bank's reference rates as bars: any pair of 41 currencies and the euro, once a day."""

from __future__ import annotations

import difflib
from typing import Any

import numpy as np
import pandas as pd

from fxlab.data.errors import DataError
from fxlab.data.sample import sample_file
from fxlab.data.span import bar_length, checked_span, narrow, nothing_left
from fxlab.market import Bars, Instrument

SPREAD_PIPS = 1.0
FILE = "ecb_1999_2023.parquet"


def ecb_bars(
    instruments: list[Instrument],
    *,
    start: Any = None,
    end: Any = None,
    every: Any = None,
    spread_pips: float | None = None,
) -> Bars:
    """Daily bars of the ECB's euro reference rates, 1999 to 2023; crosses computed from their two euro legs.

    One price a day, so open = high = low = close; it is the mid, completed with `spread_pips` (1.0 unless
    given). A rate opens and is known at 16:00 Frankfurt of its day, when the ECB publishes it. Days without a
    rate (weekends, TARGET holidays, a currency that had joined the euro) are no bars. See `load_bars`.

    Source: European Central Bank (ECB) euro foreign exchange reference rates.
    """
    rates = pd.read_parquet(sample_file(FILE)).set_index("date")
    rates.insert(0, "EUR", 1.0)
    local = pd.DatetimeIndex(rates.index) + pd.Timedelta(hours=16)
    times = local.tz_localize("Europe/Berlin").tz_convert("UTC").as_unit("ns").asi8
    spread = SPREAD_PIPS if spread_pips is None else spread_pips
    first, last = checked_span(start, end)
    wanted = np.ones(len(times), dtype=bool)
    wanted &= True if first is None else times >= first
    wanted &= True if last is None else times <= last
    parts = []
    for instrument in instruments:
        price = _price(rates, instrument)
        quoted = np.isfinite(price)
        if not quoted.any():
            raise DataError(
                f"the ECB quoted {instrument.base} and {instrument.quote} on no common day; take another pair"
            )
        rows = quoted & wanted
        if not rows.any():
            raise DataError(nothing_left(f"{instrument.symbol} of source='ecb'", times[quoted], start, end))
        parts.append(_bars(times[rows], price[rows], instrument, spread))
    bars = parts[0] if len(parts) == 1 else Bars.join(parts)
    note = "one ECB rate a day: open = high = low = close, stamped and known at 16:00 Frankfurt"
    bars = bars.replace(notes=(*bars.notes, note))
    if every is not None and bar_length(every) != bars.every:
        bars = narrow(bars.resample(bar_length(every)), start, end, "source='ecb'")
    return bars


def _price(rates: pd.DataFrame, instrument: Instrument) -> np.ndarray:
    """(days,) units of quote for one of base; NaN on days that one of them lacks."""
    for currency in (instrument.base, instrument.quote):
        if currency not in rates:
            near = difflib.get_close_matches(currency, rates.columns, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            known = ", ".join(map(str, rates))
            raise DataError(f"{instrument.symbol}: the ECB quotes no {currency}{hint}; it quotes {known}")
    return rates[instrument.quote].to_numpy() / rates[instrument.base].to_numpy()


def _bars(times: np.ndarray, price: np.ndarray, instrument: Instrument, spread_pips: float) -> Bars:
    width = spread_pips * instrument.pip
    if width > 0.1 * price.min():
        flipped = instrument.quote + instrument.base
        raise DataError(
            f"{instrument.symbol}: a spread of {spread_pips:g} pips ({width:g}) is more than a tenth of the "
            f"price {price.min():g}; ask for {flipped} or give a smaller spread_pips"
        )
    index = pd.DatetimeIndex(times, tz="UTC")
    frame = pd.DataFrame({field: price for field in ("open", "high", "low", "close")}, index=index)
    return Bars.from_frame(frame, instrument, side="mid", spread_pips=spread_pips, every="1D", known_at=index)
