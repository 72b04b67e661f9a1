"""`fxlab backtest`: a strategy over history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fxlab.backtesting import backtest
from fxlab.cli.output import Answer, figures_table
from fxlab.cli.runs import Run, new_run
from fxlab.cli.strategies import loaded_strategy
from fxlab.config import BacktestConfig, load_config
from fxlab.execution import Result
from fxlab.market import Bars


def run(path: Path, sets: Sequence[str], out: Path | None, with_report: bool) -> Answer:
    """Backtest what a config describes and keep it in a run folder."""
    config: BacktestConfig = load_config(path, "backtest", sets)
    strategy = loaded_strategy(config.strategy, path)
    bars = config.data.load()
    with new_run("backtest", config, out) as kept:
        result = backtest(
            strategy,
            bars,
            params=config.strategy.params,
            costs=config.costs,
            account=config.account,
            close_at_end=config.close_at_end,
        )
        figures = keep_result(kept, result, bars)
        if with_report:
            result.report(kept.folder / "report.html")
    return result_answer(kept, figures, bars, with_report)


def keep_result(kept: Run, result: Result, bars: Bars) -> Mapping[str, Any]:
    """Save a result into a run, with its figures as metrics; returns the figures."""
    result.save(kept.folder / "result")
    figures = {str(label): value for label, value in result.stats().items()}
    kept.write_metrics(figures)
    kept.provenance |= {"data": bars.checksum, "notes": list(bars.notes)}
    return figures


def result_answer(kept: Run, figures: Mapping[str, Any], bars: Bars, has_report: bool) -> Answer:
    """What a run of one strategy says."""
    data = {"run": kept.directory, "stats": figures, "notes": list(bars.notes)}
    if has_report:
        data["report"] = kept.directory / "report.html"
        last = f"Report: {kept.directory / 'report.html'}"
    else:
        last = f"Run: {kept.directory}  (a page of it: fxlab report {kept.directory})"
    return Answer(data, (figures_table(figures), *(f"Note: {one}" for one in bars.notes), last))
