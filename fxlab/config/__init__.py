"""YAML and the dataclasses that users construct: the same settings, written down.

`load_config` reads a file into one of `KINDS`, `dump_config` writes it back; both ways nothing is lost.
"""

from fxlab.config.errors import ConfigError
from fxlab.config.loading import dump_config, load_config
from fxlab.config.schema import (
    KINDS,
    BacktestConfig,
    DataConfig,
    DQNConfig,
    DQNTrainingConfig,
    EnvironmentConfig,
    FeaturesConfig,
    ForecasterConfig,
    ForecasterTrainingConfig,
    PaperConfig,
    SplitConfig,
    StrategyConfig,
    TradingConfig,
)
from fxlab.config.strategy_file import load_strategy

__all__ = [
    "KINDS",
    "BacktestConfig",
    "ConfigError",
    "DQNConfig",
    "DQNTrainingConfig",
    "DataConfig",
    "EnvironmentConfig",
    "FeaturesConfig",
    "ForecasterConfig",
    "ForecasterTrainingConfig",
    "PaperConfig",
    "SplitConfig",
    "StrategyConfig",
    "TradingConfig",
    "dump_config",
    "load_config",
    "load_strategy",
]
