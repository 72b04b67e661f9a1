"""The figures of a run, with their units in the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fxlab import metrics

if TYPE_CHECKING:
    from fxlab.execution.result import Result


def summarise(result: Result) -> pd.Series:
    """Statistics of a Result as a Series; labels carry the unit: %, account currency, pips, bars or days.

    Annual figures use the bars a year of the FX week holds. NaN where a figure has no meaning, such as a Sharpe
    ratio without variation or an average of no trades.
    """
    home = result.account.currency
    equity = result.equity.to_numpy()
    n, year = len(equity), result.bars_per_year
    returns = metrics.simple_returns(equity) if n > 1 else np.empty(0)
    enough = n > 2 and bool(np.isfinite(returns).all()) and float(equity.min()) > 0
    fills, trades = result.fills, result.trades
    commission = float(fills["commission"].sum())
    swap = float(result.ledger.loc[result.ledger["kind"] == "swap", "amount"].sum())
    spread, slippage = float(fills["spread_cost"].sum()), float(fills["slippage_cost"].sum())
    drawdown = metrics.max_drawdown(equity) if enough else np.nan

    def of(function: Any, *inputs: Any) -> float:
        return float(function(*inputs)) if enough else np.nan

    figures: dict[str, Any] = {
        "Start": result.equity.index[0],
        "End": result.equity.index[-1],
        "Bars": n,
        f"Start balance [{home}]": result.account.balance,
        f"Final equity [{home}]": float(equity[-1]),
        f"Final balance [{home}]": float(result.balance.iloc[-1]),
        f"Peak equity [{home}]": float(equity.max()),
        "Return [%]": (float(equity[-1]) / result.account.balance - 1) * 100,
        "Buy and hold [%]": _buy_and_hold(result) * 100,
        "Annual return [%]": of(metrics.annual_return, equity, year) * 100,
        "Annual volatility [%]": of(metrics.annual_volatility, returns, year) * 100,
        "Sharpe ratio": of(metrics.sharpe_ratio, returns, year),
        "Sortino ratio": of(metrics.sortino_ratio, returns, year),
        "Calmar ratio": of(metrics.calmar_ratio, equity, year),
        "Max drawdown [%]": drawdown * 100,
        "Max drawdown [bars]": metrics.max_drawdown_duration(equity) if enough else np.nan,
        "Ulcer index [%]": of(metrics.ulcer_index, equity) * 100,
        "Skewness of returns": of(metrics.skewness, returns),
        "Kurtosis of returns": of(metrics.kurtosis, returns),
        "Time in market [%]": of(metrics.time_in_market, result.exposure.to_numpy()) * 100,
        "Mean exposure [× equity]": float(result.exposure.abs().sum(axis=1).mean()),
        "Turnover [× equity a year]": of(metrics.turnover, result.exposure.to_numpy()) / n * year,
        "Fills": len(fills),
        "Trades": len(trades),
        **_trade_figures(trades, home),
        f"Spread cost [{home}]": spread,
        f"Slippage cost [{home}]": slippage,
        f"Commission [{home}]": commission,
        f"Swap [{home}]": swap,
        f"Costs [{home}]": spread + slippage + commission - swap,
        "Refused orders": len(result.refusals),
        "Margin calls": len(result.margin_calls),
        "Margin stop-outs": int((fills["reason"] == "stop-out").sum()),
        "Bars per year": year,
    }
    return pd.Series(figures, name=result.name, dtype=object)


def _trade_figures(trades: pd.DataFrame, home: str) -> dict[str, Any]:
    net = trades["net"].to_numpy()
    labels = (
        "Win rate [%]",
        f"Average trade [{home}]",
        f"Best trade [{home}]",
        f"Worst trade [{home}]",
        "Average trade [pips]",
        "Profit factor",
        f"Expectancy [{home}]",
        "Average holding time",
    )
    if not net.size:
        return dict.fromkeys(labels, np.nan)
    values = (
        metrics.win_rate(net) * 100,
        float(net.mean()),
        float(net.max()),
        float(net.min()),
        float(trades["pips"].mean()),
        metrics.profit_factor(net),
        metrics.expectancy(net),
        (trades["exit_time"] - trades["entry_time"]).mean(),
    )
    return dict(zip(labels, values, strict=True))


def _buy_and_hold(result: Result) -> float:
    """Change of the mid close, averaged over pairs: what holding each of them unleveraged would have moved."""
    close = result.close.bfill()
    return float((close.iloc[-1] / close.iloc[0] - 1).mean())
