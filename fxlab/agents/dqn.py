"""DQNAgent: deep Q-learning by stable-baselines3 on many accounts at once."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import importlib.util
import json
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

import fxlab
from fxlab.agents.agent import Agent
from fxlab.agents.network import DenseNetwork
from fxlab.agents.settings import DQNSettings
from fxlab.data.folders import read_manifest, whole_folder
from fxlab.envs import TradingEnv, VectorTradingEnv
from fxlab.envs.observations import last_return
from fxlab.features import FeaturePipeline

FORMAT = 1
KIND = "DQN agent"
WEIGHTS = "weights.npz"


class DQNAgent(Agent):
    """A Q network that learns in an environment and then trades as a Policy, `fx.backtest(agent, bars)`.

    Args:
        env: a TradingEnv, whose bars, features, window, exposures, costs, account, reward and episodes make a
            VectorTradingEnv of `settings.n_envs` accounts with random starts; or a VectorTradingEnv as it is.
        seed: of weights, episodes and exploration: the same seed and environment give the same weights, bit for bit
            on the same machine.
        settings: DQNSettings; `overrides` are fields of it, e.g. DQNAgent(env, gamma=0.99).

    Plain DQN with a target network and Huber loss. Departures from stable-baselines3's: random actions are drawn
    for each account by itself (not for all or none); the random generators of numpy, torch and Python are as
    before after each call. Several pairs share one network with an action for each combination of exposures.

    Raises:
        TypeError: not an environment, an unknown setting (with the nearest).
        ImportError: stable-baselines3 or torch is not installed.
        ValueError: a setting out of range; more than 729 actions.

    Source: Mnih et al. (2015), "Human-level control through deep reinforcement learning", Nature 518.

    >>> import fxlab as fx
    >>> env = fx.TradingEnv(fx.load_bars("EURUSD")["2017-03"], window=4)
    >>> agent = fx.DQNAgent(env, seed=0, n_envs=8, learning_starts=64).learn(256)
    >>> agent
    DQNAgent(EURUSD; window 4, 3 actions, 256 steps learned)
    """

    def __init__(
        self,
        env: TradingEnv | VectorTradingEnv,
        seed: int = 0,
        settings: DQNSettings | None = None,
        **overrides: Any,
    ) -> None:
        if not isinstance(env, (TradingEnv, VectorTradingEnv)):
            raise TypeError(f"DQNAgent needs a TradingEnv or VectorTradingEnv, got {type(env).__name__}")
        _require_libraries()
        super().__init__(env.pipeline, env.window, env.exposures, env.bars.symbols)
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**32:
            raise ValueError(f"seed is {seed!r}; a whole number from 0 to 2**32 - 1")
        self.seed = int(seed)
        self.settings = _settings(settings, overrides)
        self.n_steps = 0
        self._env: TradingEnv | VectorTradingEnv | None = env
        self._network: DenseNetwork | None = None
        self._training: Any = None

    def __repr__(self) -> str:
        return (
            f"DQNAgent({', '.join(self.symbols)}; window {self.window}, {len(self.levels)} actions, "
            f"{self.n_steps:,} steps learned)"
        )

    def learn(
        self, n_steps: int, progress: Callable[[float, dict[str, float]], Any] | None = None
    ) -> DQNAgent:
        """Train for `n_steps` frames more, rounded up to whole steps of all accounts. Again: goes on.

        An agent that was loaded goes on from its weights with a new replay buffer and optimiser.

        Args:
            n_steps: frames: bars times accounts.
            progress: called now and then with the share done and {"steps", "exploration", "loss", "reward"}, the
                reward being the mean of a bar, unscaled.

        Returns:
            The agent itself. `n_steps` is the number of frames learned from so far.

        Raises:
            ValueError: n_steps is not a whole number above 0; the training diverged.
            RuntimeError: the agent was loaded without an environment.
        """
        if isinstance(n_steps, bool) or not isinstance(n_steps, (int, np.integer)) or n_steps < 1:
            raise ValueError(f"learn: n_steps is {n_steps!r}; a whole number of frames, 1 or more")
        if self._env is None:
            raise RuntimeError(
                "this agent was loaded without an environment; to learn on, DQNAgent.load(directory, env=env)"
            )
        if self._training is None:
            _require_libraries()
            from fxlab.agents.training import Training

            self._training = Training(
                self._vector_env(self._env),
                self.levels,
                self.seed,
                self.settings,
                self._network,
                self.n_steps,
            )
        try:
            self._training.learn(int(n_steps), progress)
        finally:  # what was learned before an interruption is kept
            self._network, self.n_steps = self._training.network(), self._training.n_steps
        return self

    @property
    def network(self) -> DenseNetwork:
        """The Q network; RuntimeError before the agent has learned."""
        if self._network is None:
            raise RuntimeError("this DQNAgent has not learned yet; call learn(n_steps) first")
        return self._network

    def q_values(self, observations: np.ndarray) -> np.ndarray:
        """(rows, actions) float32 of (rows, inputs) observations. A row's values depend on nothing but the row.

        Raises:
            ValueError: observations of another size. RuntimeError: the agent has not learned yet.
        """
        network = self.network
        rows = np.asarray(observations, dtype=np.float32)
        if rows.ndim != 2 or rows.shape[1] != self.observation_size:
            raise ValueError(
                f"observations have shape {rows.shape}; this agent takes (rows, {self.observation_size}): "
                f"a window of {self.window} bars of {len(self.pipeline.names)} features, and the account"
            )
        return network(rows)

    def save(self, directory: str | Path) -> Path:
        """Write manifest.json, weights.npz and pipeline.json into a folder, whole or not at all. No pickle.

        The replay buffer is not kept.

        Raises:
            DataError: the folder exists and holds something other than a saved agent.
            RuntimeError: the agent has not learned yet.
        """
        network = self.network
        content: dict[str, Any] = {
            "format": FORMAT,
            "symbols": list(self.symbols),
            "window": self.window,
            "exposures": self.exposures.tolist(),
            "observation_size": self.observation_size,
            "seed": self.seed,
            "n_steps": self.n_steps,
            "settings": dataclasses.asdict(self.settings),
            "pipeline": self.pipeline.digest,
            "versions": {"fxlab": fxlab.__version__, **_versions()},
        }
        content = json.loads(json.dumps(content))
        with whole_folder(directory, KIND, {**content, "digest": _digest(content)}) as folder:
            self.pipeline.save(folder)
            np.savez(folder / WEIGHTS, **network.arrays())  # type: ignore[arg-type]
        return Path(directory)

    @classmethod
    def load(
        cls,
        directory: str | Path,
        env: TradingEnv | VectorTradingEnv | None = None,
        functions: Mapping[str, Callable[..., Any]] | None = None,
    ) -> DQNAgent:
        """The agent saved in a folder; it acts without an environment, torch or stable-baselines3.

        Args:
            directory: where `save` wrote.
            env: to learn on; its pairs, window, exposures and features must be those of the agent.
            functions: step name → callable, for features that are functions of your own.

        Raises:
            DataError: no saved agent there, or a file is missing or changed.
            ValueError: saved by a newer fxlab, a manifest that was changed, an environment that does not fit, or a
                feature function that is not at hand.
        """
        folder = Path(directory)
        manifest = read_manifest(folder, KIND)
        if manifest["format"] > FORMAT:
            raise ValueError(
                f"{folder} was saved by a newer fxlab (format {manifest['format']}); update fxlab"
            )
        content = {
            name: value for name, value in manifest.items() if name not in ("kind", "sha256", "digest")
        }
        if _digest(content) != manifest.get("digest"):
            raise ValueError(
                f"{folder / 'manifest.json'} was changed after it was saved (its digest differs); save it again"
            )
        pipeline = FeaturePipeline.load(folder, {"last_return": last_return, **(functions or {})})
        agent = cls.__new__(cls)
        Agent.__init__(
            agent, pipeline, content["window"], np.array(content["exposures"]), tuple(content["symbols"])
        )
        agent.seed = content["seed"]
        agent.settings = DQNSettings(**content["settings"])
        agent.n_steps = content["n_steps"]
        agent._training = None
        with np.load(folder / WEIGHTS, allow_pickle=False) as file:
            network = DenseNetwork.of_arrays({name: file[name] for name in file.files})
        expected = (agent.observation_size, *agent.settings.hidden, len(agent.levels))
        if network.sizes != expected:
            raise ValueError(f"{folder / WEIGHTS} holds layers {network.sizes}; its manifest says {expected}")
        agent._network = network
        agent._env = None if env is None else agent._fitting(env)
        return agent

    def _fitting(self, env: TradingEnv | VectorTradingEnv) -> TradingEnv | VectorTradingEnv:
        if not isinstance(env, (TradingEnv, VectorTradingEnv)):
            raise TypeError(f"DQNAgent needs a TradingEnv or VectorTradingEnv, got {type(env).__name__}")
        pairs = (
            ("symbols", self.symbols, env.bars.symbols),
            ("window", self.window, env.window),
            ("exposures", tuple(self.exposures.tolist()), tuple(env.exposures.tolist())),
            ("pipeline digest", self.pipeline.digest, env.pipeline.digest),
        )
        for name, mine, other in pairs:
            if mine != other:
                raise ValueError(
                    f"the environment does not fit the saved agent: {name} is {other}, the agent's {mine}"
                )
        return env

    def _vector_env(self, env: TradingEnv | VectorTradingEnv) -> VectorTradingEnv:
        if isinstance(env, VectorTradingEnv):
            return env
        return VectorTradingEnv(
            env.bars,
            self.settings.n_envs,
            env.pipeline,
            env.window,
            env.reward_name,
            env.tape.costs,
            env.tape.account,
            tuple(env.exposures),
            env.episode_bars,
            random_start=True,
        )


def _settings(settings: DQNSettings | None, overrides: dict[str, Any]) -> DQNSettings:
    if settings is not None and not isinstance(settings, DQNSettings):
        raise TypeError(f"settings is {type(settings).__name__}; give a DQNSettings")
    known = [field.name for field in dataclasses.fields(DQNSettings)]
    for name in overrides:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"
            raise TypeError(f"DQNAgent has no setting {name}{hint}")
    return dataclasses.replace(settings or DQNSettings(), **overrides)


def _require_libraries() -> None:
    for module in ("stable_baselines3", "torch"):
        if importlib.util.find_spec(module) is None:
            raise ImportError('DQNAgent needs stable-baselines3 and torch: pip install "fxlab[rl]"')


def _versions() -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in ("torch", "stable-baselines3"):
        try:
            found[name] = importlib.metadata.version(name)
        except (
            importlib.metadata.PackageNotFoundError
        ):  # a loaded agent is saved again where neither is installed
            found[name] = None
    return found


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
