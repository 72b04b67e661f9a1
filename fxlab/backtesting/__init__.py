"""Drive the kernel over history."""

from fxlab.backtesting.run import backtest

__all__ = ["backtest"]
