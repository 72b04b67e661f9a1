"""Which run is better: a figure of `stats()`, or a function of the Result, read so that more is better."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fxlab.execution.result import Result

Metric = str | Callable[[Result], float]

# Beginnings of labels whose figure is a risk, a cost or a mishap; of everything else more is better.
LESS_IS_BETTER = (
    "Annual volatility",
    "Max drawdown",
    "Ulcer index",
    "Spread cost",
    "Slippage cost",
    "Commission",
    "Costs",
    "Refused orders",
    "Margin calls",
    "Margin stop-outs",
)


def metric_name(metric: Metric) -> str:
    """How tables call a metric."""
    if isinstance(metric, str):
        return metric
    return getattr(metric, "__name__", None) or type(metric).__name__


def check_metric(metric: Any, labels: Sequence[str]) -> None:
    """Refuse a metric that is no label of `stats()` and no function.

    Args:
        labels: of the figures there are.

    Raises:
        TypeError: neither text nor a function. ValueError: an unknown label, with the nearest one.
    """
    if isinstance(metric, str):
        if metric not in labels:
            near = difflib.get_close_matches(metric, labels, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else "see the labels of result.stats()"
            raise ValueError(f"metric {metric!r} is not a figure of a run; {hint}")
    elif not callable(metric):
        raise TypeError(
            f"metric is {metric!r}; give a label of result.stats(), such as 'Sharpe ratio', or a function of a Result"
        )


def measure(result: Result, metric: Metric) -> float:
    """The metric of a run as a number, NaN where it has no meaning.

    Raises:
        ValueError: the figure is a time or a length of time, or the function returned no number.
    """
    value = result.stats()[metric] if isinstance(metric, str) else metric(result)
    if isinstance(value, (int, float, np.integer, np.floating)):
        return float(value)
    raise ValueError(
        f"metric {metric_name(metric)!r} is {value!r}, a {type(value).__name__}; choose by a figure that is a number"
    )


def best(values: Sequence[float], metric: Metric) -> int:
    """Position of the best value: the highest, or the lowest of a figure where less is better.

    NaN is worse than any number; of equals the first is taken. A function's highest value is its best.

    >>> best([0.5, float("nan"), 2.0, 2.0], "Sharpe ratio"), best([0.5, 0.2], "Max drawdown [%]")
    (2, 1)
    """
    sign = -1.0 if isinstance(metric, str) and metric.startswith(LESS_IS_BETTER) else 1.0
    ranks = [(not math.isnan(value), sign * value) for value in values]
    # a NaN would compare as equal to everything: its rank is told by the first place alone
    return max(range(len(ranks)), key=lambda i: (ranks[i][0], ranks[i][1] if ranks[i][0] else 0.0))
