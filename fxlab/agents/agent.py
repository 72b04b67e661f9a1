"""Agent: a policy that learns. It sees in every driver what it saw in its environment, to the bit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np

from fxlab.envs.observations import as_input, observation_size, write_observation
from fxlab.features import FeaturePipeline
from fxlab.strategy import View

MOST_ACTIONS = 729  # three exposures for each of six pairs


class Agent(ABC):
    """A `Policy` with `learn`, `act`, `save` and `load`. A subclass says how it learns and what actions are worth.

    Args:
        pipeline: fitted features. window: bars of them in an observation.
        exposures: (levels,) target exposure that each action stands for.
        symbols: the pairs it trades, in order.

    Actions are counted 0 … levels ** pairs − 1 inside; outside they are what `TradingEnv.step` takes: a level for
    one pair, a level for each of several.
    """

    def __init__(
        self, pipeline: FeaturePipeline, window: int, exposures: np.ndarray, symbols: tuple[str, ...]
    ) -> None:
        self.pipeline = pipeline
        self.window = int(window)
        self.exposures = np.array(exposures, dtype=np.float64)
        self.symbols = tuple(symbols)
        self.levels = action_levels(len(self.exposures), len(self.symbols))
        self.reset()

    @abstractmethod
    def learn(self, n_steps: int) -> Agent:
        """Train for a number of frames; returns the agent itself."""

    @abstractmethod
    def q_values(self, observations: np.ndarray) -> np.ndarray:
        """(rows, actions) worth of each action; a row's depends on nothing but that row."""

    @abstractmethod
    def save(self, directory: str | Path) -> Path:
        """Write the agent into a folder, whole or not at all."""

    @property
    def observation_size(self) -> int:
        """Inputs of an observation."""
        return observation_size(len(self.pipeline.names), self.window, len(self.symbols))

    def act(self, observations: np.ndarray) -> Any:
        """Greedy actions, as `TradingEnv.step` (one observation) and `VectorTradingEnv.step` (rows of them) take.

        Returns:
            int64: () or (rows,) for one pair, (pairs,) or (rows, pairs) for several.
        """
        observations = np.asarray(observations, dtype=np.float32)
        best = self.levels[self.q_values(np.atleast_2d(observations)).argmax(axis=1)]
        best = best[:, 0] if len(self.symbols) == 1 else best
        return best[0] if observations.ndim == 1 else best

    def reset(self) -> None:
        """A run begins: forget when the features of the last one were warm."""
        self._warm_at: int | None = None
        self._has_checked = False

    def decide(self, view: View) -> dict[str, float]:
        """Exposure of each pair by the greedy action; 0 until the window is complete, where environments begin.

        Raises:
            ValueError: bars of other pairs than it learned on.
        """
        if not self._has_checked:
            self._check_symbols(tuple(view.targets))
        values = view.features(self.pipeline)
        if not self._is_warm(values):
            return dict.fromkeys(self.symbols, 0.0)
        levels = np.atleast_1d(self.act(self.observation(values, view.state)))
        return dict(zip(self.symbols, self.exposures[levels].tolist(), strict=True))

    def observation(self, values: np.ndarray, state: np.ndarray) -> np.ndarray:
        """(observation_size,) float32, equal to the environment's.

        Args:
            values: (rows, columns) features up to the bar just closed. state: account, as `View.state`.
        """
        rows = as_input(values[-self.window :])
        out = np.empty(self.observation_size, np.float32)
        write_observation(len(rows) - 1, self.window, rows, state, out)
        return out

    def _is_warm(self, values: np.ndarray) -> bool:
        if self._warm_at is None:
            whole = np.isfinite(values).all(axis=1)
            if not whole.any():
                return False
            self._warm_at = int(np.argmax(whole))
        return len(values) >= self._warm_at + self.window

    def _check_symbols(self, symbols: tuple[str, ...]) -> None:
        if symbols != self.symbols:
            raise ValueError(
                f"{type(self).__name__} learned on {', '.join(self.symbols)}; these bars hold {', '.join(symbols)}"
            )
        self._has_checked = True


def action_levels(n_levels: int, n_symbols: int) -> np.ndarray:
    """(actions, symbols) int64: the level of each pair that each action stands for; the last pair counts fastest.

    Raises:
        ValueError: more than 729 actions.
    """
    n_actions = n_levels**n_symbols
    if n_actions > MOST_ACTIONS:
        raise ValueError(
            f"{n_levels} exposures for each of {n_symbols} pairs are {n_actions:,} actions; an agent takes "
            f"{MOST_ACTIONS} or fewer: give fewer exposures, or an agent to each pair"
        )
    return np.stack(np.unravel_index(np.arange(n_actions), (n_levels,) * n_symbols), axis=1).astype(np.int64)
