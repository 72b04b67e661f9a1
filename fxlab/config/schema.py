"""What a config file may say: one frozen dataclass for each section, and one for each kind of file.

`costs` and `account` are `fx.Costs` and `fx.Account` themselves; the others hold the arguments of one public
function or class each, under the names they have there.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fxlab.agents.settings import DQNSettings
from fxlab.config.errors import ConfigError, did_you_mean
from fxlab.config.reading import read_arguments
from fxlab.config.strategy_file import load_strategy
from fxlab.execution import Account, Costs
from fxlab.market import Bars


@dataclass(frozen=True)
class DataConfig:
    """The arguments of `fx.load_bars`; a file's path is taken from the working folder."""

    symbols: str | tuple[str, ...] = "EURUSD"
    source: str | None = None
    start: str | int | None = None
    end: str | int | None = None
    every: str | None = None
    spread_pips: float | None = None
    symbol: str | None = None
    format: str | None = None
    tz: str | None = None
    side: str | None = None
    time_format: str | None = None
    kind: str | None = None
    seed: int | None = None
    n_bars: int | None = None
    volatility: float | None = None

    def load(self) -> Bars:
        """The bars; DataError as `fx.load_bars`."""
        from fxlab.data import load_bars

        given = {one.name: getattr(self, one.name) for one in dataclasses.fields(self)}
        return load_bars(**given)


@dataclass(frozen=True)
class StrategyConfig:
    """A strategy function and its keyword arguments.

    Args:
        path: file.py:function, the file inside the working folder.
        params: keyword arguments, checked against the function's signature when it is loaded.
    """

    path: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def load(self) -> Callable[..., Any]:
        """The function; ConfigError when it is not there or takes no such parameter."""
        function = load_strategy(self.path)
        read_arguments(self.params, function, "strategy.params", skip=1)
        return function


@dataclass(frozen=True)
class SplitConfig:
    """The arguments of `fx.validation.holdout_split`: the first share trains, a gap, the rest tests.

    Args:
        train: share of the bars.
        embargo: bars left out after it, beyond the horizon of the label.
    """

    train: float = 0.7
    embargo: int = 24

    def __post_init__(self) -> None:
        if not 0 < self.train < 1:
            raise ValueError(f"SplitConfig: train is {self.train}; give a share between 0 and 1, such as 0.7")
        if self.embargo < 0:
            raise ValueError(f"SplitConfig: embargo is {self.embargo}; give a number of bars, zero or more")


@dataclass(frozen=True)
class FeaturesConfig:
    """The arguments of `fx.features.FeaturePipeline`.

    Args:
        steps: list of names in `fx.features.FEATURES`, or {name: {parameter: value}}; empty is the default dozen.
        scaler: "standard", or none.
        clip: standard deviations at which scaled values are cut.
    """

    steps: tuple[Any, ...] | None = None
    scaler: Literal["standard"] | None = "standard"
    clip: float | None = 10.0

    def __post_init__(self) -> None:
        self.build()  # it names unknown features and parameters

    def build(self) -> Any:
        """An unfitted FeaturePipeline."""
        from fxlab.features import FeaturePipeline

        return FeaturePipeline(self.steps, self.scaler, self.clip)


@dataclass(frozen=True)
class ForecasterConfig:
    """A forecaster by its name in `fx.models.MODELS`, and the arguments of its class.

    Args:
        model: "lstm", "ridge", "drift" or "random_walk".
        params: arguments, e.g. window and units of `fx.LSTMForecaster`.
        horizon: bars ahead that the label looks; an LSTM's own horizon follows it.
    """

    model: str = "lstm"
    params: Mapping[str, Any] = field(default_factory=dict)
    horizon: int = 1

    def __post_init__(self) -> None:
        if self.horizon < 1:
            raise ValueError(f"ForecasterConfig: horizon is {self.horizon}; give a number of bars, 1 or more")
        if "horizon" in self.params:
            raise ConfigError("forecaster.params.horizon: set forecaster.horizon, which the label uses too")
        read_arguments(self.params, self._class(), "forecaster.params")

    def build(self, progress: Callable[..., None] | None = None) -> Any:
        """An unfitted forecaster; `progress` goes to those that take one."""
        import inspect

        cls = self._class()
        known = inspect.signature(cls).parameters
        own: dict[str, Any] = {"horizon": self.horizon} if "horizon" in known else {}
        if progress is not None and "progress" in known:
            own["progress"] = progress
        return cls(**own, **self.params)

    def _class(self) -> Any:
        import importlib

        from fxlab.models import MODELS

        if self.model not in MODELS:
            raise ConfigError(f"forecaster.model is {self.model!r}{did_you_mean(self.model, MODELS)}")
        module, _, name = MODELS[self.model].partition(":")
        return getattr(importlib.import_module(module), name)


