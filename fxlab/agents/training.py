"""stable-baselines3's DQN on a VectorTradingEnv: quiet, repeatable, and leaving no trace in the process.

Loads torch and stable-baselines3; imported when an agent first learns.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from typing import Any

import gymnasium
import numpy as np
import torch
from stable_baselines3 import DQN
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper

from fxlab.agents.network import DenseNetwork
from fxlab.agents.settings import DQNSettings
from fxlab.envs import VectorTradingEnv

REPORTS = 200  # calls of `progress` in one call of learn, at most


class Training:
    """A DQN in the making.

    Args:
        env: the accounts.
        levels: (actions, symbols) level of each pair that each action stands for.
        seed: of weights, episodes, exploration and replay.
        settings: how to learn.
        network: weights to go on from, with `n_steps` frames behind them; None begins at random.
    """

    def __init__(
        self,
        env: VectorTradingEnv,
        levels: np.ndarray,
        seed: int,
        settings: DQNSettings,
        network: DenseNetwork | None = None,
        n_steps: int = 0,
    ) -> None:
        self.settings = settings
        self._generators: dict[str, Any] = {}
        with self._limits():
            self.model = _AccountwiseDQN(
                "MlpPolicy",
                CombinedActions(env.as_sb3(settings.reward_scale), levels),
                learning_rate=settings.learning_rate,
                buffer_size=max(settings.buffer_size, env.num_envs),
                # after a load the new replay buffer is filled first, as in the beginning
                learning_starts=n_steps + settings.learning_starts,
                batch_size=settings.batch_size,
                gamma=settings.gamma,
                train_freq=settings.train_freq,
                gradient_steps=settings.gradient_steps,
                # SB3 updates the target after every step when this is below num_envs, and warns; say so outright
                target_update_interval=max(settings.target_update_interval, env.num_envs),
                exploration_fraction=settings.exploration_fraction,
                exploration_final_eps=settings.exploration_final_eps,
                policy_kwargs={"net_arch": list(settings.hidden)},
                verbose=0,
                seed=seed,
                device=settings.device,
            )
            self.model.set_logger(Logger(folder=None, output_formats=[]))  # SB3's own makes a folder in /tmp
            self.model.num_timesteps = n_steps
            if network is not None:
                _write_network(self.model, network)

    @property
    def n_steps(self) -> int:
        """Frames learned from."""
        return int(self.model.num_timesteps)

    def learn(self, n_steps: int, progress: Callable[[float, dict[str, float]], Any] | None) -> None:
        """Train for n_steps frames more; exploration fades over all frames so far and to come."""
        with self._limits():
            self.model.learn(
                n_steps,
                callback=None
                if progress is None
                else _Progress(progress, n_steps, self.settings.reward_scale),
                log_interval=None,  # type: ignore[arg-type]
                reset_num_timesteps=False,
            )

    def network(self) -> DenseNetwork:
        """The Q network's weights as they are now.

        Raises:
            ValueError: the training diverged.
        """
        weights, biases = [], []
        for layer in _dense_layers(self.model):
            weights.append(np.ascontiguousarray(layer.weight.detach().cpu().numpy().T.copy()))
            biases.append(layer.bias.detach().cpu().numpy().copy())
        return DenseNetwork(tuple(weights), tuple(biases))

    @contextlib.contextmanager
    def _limits(self) -> Iterator[None]:
        """The training's own random generators and threads, and the process's back in place afterwards."""
        threads, outside = torch.get_num_threads(), _generators()
        torch.set_num_threads(self.settings.threads)
        if self._generators:
            _set_generators(self._generators)
        try:
            yield
        finally:
            self._generators = _generators()
            _set_generators(outside)
            torch.set_num_threads(threads)


class CombinedActions(VecEnvWrapper):
    """Several pairs in one Discrete action, which is all that SB3's DQN takes."""

    def __init__(self, venv: VecEnv, levels: np.ndarray) -> None:
        super().__init__(venv, action_space=gymnasium.spaces.Discrete(len(levels)))
        self._levels = levels

    def reset(self) -> Any:
        """First observations."""
        return self.venv.reset()

    def step_async(self, actions: np.ndarray) -> None:
        """Remember the levels that the actions stand for."""
        levels = self._levels[actions]
        self.venv.step_async(levels[:, 0] if levels.shape[1] == 1 else levels)

    def step_wait(self) -> Any:
        """Step all accounts."""
        return self.venv.step_wait()


class _AccountwiseDQN(DQN):
    """DQN whose random actions are drawn for each account; SB3 lets all accounts explore in a step, or none."""

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: Any = None,
        deterministic: bool = False,
    ) -> tuple[np.ndarray, Any]:
        """Greedy actions, some of them replaced by random ones."""
        actions, state = self.policy.predict(observation, state, episode_start, True)
        if not deterministic:
            explores = np.random.random(actions.shape) < self.exploration_rate  # noqa: NPY002 - SB3's generator
            actions = np.where(explores, np.random.randint(self.action_space.n, size=actions.shape), actions)  # noqa: NPY002
        return actions, state


class _Progress(BaseCallback):
    """Tells how far the training is."""

    def __init__(self, tell: Callable[[float, dict[str, float]], Any], n_steps: int, reward_scale: float):
        super().__init__()
        self._tell = tell
        self._wanted = n_steps
        self._reward_scale = reward_scale
        self._rewards: list[float] = []
        self._next = 0.0

    def _on_training_start(self) -> None:
        self._first = self.num_timesteps

    def _on_step(self) -> bool:
        self._rewards.append(float(self.locals["rewards"].mean()) / self._reward_scale)
        done = min((self.num_timesteps - self._first) / self._wanted, 1.0)
        if done >= self._next or done == 1.0:
            self._next = done + 1 / REPORTS
            figures = {
                "steps": self.num_timesteps,
                "exploration": float(self.model.exploration_rate),
                "loss": float(self.logger.name_to_value.get("train/loss", float("nan"))),
                "reward": float(np.mean(self._rewards)),
            }
            self._rewards.clear()
            self._tell(done, figures)
        return True


def _dense_layers(model: DQN) -> list[torch.nn.Linear]:
    return [layer for layer in model.q_net.q_net if isinstance(layer, torch.nn.Linear)]


def _write_network(model: DQN, network: DenseNetwork) -> None:
    with torch.no_grad():
        for k, layer in enumerate(_dense_layers(model)):
            layer.weight.copy_(torch.from_numpy(network.weights[k].T.copy()))
            layer.bias.copy_(torch.from_numpy(network.biases[k]))
    model.q_net_target.load_state_dict(model.q_net.state_dict())


def _generators() -> dict[str, Any]:
    """Where the process-wide generators stand, from which SB3 draws."""
    return {
        "python": random.getstate(),
        "numpy": np.random.get_state(),  # noqa: NPY002
        "torch": torch.random.get_rng_state(),
    }


def _set_generators(state: dict[str, Any]) -> None:
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])  # noqa: NPY002
    torch.random.set_rng_state(state["torch"])
