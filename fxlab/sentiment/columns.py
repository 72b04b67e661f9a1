"""Scores of headlines as columns beside bars: what the news said up to the time each bar was known.

Time rule: a headline counts from the first bar whose `known_at` is not before the headline's `available_at`
(not its publication: reading takes time too), and fades from then by half in every half-life. Joined on the date
instead, a day's news would explain that same day's move and look like an edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fxlab.market import Bars
from fxlab.sentiment.lexicon import Scorer, score_headlines, scorer_named

__all__ = ["sentiment_columns"]


def sentiment_columns(
    headlines: pd.DataFrame,
    bars: Bars,
    half_life: str | pd.Timedelta = "6h",
    latency: str | pd.Timedelta = "1min",
    scorer: Scorer | str = score_headlines,
) -> pd.DataFrame:
    """Fading sums of headline scores, one column per currency and per pair of the bars.

    Args:
        headlines: columns published_at (tz-aware) and headline (str); available_at (tz-aware) if known. Any
            order; further columns are not read.
        bars: their `known_at` says what each row may know.
        half_life: time in which a score fades to half.
        latency: available_at is published_at plus this, where the frame has no such column.
        scorer: a function (texts, currencies) → DataFrame of scores, or its name in `SCORERS`.

    Returns:
        DataFrame on `bars.index`: "sentiment_EUR" for each currency, then "sentiment_EURUSD" (base minus
        quote) for each pair; 0 before the first headline. Later headlines never change a row.

    Raises:
        TypeError: headlines or times of the wrong type, a headline that is not a string.
        ValueError: a missing column, naive or missing times, a headline available before it was published,
            a half-life that is not positive, a negative latency, a currency without names.

    Takes time proportional to headlines (sorted once) plus bars.
    """
    score = scorer_named(scorer) if isinstance(scorer, str) else scorer
    half = _duration_ns(half_life, "half_life")
    if half <= 0:
        raise ValueError(f"half_life is {half_life!r}; give a time above zero, such as '6h'")
    available = _available_ns(headlines, latency)
    currencies = tuple(dict.fromkeys(code for one in bars.instruments for code in (one.base, one.quote)))
    scores = _checked_scores(score(_texts(headlines), currencies), len(headlines), currencies)
    known = bars.known_at.as_unit("ns").asi8
    order = np.argsort(available, kind="stable")  # one order of adding, whatever order the rows came in
    fading = _fading_sums(available[order], scores[order], known, half)
    columns = {f"sentiment_{code}": fading[:, k] for k, code in enumerate(currencies)}
    for one in bars.instruments:
        columns[f"sentiment_{one.symbol}"] = (
            columns[f"sentiment_{one.base}"] - columns[f"sentiment_{one.quote}"]
        )
    return pd.DataFrame(columns, index=bars.index)


def _fading_sums(
    available: NDArray[np.int64],  # (headlines,) rising
    scores: NDArray[np.float64],  # (headlines, currencies)
    known: NDArray[np.int64],  # (bars,) rising
    half_life: int,
) -> NDArray[np.float64]:  # (bars, currencies)
    """At each bar, the sum of score * 2 ** -(age / half_life) over the headlines available by then."""
    sums = np.zeros((len(known), scores.shape[1]))
    row = np.searchsorted(known, available, side="left")  # the first bar that knows each headline
    in_time = row < len(known)
    row = row[in_time]
    age = (known[row] - available[in_time]) / half_life
    np.add.at(sums, row, scores[in_time] * np.exp2(-age)[:, np.newaxis])
    kept = np.exp2(-np.diff(known) / half_life)
    for i in range(1, len(known)):  # each bar carries over what is left of the one before
        sums[i] += kept[i - 1] * sums[i - 1]
    return sums


# --- what the function above accepts -----------------------------------------------------------------


def _texts(headlines: pd.DataFrame) -> list[str]:
    texts = headlines["headline"].tolist()
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(
                f"headlines: headline in row {i} is {text!r}, not a string; drop rows without text"
            )
    return texts


def _available_ns(headlines: pd.DataFrame, latency: str | pd.Timedelta) -> NDArray[np.int64]:
    if not isinstance(headlines, pd.DataFrame):
        raise TypeError(f"headlines is a {type(headlines).__name__}; pass a DataFrame, as fx.data reads them")
    for name in ("published_at", "headline"):
        if name not in headlines.columns:
            found = ", ".join(map(str, headlines.columns)) or "none"
            raise ValueError(f"headlines: no column {name}; found {found}")
    published = _times_ns(headlines, "published_at")
    wait = _duration_ns(latency, "latency")
    if wait < 0:
        raise ValueError(f"latency is {latency!r}; news is not read before it is out, give zero or more")
    if "available_at" not in headlines.columns:
        return published + wait
    available = _times_ns(headlines, "available_at")
    if (available < published).any():
        i = int(np.argmax(available < published))
        raise ValueError(
            f"headlines: row {i} is available at {headlines['available_at'].iloc[i]}, before it was published "
            f"({headlines['published_at'].iloc[i]}); mend the times or drop available_at"
        )
    return available


def _times_ns(headlines: pd.DataFrame, name: str) -> NDArray[np.int64]:
    column = headlines[name]
    if not isinstance(column.dtype, pd.DatetimeTZDtype):
        if len(column) == 0:
            return np.empty(0, dtype=np.int64)  # an empty frame has no times to be wrong
        if pd.api.types.is_datetime64_dtype(column.dtype):
            raise ValueError(
                f"headlines: {name} has no time zone; use .dt.tz_localize('UTC') or the zone it is in"
            )
        raise TypeError(
            f"headlines: {name} holds {column.dtype}, not times; use pd.to_datetime(..., utc=True)"
        )
    if column.isna().any():
        i = int(np.argmax(column.isna().to_numpy()))
        raise ValueError(f"headlines: {name} is missing in row {i}; fill it or drop the row")
    return cast("NDArray[np.int64]", pd.DatetimeIndex(column).as_unit("ns").asi8)


def _duration_ns(duration: str | pd.Timedelta, name: str) -> int:
    try:
        length = pd.Timedelta(duration)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name} is {duration!r}; give a time, such as '6h' or '1min'") from error
    if pd.isna(length):
        raise ValueError(f"{name} is {duration!r}; give a time, such as '6h' or '1min'")
    return int(length.as_unit("ns").value)


def _checked_scores(scores: pd.DataFrame, n: int, currencies: Sequence[str]) -> NDArray[np.float64]:
    lacking = [code for code in currencies if code not in scores.columns]
    if lacking or len(scores) != n:
        raise ValueError(
            f"the scorer returned {len(scores)} rows and columns {', '.join(map(str, scores.columns))}; "
            f"it must return {n} rows, one a headline, and columns {', '.join(currencies)}"
        )
    table = scores[list(currencies)].to_numpy(dtype=np.float64)
    if not np.isfinite(table).all():
        i, k = (int(j) for j in np.argwhere(~np.isfinite(table))[0])
        raise ValueError(
            f"the scorer returned {table[i, k]} for headline {i} and {currencies[k]}; use 0 for no opinion"
        )
    return table
