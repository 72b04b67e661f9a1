"""Is it real? Splits that do not leak, and statistics that know about luck.

Pure: arrays, callables and protocols only, so that every room above can be judged by it.
"""

from fxlab.validation.bootstrap import (
    Interval,
    automatic_block_length,
    bootstrap_interval,
    sharpe_difference_interval,
    sharpe_interval,
    stationary_bootstrap,
)
from fxlab.validation.lookahead import LookaheadReport, check_lookahead
from fxlab.validation.splits import WalkForwardSplit, holdout_split
from fxlab.validation.statistics import (
    DeflatedSharpe,
    annualization_factor,
    deflated_sharpe_ratio,
    expected_max_sharpe,
    mase,
    minimum_backtest_length,
    minimum_track_record_length,
    probabilistic_sharpe_ratio,
    sharpe_standard_error,
)

__all__ = [
    "DeflatedSharpe",
    "Interval",
    "LookaheadReport",
    "WalkForwardSplit",
    "annualization_factor",
    "automatic_block_length",
    "bootstrap_interval",
    "check_lookahead",
    "deflated_sharpe_ratio",
    "expected_max_sharpe",
    "holdout_split",
    "mase",
    "minimum_backtest_length",
    "minimum_track_record_length",
    "probabilistic_sharpe_ratio",
    "sharpe_difference_interval",
    "sharpe_interval",
    "sharpe_standard_error",
    "stationary_bootstrap",
]
