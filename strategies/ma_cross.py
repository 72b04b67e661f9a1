"""Moving-average cross: follow the trend that a fast average shows against a slow one.

Thesis: currencies drift for weeks while interest rates and opinions adjust; an average of the last day above that of
the last week says that the drift is up. It earns in long moves and pays for every change of mind in a quiet market.

Source: Levich & Thomas (1993), "The significance of technical trading-rule profits in the foreign exchange market: a
bootstrap approach", J. International Money and Finance 12(5). Later samples find that the profits have mostly gone:
Neely, Weller & Ulrich (2009), "The adaptive markets hypothesis: evidence from the foreign exchange market", J.
Financial and Quantitative Analysis 44(2).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fxlab.market import Bars


def ma_cross(bars: Bars, fast: int = 24, slow: int = 120, exposure: float = 1.0) -> pd.DataFrame:
    """Long while the fast average of mid closes is above the slow one, short while below.

    Args:
        bars: one pair or several, each by itself.
        fast, slow: bars averaged; fast below slow.
        exposure: multiple of equity held in each pair.

    Returns:
        exposure (bars × symbols), NaN until the slow average is known.

    Raises:
        ValueError: fast is not below slow, or below 1.
    """
    if not 1 <= fast < slow:
        raise ValueError(f"ma_cross: fast is {fast} and slow is {slow}; give 1 <= fast < slow")
    close = bars.close
    return exposure * np.sign(close.rolling(fast).mean() - close.rolling(slow).mean())
