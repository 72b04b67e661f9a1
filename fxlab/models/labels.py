"""Labels: what happened next. The only module of fxlab that looks ahead; never a feature, always a y.

Each label reports how far it looks: `forward_return(bars, horizon=5).attrs["horizon"]` is 5, and so is
`forward_return.horizon_of({"horizon": 5})`, before any bars are at hand. Purge and embargo are counted from
it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

import numpy as np
import pandas as pd

from fxlab.market import Bars


class Label(Protocol):
    """A function of bars that says how many bars after its row it reads."""

    def __call__(self, bars: Bars, horizon: int = 1) -> pd.Series | pd.DataFrame: ...

    def horizon_of(self, parameters: Mapping[str, Any]) -> int:
        """Bars read after the labelled one, for these keyword arguments."""
        ...


def _looks_ahead(function: Callable[..., Any]) -> Label:
    def horizon_of(parameters: Mapping[str, Any]) -> int:
        return int(parameters.get("horizon", 1))

    function.horizon_of = horizon_of  # type: ignore[attr-defined]
    return cast(Label, function)


@_looks_ahead
def forward_return(bars: Bars, horizon: int = 1) -> pd.Series | pd.DataFrame:
    """Log return of the mid close over the next `horizon` bars: ln(close[i + horizon] / close[i]).

    Args:
        bars: one pair or several.
        horizon: bars looked ahead, one or more.

    Returns:
        dimensionless, NaN in the last `horizon` rows; a Series for one pair, a frame with a column per symbol
        for several. `.attrs["horizon"]` is the horizon.

    Raises:
        ValueError: horizon is not a whole number of at least one.
    """
    if isinstance(horizon, bool) or not isinstance(horizon, (int, np.integer)) or horizon < 1:
        raise ValueError(f"forward_return: horizon is {horizon!r}; give a whole number of at least 1")
    logs = cast(pd.DataFrame, np.log(bars.close))
    ahead = logs.shift(-int(horizon)) - logs
    label = ahead.iloc[:, 0].rename("forward_return") if ahead.shape[1] == 1 else ahead
    label.attrs["horizon"] = int(horizon)
    return label


@_looks_ahead
def direction(bars: Bars, horizon: int = 1) -> pd.Series | pd.DataFrame:
    """Sign of `forward_return`: 1.0 up, -1.0 down, 0.0 unmoved, NaN in the last `horizon` rows.

    Args and errors as in `forward_return`.
    """
    label = cast(pd.DataFrame, np.sign(forward_return(bars, horizon)))
    if isinstance(label, pd.Series):
        label = label.rename("direction")
    label.attrs["horizon"] = int(horizon)
    return label
