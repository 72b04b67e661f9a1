"""The page: one self-contained HTML file about a run, or about several side by side."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from fxlab.report import plots, summaries
from fxlab.report.page import Html, bullets, escaped, figure, folded, page, paragraph, table, write_whole
from fxlab.report.style import as_runs
from fxlab.report.verdict import Verdict, verdict
from fxlab.report.wording import counted, told

if TYPE_CHECKING:
    from fxlab.execution import Result

MAX_TRADES = 200
"""Trades listed for a run, the latest; the count is told."""
MAX_PAIRS = 4
"""Pairs drawn on a page, the first; the others are named."""
SMALL_PRINT = (
    "Research, not advice. A backtest is a story about the past under assumed costs; it fills every order, moves no "
    "price and knows no outage. Intervals tell the luck within this sample, not a change of the market after it."
)

Section = tuple[str, Any]


@dataclass(frozen=True)
class Comparison:
    """Several runs and what can be said of them.

    Attributes:
        results: {name: Result}. verdict: the judgement over all of them.
    """

    results: Mapping[str, Result]
    verdict: Verdict

    @property
    def table(self) -> pd.DataFrame:
        """A row a run, units in the labels."""
        return self.verdict.table

    def plot(self) -> Any:
        """Plotly figure of every run's equity and drawdown."""
        return plots.equity_and_drawdown(self.results)

    def write(
        self,
        path: str | Path,
        *,
        title: str = "Comparison",
        subtitle: str = "",
        sections: Sequence[Section] = (),
    ) -> Path:
        """Write the page; see `write_comparison`."""
        return write_comparison(
            self.results, path, title=title, subtitle=subtitle, sections=sections, judged=self.verdict
        )


def comparison(results: Mapping[str, Result], **settings: Any) -> Comparison:
    """Runs side by side with their verdict; settings are those of `verdict`."""
    runs = as_runs(results)
    return Comparison(runs, verdict(runs, **settings))


def write_report(
    result: Result,
    path: str | Path,
    *,
    title: str | None = None,
    subtitle: str = "",
    sections: Sequence[Section] = (),
    judged: Verdict | None = None,
) -> Path:
    """Write a page about one run: verdict, equity, positions, trades, costs, months, every figure, how it was run.

    Args:
        path: of the HTML file; replaced whole or not at all.
        title: heading; None is the run's name and pairs. subtitle: a line under it.
        sections: further (heading, content); content is text, `Html`, a plotly figure, a DataFrame, Series or
            mapping, or a list of these. Text and names are escaped.
        judged: the verdict; None judges the run.

    Returns:
        The path.

    Raises:
        TypeError: a section whose content is none of these.
    """
    title = title or f"{result.name} on {', '.join(result.symbols)}"
    return _write({result.name: result}, path, title, subtitle, sections, judged)


def write_comparison(
    results: Mapping[str, Result],
    path: str | Path,
    *,
    title: str = "Comparison",
    subtitle: str = "",
    sections: Sequence[Section] = (),
    judged: Verdict | None = None,
) -> Path:
    """Write a page that sets runs side by side. Arguments are those of `write_report`.

    Raises:
        ValueError: no runs. TypeError: a section whose content cannot be shown.
    """
    return _write(as_runs(results), path, title, subtitle, sections, judged)


def _write(
    runs: dict[str, Result],
    path: str | Path,
    title: str,
    subtitle: str,
    sections: Sequence[Section],
    judged: Verdict | None,
) -> Path:
    judged = judged or verdict(runs)
    numbers = itertools.count(1)

    def draw(plot: Any, caption: str) -> Html:
        return figure(plot, f"figure-{next(numbers)}", caption)

    parts: list[tuple[str, Html]] = []
    if len(runs) > 1:
        parts.append(("Comparison", _compared(judged, draw)))
    parts += [("Equity and drawdown", _equity(runs, draw)), ("Positions", _positions(runs, draw))]
    parts += [("Trades", _trades(runs, draw)), ("Costs", _costs(runs, draw))]
    parts += [("Monthly returns", _months(runs, draw))]
    parts += [(heading, _shown(heading, content, draw)) for heading, content in sections]
    parts += [("Every figure", _figures(runs)), ("How it was run", _settings(runs))]
    return write_whole(path, page(title, _head(title, subtitle, runs, judged), parts, paragraph(SMALL_PRINT)))


# --- sections ----------------------------------------------------------------------------------------


