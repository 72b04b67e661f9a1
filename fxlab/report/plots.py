"""Figures over time: equity and drawdown, price with trades, positions.

Lines of more points than a screen shows are thinned to the lowest and highest of each bucket (`style.thinned`), so
that troughs and spikes stay; what is told in tables is always computed from every bar.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fxlab import metrics
from fxlab.report import style
from fxlab.report.style import BLUE, GREY, ORANGE, SKY, VERMILLION, new_figure, shown, thinned, utc

if TYPE_CHECKING:
    from fxlab.execution import Result

MAX_MARKERS = 1_500
"""Trade markers drawn, the latest; more would hide the price."""


def plot_result(result: Result, symbol: str | None = None) -> Any:
    """Equity, drawdown, price with entries and exits, and exposure of one run, on one time axis.

    Args:
        symbol: whose price and trades are drawn; None is the first pair.

    Returns:
        plotly Figure.

    Raises:
        ValueError: a symbol the run does not have.
    """
    symbol = _symbol_of(result, symbol)
    figure = _new_figure_of_time(900, rows=4, row_heights=[0.34, 0.16, 0.32, 0.18])
    runs = {result.name: result}
    _draw_equity(figure, runs, row=1)
    _draw_drawdown(figure, runs, row=2)
    _draw_price(figure, result, symbol, row=3)
    _draw_exposure(figure, result, result.symbols, row=4)
    figure.update_traces(showlegend=False, selector={"type": "scatter", "mode": "lines"})
    return figure


def equity_and_drawdown(results: Result | Mapping[str, Result]) -> Any:
    """Equity above, distance below its highest so far beneath; several runs share the figure.

    Runs with different accounts are drawn as percent of their start balance.
    """
    runs = style.as_runs(results)
    figure = _new_figure_of_time(560, rows=2, row_heights=[0.68, 0.32])
    _draw_equity(figure, runs, row=1)
    _draw_drawdown(figure, runs, row=2)
    if len(runs) == 1:
        figure.update_layout(showlegend=False)
    return figure


def position_and_price(result: Result, symbol: str | None = None) -> Any:
    """Mid close with the entries and exits of one pair, its exposure beneath."""
    symbol = _symbol_of(result, symbol)
    figure = _new_figure_of_time(560, rows=2, row_heights=[0.7, 0.3])
    _draw_price(figure, result, symbol, row=1)
    _draw_exposure(figure, result, (symbol,), row=2)
    figure.update_traces(showlegend=False, selector={"mode": "lines"})
    return figure


def positions(results: Mapping[str, Result], symbol: str | None = None) -> Any:
    """Mid close of one pair, and beneath it the exposure of each run in a panel of its own."""
    runs = style.as_runs(results)
    symbol = symbol or next(iter(runs.values())).symbols[0]
    runs = {name: run for name, run in runs.items() if symbol in run.symbols} or runs
    first = next(iter(runs.values()))
    _symbol_of(first, symbol)
    n = len(runs)
    figure = _new_figure_of_time(
        220 + 84 * n,
        rows=n + 1,
        row_heights=[2.2] + [1.0] * n,
        subplot_titles=["", *(shown(name) for name in runs)],
    )
    _draw_close(figure, first, symbol, row=1)
    colours = style.run_colours(results)
    most = max(float(run.exposure[symbol].abs().max()) for run in runs.values())
    for row, (name, run) in enumerate(runs.items(), start=2):
        _draw_exposure(figure, run, (symbol,), row=row, colour=colours[name][0])
        figure.update_yaxes(title_text="", range=[-1.15 * (most or 1), 1.15 * (most or 1)], nticks=3, row=row)
    figure.update_yaxes(title_text="× equity", row=2 + n // 2)
    figure.update_annotations(x=0.0, xanchor="left", font_size=12)
    figure.update_layout(showlegend=False)
    return figure


def _new_figure_of_time(height: int, *, rows: int, **settings: Any) -> Any:
    figure = new_figure(height, rows=rows, **settings)
    figure.update_xaxes(type="date")
    figure.update_xaxes(title_text="time (UTC)", row=rows)
    return figure


# --- panels ------------------------------------------------------------------------------------------


def _draw_equity(figure: Any, runs: Mapping[str, Result], row: int) -> None:
    accounts = {(run.account.currency, run.account.balance) for run in runs.values()}
    one_account = len(accounts) == 1
    for name, run in runs.items():
        equity = run.equity.to_numpy()
        values = equity if one_account else (equity / run.account.balance - 1) * 100
        _draw_run(figure, runs, name, values, row, "%{y:,.2f}", showlegend=True)
    currency, balance = next(iter(accounts))
    label = f"equity [{currency}]" if one_account else "return [%]"
    figure.update_yaxes(title_text=label, tickformat=",", row=row)
    figure.add_hline(y=balance if one_account else 0.0, line={"color": GREY, "width": 1}, row=row)


def _draw_drawdown(figure: Any, runs: Mapping[str, Result], row: int) -> None:
    for name, run in runs.items():
        values = metrics.drawdowns(run.equity.to_numpy()) * 100
        _draw_run(figure, runs, name, values, row, "%{y:.2f} %", showlegend=False, fill=len(runs) == 1)
    figure.update_yaxes(title_text="drawdown [%]", row=row)


def _draw_run(
    figure: Any,
    runs: Mapping[str, Result],
    name: str,
    values: np.ndarray,
    row: int,
    told: str,
    *,
    showlegend: bool,
    fill: bool = False,
) -> None:
    colour, dash = style.run_colours(runs)[name]
    rows = thinned(values, style.points_each(len(runs)))
    figure.add_scatter(
        x=utc(runs[name].equity.index[rows]),
        y=values[rows],
        mode="lines",
        name=shown(name),
        legendgroup=shown(name),
        showlegend=showlegend,
        line={"color": colour, "dash": dash, "width": 1.6},
        fill="tozeroy" if fill else None,
        hovertemplate=f"%{{x}}<br>{told}",
        row=row,
        col=1,
    )


def _draw_close(figure: Any, result: Result, symbol: str, row: int) -> None:
    close = result.close[symbol].to_numpy()
    rows = thinned(close, style.MAX_POINTS)
    figure.add_scatter(
        x=utc(result.close.index[rows]),
        y=close[rows],
        mode="lines",
        name=f"{symbol} mid close",
        line={"color": GREY, "width": 1.2},
        hovertemplate="%{x}<br>%{y:.5f}",
        row=row,
        col=1,
    )
    figure.update_yaxes(title_text=f"{symbol} mid close", row=row)


def _draw_price(figure: Any, result: Result, symbol: str, row: int) -> None:
    """The close, and markers where positions were entered and left."""
    _draw_close(figure, result, symbol, row)
    entries = openings(result, symbol)
    trades = result.trades[result.trades["symbol"] == symbol]
    made = trades["net"] > 0
    buys = entries["side"] == "buy"
    for name, table, time, price, marker, colour in (
        ("Long entry", entries[buys], "time", "price", "triangle-up", BLUE),
        ("Short entry", entries[~buys], "time", "price", "triangle-down", ORANGE),
        ("Exit with a profit", trades[made], "exit_time", "exit_price", "circle-open", BLUE),
        ("Exit with a loss", trades[~made], "exit_time", "exit_price", "x-thin-open", VERMILLION),
    ):
        n, drawn = len(table), table.iloc[-MAX_MARKERS:]
        if not n:
            continue
        figure.add_scatter(
            x=utc(pd.Index(drawn[time])),
            y=drawn[price].to_numpy(),
            mode="markers",
            name=name if n == len(drawn) else f"{name} (last {len(drawn):,} of {n:,})",
            marker={"symbol": marker, "color": colour, "size": 7, "line": {"width": 1.5, "color": colour}},
            customdata=drawn["lots"].to_numpy(),
            hovertemplate="%{x}<br>%{y:.5f}<br>%{customdata:.2f} lots",
            row=row,
            col=1,
        )


def _draw_exposure(
    figure: Any, result: Result, symbols: tuple[str, ...], row: int, colour: str = SKY
) -> None:
    for n, symbol in enumerate(symbols):
        held = result.exposure[symbol].to_numpy()
        rows = thinned(held, style.points_each(len(symbols)))
        alone = len(symbols) == 1
        line = colour if alone else style.CYCLE[n % len(style.CYCLE)]
        figure.add_scatter(
            x=utc(result.exposure.index[rows]),
            y=held[rows],
            mode="lines",
            name=symbol,
            line={"color": line, "width": 1, "shape": "hv"},
            fill="tozeroy" if alone else None,
            hovertemplate=f"%{{x}}<br>{symbol} %{{y:.2f}} × equity",
            row=row,
            col=1,
        )
    figure.update_yaxes(title_text="exposure [× equity]", row=row)


def openings(result: Result, symbol: str) -> pd.DataFrame:
    """The fills of a pair that opened or enlarged a position; the others are the closing rows of `trades`."""
    fills = result.fills[result.fills["symbol"] == symbol]
    signed = np.where(fills["side"] == "buy", fills["lots"], -fills["lots"])
    before = np.cumsum(signed) - signed
    before = np.where(np.abs(before) < 1e-9, 0.0, before)  # sums of lot steps leave rounding noise
    return fills[before * signed >= 0]


def _symbol_of(result: Result, symbol: str | None) -> str:
    if symbol is None:
        return result.symbols[0]
    if symbol not in result.symbols:
        raise ValueError(f"{result.name} traded no {symbol}; its pairs are {', '.join(result.symbols)}")
    return symbol
