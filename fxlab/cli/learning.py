"""From a training's config to a fitted forecaster or agent, and back from a run's folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fxlab.config import ConfigError, DQNTrainingConfig, ForecasterTrainingConfig
from fxlab.features import FeaturePipeline
from fxlab.market import Bars
from fxlab.validation import holdout_split

TrainingConfig = ForecasterTrainingConfig | DQNTrainingConfig
Advance = Callable[[float], Any]


@dataclass(frozen=True)
class Learned:
    """What a training gave: a pipeline and a forecaster, or an agent, which has its pipeline inside.

    Attributes:
        model: the forecaster or the agent. pipeline: its fitted features.
        metrics: what learning came to.
    """

    model: Any
    pipeline: FeaturePipeline
    metrics: dict[str, Any]

    def save(self, folder: Path, config: TrainingConfig) -> None:
        """Write model/ and pipeline/, or agent/, into a run's folder."""
        if isinstance(config, DQNTrainingConfig):
            self.model.save(folder / "agent")
            return
        self.model.save(folder / "model")
        self.pipeline.save(folder / "pipeline")


def split(config: TrainingConfig, n_bars: int) -> tuple[slice, slice]:
    """(training rows, test rows), the label's horizon and the embargo left out between the two."""
    horizon = config.forecaster.horizon if isinstance(config, ForecasterTrainingConfig) else 1
    return holdout_split(n_bars, config.split.train, config.split.embargo, horizon)


def learn(config: TrainingConfig, bars: Bars, advance: Advance) -> Learned:
    """Fit features and learner on the training rows of the bars; `advance` is told the share done."""
    train, _ = split(config, len(bars))
    if isinstance(config, DQNTrainingConfig):
        return _learn_policy(config, bars[train], advance)
    return _learn_forecaster(config, bars[train], advance)


def load_learned(config: TrainingConfig, folder: Path) -> Learned:
    """What a training's run folder holds.

    Raises:
        ConfigError: no model there.
    """
    if isinstance(config, DQNTrainingConfig):
        from fxlab.agents import DQNAgent

        _require(folder / "agent")
        agent = DQNAgent.load(folder / "agent")
        return Learned(agent, agent.pipeline, {})
    from fxlab import models

    _require(folder / "model")
    return Learned(models.load(folder / "model"), FeaturePipeline.load(folder / "pipeline"), {})


def _learn_forecaster(config: ForecasterTrainingConfig, bars: Bars, advance: Advance) -> Learned:
    from fxlab.models import forward_return

    if len(bars.symbols) != 1:
        raise ConfigError(f"data.symbols: a forecaster learns one pair, these are {', '.join(bars.symbols)}")
    pipeline = config.features.build()
    X = pipeline.fit_transform(bars)
    y = forward_return(bars, config.forecaster.horizon)
    model = config.forecaster.build(progress=lambda epoch, epochs, losses: advance(epoch / epochs))
    model.fit(X, y)
    metrics = {"Training bars": len(bars), "Rows learned from": model.n_samples_, "Features": len(X.columns)}
    if hasattr(model, "n_parameters_"):
        metrics["Weights"] = model.n_parameters_
    for name, losses in getattr(model, "history_", {}).items():
        label = {"loss": "Training loss", "val_loss": "Validation loss"}.get(name, name)
        metrics |= {"Epochs": len(losses), f"{label}, first epoch": losses[0], f"{label}, best": min(losses)}
    return Learned(model, pipeline, metrics)


def _learn_policy(config: DQNTrainingConfig, bars: Bars, advance: Advance) -> Learned:
    from fxlab.agents import DQNAgent
    from fxlab.envs import TradingEnv

    pipeline = config.features.build().fit(bars)
    environment = config.environment
    env = TradingEnv(
        bars,
        features=pipeline,
        window=environment.window,
        reward=environment.reward,
        costs=config.costs,
        account=config.account,
        exposures=environment.exposures,
        episode_bars=environment.episode_bars,
        random_start=True,
    )
    told: dict[str, float] = {}

    def progress(share: float, now: dict[str, float]) -> None:
        told.update(now)
        advance(share)

    agent = DQNAgent(env, seed=config.agent.seed, settings=config.agent.settings())
    agent.learn(config.agent.n_steps, progress=progress)
    metrics: dict[str, Any] = {
        "Training bars": len(bars),
        "Frames learned from": agent.n_steps,
        "Inputs": agent.observation_size,
    }
    for name, label in (("loss", "Loss, last"), ("reward", "Reward of a bar, last [log return]")):
        if name in told:
            metrics[label] = told[name]
    return Learned(agent, agent.pipeline, metrics)


def _require(folder: Path) -> None:
    if not folder.is_dir():
        raise ConfigError(f"{folder.parent} holds no {folder.name}/; give the folder that fxlab train wrote")