Draw = Callable[[Any, str], Html]


def _head(title: str, subtitle: str, runs: Mapping[str, Result], judged: Verdict) -> Html:
    notes = list(dict.fromkeys(note for run in runs.values() for note in run.info.get("notes", ())))
    lead = paragraph(subtitle, "subtitle") if subtitle else ""
    data = ". ".join([_data_line(next(iter(runs.values()))), *map(str, notes)])
    return Html(
        f"<h1>{escaped(title)}</h1>{lead}{paragraph(data + '.', 'subtitle')}"
        f'<div class="verdict" role="note" aria-label="Verdict">{paragraph(judged.sentence)}'
        f"{bullets(judged.evidence)}</div>"
    )


def _data_line(run: Result) -> str:
    first, last = run.equity.index[0], run.equity.index[-1]
    every = run.info.get("every")
    spacing = f" of {told(pd.Timedelta(every))}" if every else ""
    return (
        f"{', '.join(run.symbols)}: {counted(len(run.equity), 'bar')}{spacing}, {told(first)} to {told(last)}; "
        f"account of {told(run.account.balance)} {run.account.currency}"
    )


def _compared(judged: Verdict, draw: Draw) -> Html:
    share = f"{judged.level * 100:g} %"
    shares = {"Deflated Sharpe [%]": 0, "Costs [% of gross]": 0}
    best = [judged.best] if judged.best is not None else []
    return Html(
        table(judged.table, "The runs side by side, after costs", decimals=shares, marked=best)
        + draw(
            summaries.sharpe_intervals(judged),
            f"Sharpe ratio of each run with its {share} interval; grey where the interval holds zero, that is, where "
            "nothing better than staying flat is shown.",
        )
        + paragraph(
            "Deflated Sharpe: probability that the true Sharpe ratio is above what the best of the tried strategies "
            "reaches by luck; more than 95 % is asked. Costs in percent of gross: what spread, slippage, commission "
            "and swap took of the gain before them; – where there was none. The row marked is the one that the "
            "verdict speaks of.",
            "note",
        )
    )


def _equity(runs: Mapping[str, Result], draw: Draw) -> Html:
    caption = (
        "Equity after each bar, open positions at the side they would close on; below it the distance from the "
        "highest so far."
    )
    return draw(plots.equity_and_drawdown(runs), caption)


def _positions(runs: Mapping[str, Result], draw: Draw) -> Html:
    symbols = list(dict.fromkeys(symbol for run in runs.values() for symbol in run.symbols))
    parts = []
    for symbol in symbols[:MAX_PAIRS]:
        if len(runs) == 1:
            (run,) = runs.values()
            caption = f"{symbol}: entries and exits on the mid close, exposure as a multiple of equity below."
            parts.append(draw(plots.position_and_price(run, symbol), caption))
        else:
            caption = f"{symbol}: mid close, and the exposure of each run as a multiple of equity."
            parts.append(draw(plots.positions(runs, symbol), caption))
    if len(symbols) > MAX_PAIRS:
        parts.append(paragraph(f"Not drawn: {', '.join(symbols[MAX_PAIRS:])}.", "note"))
    return Html("".join(parts))


_PRICES = {"entry price": 5, "exit price": 5, "pips": 1, "mae": 1, "mfe": 1}


def _trades(runs: Mapping[str, Result], draw: Draw) -> Html:
    parts = []
    if any(len(run.trades) for run in runs.values()):
        caption = "Net profit of each closed trade, after spread, slippage, commission and swap."
        parts.append(draw(summaries.trade_distribution(runs), caption))
    for name, run in runs.items():
        n, n_open = len(run.trades), int((run.lots.iloc[-1] != 0).sum())
        still = f", {counted(n_open, 'position')} open at the end" if n_open else ""
        latest = f", the last {MAX_TRADES} listed" if n > MAX_TRADES else ""
        summary = f"{name}: {counted(n, 'closed trade')}{latest}{still}"
        if not n:
            parts.append(paragraph(summary + "."))
            continue
        listed = run.trades.iloc[: -MAX_TRADES - 1 : -1].rename(columns=lambda label: label.replace("_", " "))
        for column in ("entry time", "exit time"):  # the note names the zone once
            listed[column] = pd.DatetimeIndex(listed[column]).tz_convert("UTC").tz_localize(None)
        rows = table(listed, f"Trades of {name}, latest first", decimals=_PRICES, with_index=False)
        units = f"Latest first. Gross, costs and net in {run.account.currency}; mae and mfe, the largest adverse and "
        units += "favourable excursion, in pips; times in UTC."
        parts.append(folded(summary, Html(paragraph(units, "note") + rows), is_open=len(runs) == 1))
    return Html("".join(parts))


