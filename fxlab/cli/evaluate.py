"""`fxlab evaluate`: a forecaster, an agent or a strategy beside what it has to beat, and a verdict."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from fxlab.backtesting import backtest
from fxlab.cli.learning import Learned, TrainingConfig, learn, load_learned, split
from fxlab.cli.output import Answer, frame_table, progress
from fxlab.cli.runs import CONFIG, new_run, read_provenance
from fxlab.cli.strategies import loaded_strategy
from fxlab.config import BacktestConfig, ConfigError, DQNTrainingConfig, ForecasterTrainingConfig, load_config
from fxlab.data import DataError
from fxlab.execution import Result
from fxlab.market import Bars
from fxlab.strategy import from_forecaster

KINDS = ("backtest", "forecaster", "dqn")
BASELINES = {"Flat": 0.0, "Buy and hold": 1.0}


def run(path: Path, sets: Sequence[str], out: Path | None) -> Answer:
    """Evaluate a config, trained first if it is a training's, or the folder of a run."""
    folder = path if path.is_dir() else None
    if folder is not None and not (folder / CONFIG).is_file():
        raise ConfigError(f"{folder} holds no {CONFIG}; give a config or the folder of a run")
    config = load_config(path if folder is None else folder / CONFIG, KINDS, sets)
    bars = config.data.load()
    if folder is not None:
        _same_data(folder, bars)
    with new_run("evaluate", config, out) as kept:
        sections: list[tuple[str, Any]] = []
        if isinstance(config, BacktestConfig):
            results = _strategy_results(config, path, bars)
        else:
            learned = _learned(config, bars, folder)
            if folder is None:
                learned.save(kept.folder, config)
            results = _learned_results(config, learned, bars)
            if isinstance(config, ForecasterTrainingConfig):
                sections.append(("Forecasts on the test rows", _forecasts(config, learned, bars)))
        judged = _keep(kept.folder, config.name, results, sections)
        metrics = {
            "verdict": judged.sentence,
            "has_edge": bool(judged.has_edge),
            "table": _records(judged.table),
        }
        metrics |= {title: _records(frame) for title, frame in sections}
        kept.write_metrics(metrics)
        kept.provenance |= {"data": bars.checksum, "notes": list(bars.notes)}
        if folder is not None:
            kept.provenance["evaluated"] = str(folder)
    report = kept.directory / "report.html"
    tables = (
        frame_table(judged.table, turned=True),
        *(frame_table(one, title=title) for title, one in sections),
    )
    data = {"run": kept.directory, "report": report, **metrics}
    return Answer(data, (*tables, judged.sentence, f"Report: {report}"))


def _learned(config: TrainingConfig, bars: Bars, folder: Path | None) -> Learned:
    if folder is not None:
        return load_learned(config, folder)
    with progress("Training") as advance:
        return learn(config, bars, advance)


def _strategy_results(config: BacktestConfig, path: Path, bars: Bars) -> dict[str, Result]:
    strategy = loaded_strategy(config.strategy, path)
    settings: dict[str, Any] = {"costs": config.costs, "account": config.account}
    results = {name: _named(backtest(target, bars, **settings), name) for name, target in BASELINES.items()}
    settings["close_at_end"] = config.close_at_end
    results[config.name] = _named(
        backtest(strategy, bars, params=config.strategy.params, **settings), config.name
    )
    return results


def _learned_results(config: TrainingConfig, learned: Learned, bars: Bars) -> dict[str, Result]:
    """Results over the test rows; forecasts and observations there know the bars before them, as they would have."""
    _, test = split(config, len(bars))
    settings: dict[str, Any] = {"costs": config.costs, "account": config.account}
    results = {
        name: _named(backtest(target, bars[test], **settings), name) for name, target in BASELINES.items()
    }
    if isinstance(config, DQNTrainingConfig):
        results[config.name] = _named(_episode(config, learned.model, bars, test), config.name)
        return results
    from fxlab.models import RandomWalkForecaster

    walk = RandomWalkForecaster().fit(learned.pipeline.transform(bars), pd.Series(0.0, index=bars.index))
    trading = config.trading
    for name, model in (("Random walk", walk), (config.name, learned.model)):
        strategy = from_forecaster(
            model, learned.pipeline, trading.threshold, trading.exposure, trading.between
        )
        targets = strategy(bars).ffill().iloc[test]  # what it held when the test began is requested first
        results[name] = _named(backtest(targets, bars[test], **settings), name)
    return results


def _episode(config: DQNTrainingConfig, agent: Any, bars: Bars, test: slice) -> Result:
    from fxlab.envs import TradingEnv

    env = TradingEnv(
        bars,
        agent.pipeline,
        agent.window,
        costs=config.costs,
        account=config.account,
        exposures=tuple(agent.exposures.tolist()),
    )
    observation, _ = env.reset(options={"start": test.start})
    ended = False
    while not ended:
        observation, _, terminated, truncated, _ = env.step(agent.act(observation))
        ended = terminated or truncated
    return env.result()


def _forecasts(config: ForecasterTrainingConfig, learned: Learned, bars: Bars) -> pd.DataFrame:
    from fxlab.models import forecast_table, forward_return

    _, test = split(config, len(bars))
    y = forward_return(bars, config.forecaster.horizon).iloc[test].to_numpy()
    forecast = learned.model.predict(learned.pipeline.transform(bars))[test]
    return forecast_table(y, {"Random walk": 0.0 * forecast, config.name: forecast})


def _keep(folder: Path, name: str, results: dict[str, Result], sections: list[tuple[str, Any]]) -> Any:
    """Save every result and the page that compares them; returns the verdict."""
    from fxlab.report import verdict, write_comparison

    for label, result in results.items():
        result.save(folder / "results" / re.sub("[^A-Za-z0-9]+", "-", label).strip("-").lower())
    judged = verdict(results)
    write_comparison(
        results, folder / "report.html", title=f"fxlab: {name}", judged=judged, sections=sections
    )
    return judged


def _same_data(folder: Path, bars: Bars) -> None:
    if read_provenance(folder).get("data") != bars.checksum:
        raise DataError(
            f"{folder} was made with other bars than its config loads now (the checksums differ), so its test part "
            "may have been trained on; train again"
        )


def _named(result: Result, name: str) -> Result:
    return dataclasses.replace(result, info={**result.info, "strategy": name})


def _records(frame: pd.DataFrame) -> dict[str, Any]:
    return json.loads(frame.to_json(orient="index"))
