"""What came of it, told honestly: figures, a self-contained page, and the verdict with its evidence.

`verdict` judges, `plots` and `summaries` draw (plotly loads when a figure is made), `tearsheet` writes the page.
"""

from fxlab.report.page import Html
from fxlab.report.plots import equity_and_drawdown, plot_result, position_and_price, positions
from fxlab.report.summaries import (
    cost_breakdown,
    cost_table,
    monthly_heatmap,
    monthly_returns,
    sharpe_intervals,
    trade_distribution,
)
from fxlab.report.tearsheet import Comparison, comparison, write_comparison, write_report
from fxlab.report.verdict import Verdict, verdict

__all__ = [
    "Comparison",
    "Html",
    "Verdict",
    "comparison",
    "cost_breakdown",
    "cost_table",
    "equity_and_drawdown",
    "monthly_heatmap",
    "monthly_returns",
    "plot_result",
    "position_and_price",
    "positions",
    "sharpe_intervals",
    "trade_distribution",
    "verdict",
    "write_comparison",
    "write_report",
]
