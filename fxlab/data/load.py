"""load_bars: one verb for bars of every origin, from the shipped sample to a file of the user's own."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fxlab.data.csv_file import file_bars
from fxlab.data.ecb import ecb_bars
from fxlab.data.errors import DataError
from fxlab.data.sample import sample_bars
from fxlab.data.synthetic import synthetic_bars
from fxlab.market import Bars, Instrument

SOURCES: dict[str, Callable[..., Bars]] = {
    "sample": sample_bars,
    "ecb": ecb_bars,
    "synthetic": synthetic_bars,
}

Wanted = str | Path | Instrument


def load_bars(
    symbols: Wanted | Sequence[Wanted] = "EURUSD",
    source: str | None = None,
    *,
    start: Any = None,
    end: Any = None,
    every: Any = None,
    spread_pips: float | None = None,
    symbol: str | Instrument | None = None,
    format: str | None = None,
    tz: str | None = None,
    side: str | None = None,
    time_format: str | None = None,
    kind: str | None = None,
    seed: int | None = None,
    n_bars: int | None = None,
    volatility: float | None = None,
) -> Bars:
    """Bars of one or several pairs, from the shipped sample, a named source, or files.

    What was assumed (a completed spread, bars lost in a join, synthetic prices) is in `bars.notes`.

    Args:
        symbols: a pair or a list of pairs in any spelling ("EURUSD", "EUR/USD"), joined on the times all of
            them have; or the path of a file of prices, or a list of paths.
        source: "sample" (the default: EURUSD, hourly, 2017), "ecb" (any pair of 42 currencies, daily, 1999 to
            2023) or "synthetic" (seeded, any pair). Not with a path.
        start, end: opening times wanted, both included: a date, a time, or a part of a date ("2015",
            "2020-03"); end="2020" includes all of 2020. Without a zone they are UTC.
        every: length of the bars, "4h" or "1D": coarser than the source has them, or what "synthetic" makes.
        spread_pips: completes the side that a source lacks; 0.8 unless given, 1.0 for "ecb".
        symbol: files: the pair; else looked for in the file name.
        format: files: "auto", "csv" or "parquet".
        tz: files: IANA zone of times that name none.
        side: files: which price one-sided columns hold, "bid" (the default), "ask" or "mid".
        time_format: files: a strptime format, where day and month cannot be told apart.
        kind: synthetic: "random_walk" (the default), "trend", "mean_reverting" or "sine".
        seed: synthetic: zero unless given.
        n_bars: synthetic: bars from start on, 5,000 unless given.
        volatility: synthetic: standard deviation of a year's returns, 0.08 unless given.

    Raises:
        DataError: an unknown symbol or source, a span the data does not cover, a file that is missing or not
            prices, prices that cannot be, or an option that the source does not take. One line, what to do.
        TypeError: symbols are neither text, paths nor Instruments.

    >>> load_bars("EURUSD", start="2017-03", end="2017-03", every="4h")
    Bars(EURUSD: 142 bars, every 4h, 2017-03-01 00:00 to 2017-03-31 20:00 UTC)
    >>> load_bars(["EURUSD", "USDJPY"], source="ecb", start="2015").close.iloc[-1].round(3).to_dict()
    {'EURUSD': 1.105, 'USDJPY': 141.475}
    """
    options: dict[str, Any] = {
        "symbol": symbol,
        "format": format,
        "tz": tz,
        "side": side,
        "time_format": time_format,
        "kind": kind,
        "seed": seed,
        "n_bars": n_bars,
        "volatility": volatility,
        "start": start,
        "end": end,
        "every": every,
        "spread_pips": spread_pips,
    }
    given = {name: value for name, value in options.items() if value is not None}
    several: list[Any] = list(symbols) if isinstance(symbols, (list, tuple)) else [symbols]
    if not several:
        raise DataError("no symbols; name at least one pair, such as 'EURUSD'")
    try:
        if source is None and any(_is_path(one) for one in several):
            return _files(several, given)
        return _source(source, several, given)
    except DataError:
        raise
    except ValueError as error:  # Instrument and Bars say what is wrong; here it is the data's fault
        raise DataError(str(error)) from None


def _source(source: str | None, several: list[Wanted], given: dict[str, Any]) -> Bars:
    name = "sample" if source is None else source
    if name not in SOURCES:
        near = difflib.get_close_matches(str(name), SOURCES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise DataError(f"source is {name!r}, which is not one of {', '.join(SOURCES)}{hint}")
    _accepts(SOURCES[name], given, f"source={name!r}")
    paths = [str(one) for one in several if _is_path(one)]
    if paths:
        raise DataError(
            f"{paths[0]!r} is a path and source={name!r} takes pairs; leave out source to read the file"
        )
    instruments = [one if isinstance(one, Instrument) else Instrument(str(one)) for one in several]
    names = [one.symbol for one in instruments]
    twice = sorted({one for one in names if names.count(one) > 1})
    if twice:
        raise DataError(f"{', '.join(twice)} is asked for twice; name each pair once")
    return SOURCES[name](instruments, **given)


def _files(several: list[Wanted], given: dict[str, Any]) -> Bars:
    _accepts(file_bars, given, "a file")
    pairs = [str(one) for one in several if not _is_path(one)]
    if pairs:
        raise DataError(f"{pairs[0]} is a pair and the others are paths; load them apart and use Bars.join")
    if len(several) > 1 and "symbol" in given:
        raise DataError("one symbol for several files; load them one by one and use Bars.join")
    parts = [file_bars(str(one), **given) for one in several]
    return parts[0] if len(parts) == 1 else Bars.join(parts)


def _accepts(reader: Callable[..., Bars], given: dict[str, Any], name: str) -> None:
    """No option is ignored: what the source cannot use is an error."""
    taken = [
        parameter.name
        for parameter in inspect.signature(reader).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    unused = [option for option in given if option not in taken]
    if unused:
        raise DataError(f"{', '.join(unused)} means nothing to {name}, which takes {', '.join(taken)}")


def _is_path(wanted: Any) -> bool:
    """A Path, or text that spells no pair and either has a folder or an ending in it or is a file there."""
    if isinstance(wanted, Path):
        return True
    if not isinstance(wanted, str):
        if isinstance(wanted, Instrument):
            return False
        raise TypeError(f"symbols are text such as 'EURUSD' or paths, got {wanted!r}")
    try:
        Instrument(wanted)
    except ValueError:
        return bool(re.search(r"[/\\]|\.\w+$", wanted)) or Path(wanted).is_file()
    return False
