"""Figures that sum a run up: Sharpe intervals, costs, trades, months."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fxlab.report.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    as_runs,
    new_figure,
    run_colours,
    shown,
)
from fxlab.report.verdict import Verdict
from fxlab.report.wording import between

if TYPE_CHECKING:
    from fxlab.execution import Result

COST_COLOURS = {"Spread": BLUE, "Slippage": ORANGE, "Commission": GREEN, "Swap": PURPLE}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def sharpe_intervals(judged: Verdict) -> Any:
    """Each run's Sharpe ratio with its interval against the line of zero; grey where the interval holds zero."""
    share = f"{judged.level * 100:g} %"
    table = judged.table.iloc[::-1]  # plotly draws the first row lowest
    middle = table["Sharpe ratio"].to_numpy(float)
    low, high = (table[f"Sharpe {share} {end}"].to_numpy(float) for end in ("low", "high"))
    colours = np.where(low > 0, BLUE, np.where(high < 0, VERMILLION, GREY))
    figure = new_figure(110 + 36 * len(table))
    for n, name in enumerate(table.index):
        if np.isnan(middle[n]):
            continue
        figure.add_scatter(
            x=[middle[n]],
            y=[shown(name)],
            mode="markers",
            marker={"color": colours[n], "size": 10},
            error_x={
                "array": [high[n] - middle[n]],
                "arrayminus": [middle[n] - low[n]],
                "color": colours[n],
                "thickness": 2,
                "width": 5,
            },
            hovertemplate=f"%{{y}}<br>Sharpe ratio %{{x:.2f}}<br>{share} {between(low[n], high[n])}",
            name="",
            showlegend=False,
        )
    figure.add_vline(x=0.0, line={"color": "#333333", "width": 1.5})
    figure.update_xaxes(title_text=f"Sharpe ratio a year, {share} interval")
    # a run without a Sharpe ratio keeps its row, empty
    figure.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=[shown(name) for name in table.index],
        range=[-0.6, len(table) - 0.4],
    )
    return figure


def cost_table(results: Result | Mapping[str, Result]) -> pd.DataFrame:
    """Spread, slippage, commission and swap of each run, positive when paid, with their sum; account currency."""
    rows = {}
    for name, run in as_runs(results).items():
        swap = float(run.ledger.loc[run.ledger["kind"] == "swap", "amount"].sum())
        rows[name] = {
            "Spread": float(run.fills["spread_cost"].sum()),
            "Slippage": float(run.fills["slippage_cost"].sum()),
            "Commission": float(run.fills["commission"].sum()),
            "Swap": 0.0 - swap,
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("run")
    return table.assign(Total=table.sum(axis=1))


def cost_breakdown(results: Result | Mapping[str, Result]) -> Any:
    """What each run paid for trading, stacked; swap that was received lies left of zero."""
    runs = as_runs(results)
    table = cost_table(runs).iloc[::-1]
    figure = new_figure(120 + 36 * len(table))
    for kind, colour in COST_COLOURS.items():
        figure.add_bar(
            x=table[kind].to_numpy(),
            y=[shown(name) for name in table.index],
            orientation="h",
            name=kind,
            marker={"color": colour},
            hovertemplate=f"%{{y}}<br>{kind} %{{x:,.2f}}",
        )
    currencies = {run.account.currency for run in runs.values()}
    unit = currencies.pop() if len(currencies) == 1 else "account currency"
    figure.update_layout(barmode="relative", legend_traceorder="normal")
    figure.add_vline(x=0.0, line={"color": "#333333", "width": 1})
    figure.update_xaxes(title_text=f"paid [{unit}]", tickformat=",")
    return figure


def trade_distribution(results: Result | Mapping[str, Result]) -> Any:
    """Net profit of each closed trade: a histogram of one run, a box for each of several."""
    runs = {name: run for name, run in as_runs(results).items() if len(run.trades)}
    currencies = {run.account.currency for run in runs.values()}
    unit = currencies.pop() if len(currencies) == 1 else "account currency"
    if len(runs) <= 1:
        figure = new_figure(320)
        for run in runs.values():
            net = run.trades["net"].to_numpy()
            figure.add_histogram(
                x=net,
                nbinsx=60,
                marker={"color": SKY, "line": {"color": "white", "width": 0.5}},
                name="trades",
            )
        figure.update_layout(bargap=0.02, showlegend=False)
        figure.update_yaxes(title_text="trades")
    else:
        figure = new_figure(110 + 44 * len(runs))
        colours = run_colours(as_runs(results))  # the same as in the other figures
        for name, run in reversed(runs.items()):
            figure.add_box(
                x=run.trades["net"].to_numpy(),
                name=shown(name),
                marker={"color": colours[name][0], "size": 3},
                line={"width": 1.3},
                boxpoints="outliers",
            )
        figure.update_layout(showlegend=False)
    figure.add_vline(x=0.0, line={"color": "#333333", "width": 1.5})
    figure.update_xaxes(title_text=f"net of a trade [{unit}]", tickformat=",")
    return figure


def monthly_returns(result: Result) -> pd.Series:
    """Return of each calendar month (UTC, by bar opening) in percent, index "2017-03"; the first from the balance.

    NaN from the month on in which the account had nothing left.
    """
    months = pd.DatetimeIndex(result.equity.index).strftime("%Y-%m")
    last = result.equity.groupby(months).last()
    before = last.shift(1, fill_value=result.account.balance)
    return ((last / before - 1) * 100).where(before > 0).rename_axis("month").rename("Return [%]")


def monthly_heatmap(results: Result | Mapping[str, Result]) -> Any:
    """Monthly returns in percent: years × months of one run, runs × months of several; blue gains, orange losses.

    Returns:
        plotly Figure; None when the runs span fewer than two months.
    """
    runs = as_runs(results)
    table = pd.DataFrame({name: monthly_returns(run) for name, run in runs.items()}).sort_index()
    if len(table) < 2:
        return None
    if len(runs) == 1:
        column = table.iloc[:, 0]
        parts = [str(month).split("-") for month in table.index]
        keys = pd.MultiIndex.from_tuples([(year, int(month)) for year, month in parts])
        grid = pd.Series(column.to_numpy(), index=keys).unstack().reindex(columns=range(1, 13))
        columns, rows = list(MONTHS), [str(year) for year in grid.index]
        values = grid.to_numpy(float)
    else:
        columns, rows = [str(month) for month in table.index], [shown(name) for name in table.columns]
        values = table.to_numpy(float).T
    most = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 0.0
    figure = new_figure(110 + 34 * len(rows))
    figure.add_heatmap(
        z=values,
        x=columns,
        y=rows,
        zmin=-(most or 1.0),
        zmax=most or 1.0,
        colorscale=[[0.0, VERMILLION], [0.5, "#FFFFFF"], [1.0, BLUE]],
        text=[["" if np.isnan(v) else f"{v:+.1f}".replace("-", "−") for v in row] for row in values],
        texttemplate="%{text}" if len(columns) <= 24 else None,
        hovertemplate="%{y} %{x}: %{z:.2f} %<extra></extra>",
        showscale=len(columns) > 24,  # else every cell tells its number
        colorbar={"title": {"text": "%"}, "thickness": 12},
        xgap=2,
        ygap=2,
    )
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    figure.update_xaxes(type="category", showgrid=False)
    return figure
