"""VectorTradingEnv: many accounts on the same bars, all of them stepped in one compiled call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from fxlab import metrics
from fxlab.envs.observations import as_pipeline, observation_size, state_inputs, write_observations
from fxlab.envs.rewards import Reward, log_equity, reward_function
from fxlab.envs.trading import action_space, exposure_levels, observation_box, prepared
from fxlab.execution import Account, Costs, Result, Simulation, kernel, make_tape, result_of_simulation
from fxlab.market import Bars


class VectorTradingEnv(VectorEnv[np.ndarray, Any, np.ndarray]):
    """`num_envs` episodes of `TradingEnv` at once: a gymnasium VectorEnv with SAME_STEP autoreset.

    Each account has a seeded generator of its own (reset(seed=s) gives account k what TradingEnv gets from
    seed s + k) and a start of its own. When an episode ends, the observation returned is already the first of the
    next one, and infos["final_obs"][k] is the last of the old.

    Args:
        bars, features, window, reward, costs, account, exposures, episode_bars: as TradingEnv.
        num_envs: accounts.
        random_start: draw the first bar of each episode; else all begin when the window is complete.

    >>> import fxlab as fx
    >>> vec = fx.VectorTradingEnv(fx.load_bars("EURUSD")["2017-03"], num_envs=8, window=4)
    >>> observations, infos = vec.reset(seed=0)
    >>> observations, rewards, terminated, truncated, infos = vec.step(np.full(8, 2))
    >>> observations.shape, rewards.dtype
    ((8, 7), dtype('float64'))
    """

    metadata = {"autoreset_mode": AutoresetMode.SAME_STEP, "render_modes": []}  # noqa: RUF012

    def __init__(
        self,
        bars: Bars,
        num_envs: int = 64,
        features: Any = None,
        window: int = 24,
        reward: str | Reward = "log_equity",
        costs: Costs | None = None,
        account: Account | None = None,
        exposures: Sequence[float] = (-1.0, 0.0, 1.0),
        episode_bars: int | None = None,
        random_start: bool = True,
    ) -> None:
        if not (isinstance(num_envs, (int, np.integer)) and num_envs >= 1):
            raise ValueError(f"num_envs is {num_envs!r}; 1 or more")
        self.num_envs = int(num_envs)
        self.bars = bars
        self.pipeline = as_pipeline(features, bars)
        self.window = window
        self.reward_name = reward
        self.reward = reward_function(reward)
        self.tape = make_tape(bars, costs or Costs(), account or Account())
        self.exposures = exposure_levels(exposures)
        self.episode_bars = episode_bars
        self.random_start = random_start
        self.features, self.first_start = prepared(self.pipeline, bars, window, episode_bars)
        n, n_symbols = self.num_envs, len(bars.symbols)
        size = observation_size(self.features.shape[1], window, n_symbols)
        self.observation_size = size
        self.single_observation_space = observation_box(size)
        self.single_action_space = action_space(len(self.exposures), n_symbols)
        self.observation_space = batch_space(self.single_observation_space, n)
        self.action_space = batch_space(self.single_action_space, n)
        self._terms = self.tape.terms.copy()  # as Simulation has it: one array type, one compilation
        self._rules = self.tape.rules(in_lots=False)
        self._books = np.empty((n, n_symbols, kernel.N_BOOK))
        self._purses = np.empty((n, kernel.N_PURSE))
        self._rows = np.zeros(n, np.int64)
        self._starts = np.zeros(n, np.int64)
        self._last = np.zeros(n, np.int64)
        self._no_targets = np.full((n, n_symbols), np.nan)
        self._no_brackets = np.full((n, n_symbols, kernel.N_BRACKETS), np.nan)
        self._no_events = np.empty((0, kernel.N_EVENT))
        self._states = np.empty((n, state_inputs(n_symbols)))
        self._levels = np.full(
            (n, len(bars), n_symbols), -1, np.int8
        )  # action taken after each bar, for result()
        self._finished: dict[int, tuple[int, np.ndarray]] = {}
        self._generators: list[np.random.Generator] = []
        if len(self.exposures) > 127:
            raise ValueError(f"{len(self.exposures)} exposures; 127 or fewer")

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin all episodes; options={"start": bar or bars} chooses their first bars."""
        n = self.num_envs
        if seed is not None or not self._generators:
            seeds = (
                [None if seed is None else seed + k for k in range(n)]
                if not isinstance(seed, Sequence)
                else seed
            )
            if len(seeds) != n:
                raise ValueError(f"{len(seeds)} seeds for {n} accounts")
            self._generators = [seeding.np_random(one)[0] for one in seeds]
        self._finished.clear()
        starts = None
        if options and "start" in options:
            starts = np.broadcast_to(np.asarray(options["start"], dtype=np.int64), (n,))
            if starts.min() < 0 or starts.max() > len(self.bars) - 2:
                raise ValueError(
                    f"options start is {options['start']}; these bars allow 0 to {len(self.bars) - 2}"
                )
        self._begin(np.arange(n), starts)
        observations = np.empty((self.num_envs, self.observation_size), np.float32)
        self._observe(observations)
        return observations, self._infos()

    def step(self, actions: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Request the exposures of `actions` (accounts,) or (accounts, symbols) and live through a bar each.

        Raises:
            ValueError: actions of another shape, or one outside the action space. RuntimeError: before `reset`.
        """
        if not self._generators:
            raise RuntimeError("no episode has begun; call reset() first")
        levels = self._levels_of(actions)
        n = self.num_envs
        self._levels[np.arange(n), self._rows] = levels
        before = self._purses[:, kernel.EQUITY].copy()
        self._rows += 1
        self._live(self._rows, self.exposures[levels], slice(None))
        equity = self._purses[:, kernel.EQUITY]
        if self.reward is log_equity:
            rewards = metrics.log_growths(before, equity.copy())
        else:
            rewards = np.array([self.reward(float(b), float(e)) for b, e in zip(before, equity, strict=True)])
        terminated = self._purses[:, kernel.RUINED] != 0.0
        truncated = ~terminated & (self._rows >= self._last)
        observations = np.empty((self.num_envs, self.observation_size), np.float32)
        self._observe(observations)
        infos = self._infos()
        done = np.flatnonzero(terminated | truncated)
        if done.size:
            self._autoreset(done, observations, infos)
        return observations, rewards, terminated, truncated, infos

    def result(self, k: int) -> Result:
        """Result of the episode account k is in, or of the one it has just ended.

        The requested exposures are lived through again, with records this time; equity is that of the steps.
        """
        start, levels = self._starts[k], self._levels[k, self._starts[k] : self._rows[k]]
        if not len(levels) and k in self._finished:
            start, levels = self._finished[k]
        simulation = Simulation(self.tape, in_lots=False, start=int(start))
        for target in self.exposures[levels]:
            simulation.step(target)
        return result_of_simulation(simulation, {"strategy": f"episode of account {k}", "params": {}})

    def as_sb3(self, reward_scale: float = 1.0) -> Any:
        """The same environment as a stable-baselines3 VecEnv; rewards are multiplied by `reward_scale`."""
        from fxlab.envs.sb3 import SB3VecEnv

        return SB3VecEnv(self, reward_scale)

    def _levels_of(self, actions: Any) -> np.ndarray:
        levels = np.asarray(actions, dtype=np.int64)
        n, n_symbols = self._no_targets.shape
        if levels.size != n * n_symbols:
            raise ValueError(
                f"actions have shape {levels.shape}; {n} accounts of {n_symbols} pairs need one each"
            )
        if levels.min() < 0 or levels.max() >= len(self.exposures):
            wrong = levels.min() if levels.min() < 0 else levels.max()
            raise ValueError(f"action {wrong} is outside 0 to {len(self.exposures) - 1}")
        return levels.reshape(n, n_symbols)

    def _live(self, rows: np.ndarray, targets: np.ndarray, who: Any) -> None:
        """Step the accounts `who` (a slice: in place; an index array: on copies that are written back)."""
        books, purses = self._books[who], self._purses[who]
        tape = self.tape
        kernel.step_many(
            rows,
            targets,
            self._no_brackets[: len(rows)],
            tape.quotes,
            tape.rates,
            tape.swap_rows,
            tape.swaps,
            self._terms,
            self._rules,
            books,
            purses,
            self._no_events,
        )
        if not isinstance(who, slice):
            self._books[who], self._purses[who] = books, purses

    def _begin(self, who: np.ndarray, starts: np.ndarray | None = None) -> None:
        if starts is None:
            starts = np.array([self._draw(k) for k in who], dtype=np.int64)
        for k in who:
            kernel.start(float(self.tape.account.balance), self._books[k], self._purses[k])
        self._starts[who] = starts
        self._rows[who] = starts
        self._levels[who] = -1
        last = len(self.bars) - 1
        self._last[who] = last if self.episode_bars is None else np.minimum(last, starts + self.episode_bars)
        self._live(np.ascontiguousarray(starts), self._no_targets[: len(who)], who)

    def _draw(self, k: int) -> int:
        if not self.random_start:
            return self.first_start
        room = self.episode_bars or 1
        return int(
            self._generators[k].integers(self.first_start, max(len(self.bars) - room, self.first_start + 1))
        )

    def _autoreset(self, done: np.ndarray, observations: np.ndarray, infos: dict[str, Any]) -> None:
        final = np.empty(self.num_envs, dtype=object)
        for k in done:
            final[k] = observations[k].copy()
            self._finished[int(k)] = (
                int(self._starts[k]),
                self._levels[k, self._starts[k] : self._rows[k]].copy(),
            )
        ended = np.zeros(self.num_envs, dtype=bool)
        ended[done] = True
        infos["final_obs"], infos["_final_obs"] = final, ended
        infos["final_info"], infos["_final_info"] = {"equity": infos["equity"].copy()}, ended
        self._begin(done)
        self._observe(observations)
        infos["equity"] = self._purses[:, kernel.EQUITY].copy()

    def _observe(self, out: np.ndarray) -> None:
        tape = self.tape
        kernel.account_states(
            self._rows, tape.mids, tape.rates, self._terms, self._books, self._purses, self._states
        )
        write_observations(self._rows, self.window, self.features, self._states, out)

    def _infos(self) -> dict[str, Any]:
        present = np.ones(self.num_envs, dtype=bool)
        return {"equity": self._purses[:, kernel.EQUITY].copy(), "_equity": present, "bar": self._rows.copy()}
