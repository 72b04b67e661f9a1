"""Agents: policies that learn to trade in an environment, and act the same in every driver.

Needs gymnasium, stable-baselines3 and torch to learn, `pip install "fxlab[rl]"`; they load with the class that
needs them. A saved agent needs neither torch nor stable-baselines3 to act.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from fxlab.agents.settings import DQNSettings

if TYPE_CHECKING:
    from fxlab.agents.agent import Agent
    from fxlab.agents.dqn import DQNAgent

# What YAML may name: name → module:class, resolved on first use.
AGENTS: dict[str, str] = {"dqn": "fxlab.agents.dqn:DQNAgent"}

_LAZY = {"Agent": "fxlab.agents.agent", "DQNAgent": "fxlab.agents.dqn"}

__all__ = ["AGENTS", "Agent", "DQNAgent", "DQNSettings"]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        value = getattr(importlib.import_module(_LAZY[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'fxlab.agents' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