@dataclass(frozen=True)
class TradingConfig:
    """The arguments of `fx.strategy.from_forecaster`: when a forecast is acted upon.

    Args:
        threshold: smallest forecast acted on, a log return.
        exposure: multiple of equity.
        between: "hold" or "flat" while the forecast is smaller.
    """

    threshold: float = 0.0
    exposure: float = 1.0
    between: Literal["hold", "flat"] = "hold"

    def __post_init__(self) -> None:  # told before an hour of training, not after it
        if self.threshold < 0:
            raise ValueError(f"TradingConfig: threshold is {self.threshold}; a log return, zero or more")
        if self.exposure <= 0:
            raise ValueError(f"TradingConfig: exposure is {self.exposure}; a positive multiple of equity")


@dataclass(frozen=True)
class EnvironmentConfig:
    """The arguments of `fx.TradingEnv` that an agent learns in.

    Args:
        window: bars of features in an observation.
        reward: name of a reward in `fx.envs.REWARDS`.
        exposures: target exposure of each action.
        episode_bars: bars of a training episode; empty runs to the last bar.
    """

    window: int = 24
    reward: str = "log_equity"
    exposures: tuple[float, ...] = (-1.0, 0.0, 1.0)
    episode_bars: int | None = None


@dataclass(frozen=True)
class DQNConfig(DQNSettings):
    """`fx.agents.DQNSettings`, how long to learn, and the seed.

    Args:
        n_steps: environment steps to learn from.
        seed: weights, exploration, order of the replay.
    """

    n_steps: int = 100_000
    seed: int = 0

    def settings(self) -> DQNSettings:
        """The settings alone."""
        return DQNSettings(**{one.name: getattr(self, one.name) for one in dataclasses.fields(DQNSettings)})


@dataclass(frozen=True)
class _Named:
    """What every kind of file has."""

    name: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", self.name):
            raise ValueError(f"name is {self.name!r}; letters, digits, - and _, as it names the run's folder")


@dataclass(frozen=True)
class BacktestConfig(_Named):
    """`fx.backtest` of a strategy."""

    strategy: StrategyConfig
    data: DataConfig = field(default_factory=DataConfig)
    costs: Costs = field(default_factory=Costs)
    account: Account = field(default_factory=Account)
    close_at_end: bool = False


@dataclass(frozen=True)
class PaperConfig(_Named):
    """`fx.paper_trade` of a strategy on a replay of the data.

    Args:
        pause_s: seconds between bars.
    """

    strategy: StrategyConfig
    data: DataConfig = field(default_factory=DataConfig)
    costs: Costs = field(default_factory=Costs)
    account: Account = field(default_factory=Account)
    pause_s: float = 0.0


@dataclass(frozen=True)
class ForecasterTrainingConfig(_Named):
    """Fit features and a forecaster on the first part of the data; trade its forecasts on the last."""

    data: DataConfig = field(default_factory=DataConfig)
    split: SplitConfig = field(default_factory=SplitConfig)
    features: FeaturesConfig = field(default_factory=FeaturesConfig)
    forecaster: ForecasterConfig = field(default_factory=ForecasterConfig)
    trading: TradingConfig = field(default_factory=TradingConfig)
    costs: Costs = field(default_factory=Costs)
    account: Account = field(default_factory=Account)


@dataclass(frozen=True)
class DQNTrainingConfig(_Named):
    """Fit features and a DQN agent on the first part of the data; let it trade the last."""

    data: DataConfig = field(default_factory=DataConfig)
    split: SplitConfig = field(default_factory=SplitConfig)
    features: FeaturesConfig = field(default_factory=FeaturesConfig)
    environment: EnvironmentConfig = field(default_factory=EnvironmentConfig)
    agent: DQNConfig = field(default_factory=DQNConfig)
    costs: Costs = field(default_factory=Costs)
    account: Account = field(default_factory=Account)


KINDS: dict[str, type[Any]] = {
    "backtest": BacktestConfig,
    "dqn": DQNTrainingConfig,
    "forecaster": ForecasterTrainingConfig,
    "paper": PaperConfig,
}
