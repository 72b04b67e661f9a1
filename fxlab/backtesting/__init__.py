"""Drive the kernel over history: one run, a sweep over parameters, a walk forward."""

from fxlab.backtesting.run import backtest
from fxlab.backtesting.sweep import Sweep, sweep
from fxlab.backtesting.walk_forward import WalkForward, walk_forward

__all__ = ["Sweep", "WalkForward", "backtest", "sweep", "walk_forward"]