def _costs(runs: Mapping[str, Result], draw: Draw) -> Html:
    unit = ", ".join(sorted({run.account.currency for run in runs.values()}))
    return Html(
        draw(
            summaries.cost_breakdown(runs),
            "What trading cost, by kind; swap that was received counts negative.",
        )
        + table(summaries.cost_table(runs), "Costs by kind")
        + paragraph(f"In {unit}. Spread: half of it on the way in and half on the way out.", "note")
    )


def _months(runs: Mapping[str, Result], draw: Draw) -> Html:
    plot = summaries.monthly_heatmap(runs)
    if plot is None:
        return paragraph("The runs span a single calendar month; a table of months needs two.")
    return draw(
        plot,
        "Return of each calendar month in percent of the equity at its start; months cut off by the span are partial.",
    )


def _figures(runs: Mapping[str, Result]) -> Html:
    columns = {name: run.stats().map(told) for name, run in runs.items()}
    frame = pd.DataFrame(columns).reindex(list(dict.fromkeys(k for c in columns.values() for k in c.index)))
    frame = frame.fillna(told(None)).rename_axis("figure")
    return table(frame, "Every figure of the runs", right=True)


def _settings(runs: Mapping[str, Result]) -> Html:
    from fxlab import __version__

    rows = {name: _setting(run) for name, run in runs.items()}
    frame = pd.DataFrame(rows).rename_axis("setting")
    same = [label for label in frame.index if frame.loc[label].nunique(dropna=False) == 1]
    shared = frame.loc[same].iloc[:, :1].set_axis(["every run" if len(runs) > 1 else "value"], axis=1)
    shared.loc["fxlab"] = __version__
    parts = [table(shared, "Settings that all runs share")]
    if len(same) < len(frame):
        parts.append(table(frame.drop(index=same), "Settings in which the runs differ"))
    timing = (
        "Decided at the close of a bar, filled at the open of the next: buys at the ask, sells at the bid."
    )
    return Html(paragraph(timing) + "".join(parts))


_UNSET = {"spread_pips": "the bars' own", "commission_currency": "the account's", "swap": "none charged"}


def _setting(run: Result) -> dict[str, str]:
    account = run.account
    told_apart = {
        "Account": f"{told(account.balance)} {account.currency}",
        "Leverage": _told(account.leverage),
        "Margin call, stop-out": f"{told(account.margin_call)}, {told(account.stop_out)} of used margin",
    }
    for name, value in dict(run.info.get("costs", {})).items():
        told_apart[f"Costs: {name}"] = _told(value) if value is not None else _UNSET.get(name, told(None))
    for name, value in run.info.items():
        if name == "every":
            told_apart["Bar length"] = told(None if value is None else pd.Timedelta(value))
        elif name not in ("costs", "strategy"):
            told_apart[{"data": "Data checksum", "notes": "Data notes"}.get(name, str(name))] = _told(value)
    return told_apart


def _told(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_told(one)}" for key, one in value.items()) or told(None)
    if isinstance(value, (list, tuple)):
        return "; ".join(map(_told, value)) or told(None)
    return told(value)


def _shown(heading: str, content: Any, draw: Draw) -> Html:
    """A section's content as HTML: text escaped, tables and figures drawn."""
    if isinstance(content, Html):
        return content
    if isinstance(content, str):
        return paragraph(content)
    if isinstance(content, pd.DataFrame):
        counted_rows = isinstance(content.index, pd.RangeIndex)
        return table(content, heading, with_index=not counted_rows)
    if isinstance(content, (pd.Series, Mapping)):
        return table(pd.Series(content, dtype=object).map(_told).to_frame(""), heading)
    if hasattr(content, "to_html") and hasattr(content, "to_plotly_json"):
        return draw(content, heading)
    if isinstance(content, (list, tuple)):
        return Html("".join(_shown(heading, one, draw) for one in content))
    raise TypeError(
        f"section {heading!r} holds a {type(content).__name__}; pass text, Html, a figure, a DataFrame, a Series, a "
        "mapping or a list of these"
    )
