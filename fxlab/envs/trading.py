"""TradingEnv: one account, one action a bar, in the Gymnasium way; money is counted by the execution kernel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np

from fxlab.envs.observations import as_pipeline, feature_matrix, observation_size, write_observation
from fxlab.envs.rewards import Reward, reward_function
from fxlab.execution import Account, Costs, Result, Simulation, make_tape, result_of_simulation
from fxlab.execution.tape import Tape
from fxlab.market import Bars


class TradingEnv(gymnasium.Env[np.ndarray, Any]):
    """Trade bars one action at a time.

    An action taken after bar i has closed is filled at the open of bar i + 1; the reward is that bar's. The
    episode is truncated at the last bar (or after `episode_bars`) and terminates when equity is gone.

    Action space: Discrete(levels) for one pair, MultiDiscrete for several; by default short, flat, long.
    Observation space: Box float32 of `observation_size`: a window of features (oldest first), then for each pair
    the last requested target and the exposure held, then the open profit as a fraction of the balance.

    Args:
        bars: what to trade on.
        features: a fitted FeaturePipeline, or functions bars → column; None is the last return.
        window: bars of features in an observation.
        reward: "log_equity" (the log return of equity), "equity_change", or a function of (equity before, after).
        costs, account: as in `fx.backtest`.
        exposures: target exposure that each action stands for.
        episode_bars: length of an episode; None runs to the last bar.
        random_start: draw the first bar of each episode from the seeded generator; else the first bar at which
            the window is complete.

    `reset(seed=…, options={"start": 0})` starts at a bar of your choice; rows before it only serve as the past.

    Raises:
        TypeError, ValueError: features that cannot be used, a window or an episode longer than the data, fewer
            than two exposures, an unknown reward.

    >>> import fxlab as fx
    >>> env = fx.TradingEnv(fx.load_bars("EURUSD")["2017-03"], window=4)
    >>> observation, info = env.reset(seed=0)
    >>> observation, reward, terminated, truncated, info = env.step(2)  # long
    >>> info["fills"], observation.shape
    (1, (7,))
    """

    metadata = {"render_modes": []}  # noqa: RUF012 - gymnasium's own form

    def __init__(
        self,
        bars: Bars,
        features: Any = None,
        window: int = 24,
        reward: str | Reward = "log_equity",
        costs: Costs | None = None,
        account: Account | None = None,
        exposures: Sequence[float] = (-1.0, 0.0, 1.0),
        episode_bars: int | None = None,
        random_start: bool = False,
    ) -> None:
        self.bars = bars
        self.pipeline = as_pipeline(features, bars)
        self.window = window
        self.reward_name = reward
        self.reward = reward_function(reward)
        self.tape: Tape = make_tape(bars, costs or Costs(), account or Account())
        self.exposures = exposure_levels(exposures)
        self.episode_bars = episode_bars
        self.random_start = random_start
        self.features, self.first_start = prepared(self.pipeline, bars, window, episode_bars)
        n_symbols = len(bars.symbols)
        size = observation_size(self.features.shape[1], window, n_symbols)
        self.observation_size = size
        self.observation_space = observation_box(size)
        self.action_space = action_space(len(self.exposures), n_symbols)
        self._simulation: Simulation | None = None
        self._targets = np.empty((0, n_symbols))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode; options={"start": bar} chooses its first bar, 0 … bars − 2."""
        super().reset(seed=seed)
        start = self._start(options or {})
        self._last = len(self.bars) - 1
        if self.episode_bars is not None:
            self._last = min(self._last, start + self.episode_bars)
        self._simulation = Simulation(self.tape, in_lots=False, start=start)
        self._targets = np.full((len(self.bars), len(self.bars.symbols)), np.nan)
        return self._observation(), self._info()

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Request the exposure of `action` and live through the next bar.

        Raises:
            RuntimeError: before `reset`, or after the episode has ended. ValueError: not in the action space.
        """
        simulation = self.simulation
        if simulation.i >= self._last or simulation.is_ruined:
            raise RuntimeError("the episode has ended; call reset()")
        target = self.exposures[self._levels_of(action)]
        self._targets[simulation.i] = target
        before = simulation.equity
        simulation.step(target)
        reward = self.reward(before, simulation.equity)
        terminated = simulation.is_ruined
        truncated = not terminated and simulation.i >= self._last
        return self._observation(), reward, terminated, truncated, self._info()

    @property
    def simulation(self) -> Simulation:
        """The account of the running episode."""
        if self._simulation is None:
            raise RuntimeError("no episode has begun; call reset() first")
        return self._simulation

    @property
    def targets(self) -> np.ndarray:
        """(bars, symbols) exposures requested so far in the episode, NaN where none was."""
        return self._targets

    def result(self) -> Result:
        """What the episode has come to so far, as a backtest would tell it."""
        return result_of_simulation(self.simulation, {"strategy": "episode", "params": {}})

    def with_bars(self, bars: Bars) -> TradingEnv:
        """The same environment on other bars; fitted features stay as they are."""
        return TradingEnv(
            bars,
            self.pipeline,
            self.window,
            self.reward_name,
            self.tape.costs,
            self.tape.account,
            tuple(self.exposures),
            self.episode_bars,
            self.random_start,
        )

    def _levels_of(self, action: Any) -> np.ndarray:
        levels = np.atleast_1d(np.asarray(action, dtype=np.int64))
        n_symbols = len(self.bars.symbols)
        if levels.shape != (n_symbols,) or levels.min() < 0 or levels.max() >= len(self.exposures):
            raise ValueError(
                f"action {action!r} is not {n_symbols} of 0 to {len(self.exposures) - 1}, one for each pair"
            )
        return levels

    def _start(self, options: dict[str, Any]) -> int:
        last = len(self.bars) - 2
        if "start" in options:
            start = int(options["start"])
            if not 0 <= start <= last:
                raise ValueError(f"options start is {start}; these bars allow 0 to {last}")
            return start
        if not self.random_start:
            return self.first_start
        room = self.episode_bars or 1
        return int(self.np_random.integers(self.first_start, max(last + 2 - room, self.first_start + 1)))

    def _observation(self) -> np.ndarray:
        out = np.empty(self.observation_size, np.float32)
        write_observation(self.simulation.i, self.window, self.features, self.simulation.state, out)
        return out

    def _info(self) -> dict[str, Any]:
        simulation = self.simulation
        return {
            "time": self.bars.index[simulation.i],
            "equity": simulation.equity,
            "balance": simulation.balance,
            "lots": simulation.lots,
            "fills": simulation.n_fills,
        }


def exposure_levels(exposures: Sequence[float]) -> np.ndarray:
    """(levels,) float64 of the exposures that actions stand for."""
    levels = np.array(exposures, dtype=np.float64)
    if levels.ndim != 1 or len(levels) < 2 or not np.isfinite(levels).all():
        raise ValueError(f"exposures are {exposures!r}; give two or more finite numbers such as (-1, 0, 1)")
    return levels


def observation_box(size: int) -> gymnasium.spaces.Box:
    """Box of finite float32 numbers."""
    largest = np.finfo(np.float32).max
    return gymnasium.spaces.Box(-largest, largest, (size,), np.float32)


def action_space(n_levels: int, n_symbols: int) -> gymnasium.Space[Any]:
    """Discrete for one pair, MultiDiscrete for several."""
    if n_symbols == 1:
        return gymnasium.spaces.Discrete(n_levels)
    return gymnasium.spaces.MultiDiscrete([n_levels] * n_symbols)


def prepared(pipeline: Any, bars: Bars, window: int, episode_bars: int | None) -> tuple[np.ndarray, int]:
    """(bars, columns) float32 features, and the first bar after which a whole window is known.

    Raises:
        ValueError: a window below 1, or a warm-up, window or episode that the data has no room for.
    """
    if not (isinstance(window, (int, np.integer)) and window >= 1):
        raise ValueError(f"window is {window!r}; a number of bars, 1 or more")
    features, warmup = feature_matrix(pipeline, bars)
    first = warmup + window - 1
    if first > len(bars) - 2:
        raise ValueError(
            f"a warm-up of {warmup} and a window of {window} bars leave nothing to trade of {len(bars):,} bars; "
            "give more bars or a shorter window"
        )
    if episode_bars is not None and not 1 <= episode_bars <= len(bars) - 1 - first:
        raise ValueError(f"episode_bars is {episode_bars}; these bars allow 1 to {len(bars) - 1 - first}")
    return features, first
