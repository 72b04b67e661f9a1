"""`fxlab paper replay`: history bar by bar, with a journal that resumes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fxlab.cli.backtest import keep_result, result_answer
from fxlab.cli.output import Answer, progress
from fxlab.cli.runs import new_run
from fxlab.cli.strategies import loaded_strategy
from fxlab.config import PaperConfig, load_config
from fxlab.paper import ReplayFeed, paper_trade


def run(path: Path, sets: Sequence[str], out: Path | None, journal: Path | None) -> Answer:
    """Trade a replay of a config's data and keep the outcome in a run folder."""
    config: PaperConfig = load_config(path, "paper", sets)
    strategy = loaded_strategy(config.strategy, path)
    bars = config.data.load()
    with new_run("paper", config, out) as kept, progress("Replaying") as advance:
        result = paper_trade(
            strategy,
            ReplayFeed(bars, config.pause_s),
            params=config.strategy.params,
            costs=config.costs,
            account=config.account,
            journal=journal,
            on_bar=lambda i, simulation: advance((i + 1) / len(bars)),
        )
        figures = keep_result(kept, result, bars)
        if journal is not None:
            kept.provenance["journal"] = str(journal)
    return result_answer(kept, figures, bars, has_report=False)
