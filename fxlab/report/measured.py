"""One run's figures for a verdict: its Sharpe ratio with an interval, against luck and against another run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fxlab import metrics
from fxlab.validation import (
    automatic_block_length,
    deflated_sharpe_ratio,
    sharpe_difference_interval,
    sharpe_interval,
)
from fxlab.validation.statistics import Interval

if TYPE_CHECKING:
    from fxlab.execution import Result

MIN_RETURNS = 30
"""Returns other than zero below which no interval is told: resamples of one lucky bar are all lucky."""


@dataclass(frozen=True)
class Measured:
    """One run's figures.

    Attributes:
        sharpe: a year's ratio with its interval; NaN where there is none.
        probability: deflated Sharpe ratio, the probability that skill beats luck.
        luck: a year's Sharpe ratio that the best of all tried is expected to reach without skill.
        excess: its Sharpe ratio less the reference run's, bar paired with bar; None without a reference.
    """

    name: str
    result: Result
    returns: pd.Series
    stats: pd.Series
    sharpe: Interval
    probability: float = math.nan
    luck: float = math.nan
    excess: Interval | None = None

    @property
    def has_traded(self) -> bool:
        return len(self.result.fills) > 0

    @property
    def n_moves(self) -> int:
        """Bars on which the equity changed."""
        return int(np.count_nonzero(self.returns))

    @property
    def year(self) -> float:
        return self.result.bars_per_year

    @property
    def costs(self) -> float:
        return float(self.stats[f"Costs [{self.result.account.currency}]"])

    @property
    def gain(self) -> float:
        return float(self.result.equity.iloc[-1]) - self.result.account.balance

    @property
    def cost_share(self) -> float:
        """Costs as a fraction of what was made before them; NaN when nothing was."""
        before = self.gain + self.costs
        return self.costs / before if before > 0 and self.has_traded else math.nan

    def moments(self) -> dict[str, float]:
        """Skewness and kurtosis of the returns, as the statistics of a Sharpe ratio take them."""
        values = self.returns.to_numpy()
        skew = metrics.skewness(values)
        # one trade among idle bars lies on the bound kurtosis = 1 + skew², and rounding may fall below it
        return {"skew": skew, "kurtosis": max(metrics.kurtosis(values), 1.0 + skew**2)}


def measure(name: str, result: Result, level: float, seed: int, n_resamples: int) -> Measured:
    """The run's returns and statistics; no interval for few bars that moved it, or an account that was lost."""
    enough = len(result.equity) > MIN_RETURNS and float(result.equity.min()) > 0
    returns = result.returns() if len(result.equity) > 1 else pd.Series(dtype=float)
    sharpe = Interval(math.nan, math.nan, math.nan, 1.0, level)
    if enough:
        values = returns.to_numpy()
        block = _block_length(values)
        sharpe = sharpe_interval(values, result.bars_per_year, level, n_resamples, block, seed)
        if np.count_nonzero(values) < MIN_RETURNS:
            sharpe = replace(sharpe, low=math.nan, high=math.nan)
    return Measured(name, result, returns, result.stats(), sharpe)


def _block_length(values: np.ndarray) -> float:
    try:
        return automatic_block_length(values)
    except ImportError:  # without the validation extra: the rate at which the best length grows
        return max(1.0, len(values) ** (1 / 3))


def trial_variance(measured: Sequence[Measured]) -> float:
    """Variance of the annualised Sharpe ratios of the runs that traded; NaN for fewer than two."""
    ratios = [one.sharpe.estimate for one in measured if one.has_traded]
    known = [ratio for ratio in ratios if not math.isnan(ratio)]
    return float(np.var(known, ddof=1)) if len(known) > 1 else math.nan


def against(
    one: Measured,
    reference: Measured | None,
    n_tried: int,
    variance: float,
    level: float,
    seed: int,
    n_resamples: int,
) -> Measured:
    """The run with what it takes to beat luck, and its difference to the reference run."""
    if math.isnan(one.sharpe.low):
        return one
    n = len(one.returns)
    by_bar = 1.0 / (n - 1) if math.isnan(variance) else variance / one.year
    deflated = deflated_sharpe_ratio(
        one.sharpe.estimate / math.sqrt(one.year), n, n_tried, by_bar, **one.moments()
    )
    excess = None
    if reference is not None and reference.name != one.name:
        pair = pd.concat([one.returns, reference.returns], axis=1, join="inner").to_numpy()
        if len(pair) >= MIN_RETURNS and not math.isnan(reference.sharpe.low):
            block = _block_length(pair)
            excess = sharpe_difference_interval(
                pair[:, 0], pair[:, 1], one.year, level, n_resamples, block, seed
            )
    luck = deflated.threshold * math.sqrt(one.year)
    return replace(one, probability=deflated.value, luck=luck, excess=excess)
