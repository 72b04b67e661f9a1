"""Sentiment tilt: hold the currency that the news favours, while it does.

Thesis: news moves prices at once and opinions slowly; the tone of the last day's headlines on one currency against
the other says which way opinions still have to go.

**Without a file of headlines it trades on made-up ones**, written by a seeded generator that knows nothing of prices:
that shows the machinery from headline to position, and whatever it earns or loses is luck and costs.

Source: Tetlock (2007), "Giving content to investor sentiment: the role of media in the stock market", J. Finance
62(3); for currencies, Uhl (2017), "Emotions matter: sentiment and momentum in foreign exchange", J. Behavioral
Finance 18(3). Departures: a word list and rules score the headlines. Needs `pip install "fxlab[models]"`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fxlab.data import load_headlines, synthetic_headlines
from fxlab.market import Bars


def sentiment_tilt(
    bars: Bars,
    headlines: str | None = None,
    half_life: str = "12h",
    threshold: float = 0.3,
    exposure: float = 1.0,
    seed: int = 0,
) -> pd.DataFrame:
    """Long while base minus quote sentiment exceeds the threshold, short below its negative, holding in between.

    Args:
        bars: one pair or several.
        headlines: path of a CSV or JSONL file for `fx.data.load_headlines`; None makes synthetic ones up.
        half_life: time in which a headline's weight halves.
        threshold: of the fading sum of scores.
        exposure: multiple of equity held in each pair.
        seed: of the synthetic headlines.

    Returns:
        exposure (bars × symbols), 0 until the first threshold is passed.

    Raises:
        ValueError: a negative threshold; DataError for a file that cannot be read.
    """
    from fxlab.sentiment import sentiment_columns

    if not threshold >= 0:
        raise ValueError(f"sentiment_tilt: threshold is {threshold}; give zero or more")
    news = synthetic_headlines(bars, seed=seed) if headlines is None else load_headlines(headlines)
    columns = sentiment_columns(news, bars, half_life=half_life)
    tilt = columns[[f"sentiment_{symbol}" for symbol in bars.symbols]].set_axis(list(bars.symbols), axis=1)
    return (exposure * np.sign(tilt)).where(tilt.abs() > threshold).ffill().fillna(0.0)
