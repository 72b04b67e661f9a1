"""The strategy a config names, with the config in every complaint about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fxlab.config import ConfigError, StrategyConfig


def loaded_strategy(strategy: StrategyConfig, config: Path) -> Callable[..., Any]:
    """The function; ConfigError naming the config when it is not there or takes no such parameter."""
    try:
        return strategy.load()
    except ConfigError as error:
        raise ConfigError(f"{config}: {error}") from None
