"""VectorTradingEnv in the form stable-baselines3 trains on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from stable_baselines3.common.vec_env import VecEnv

if TYPE_CHECKING:
    from fxlab.envs.vector import VectorTradingEnv


class SB3VecEnv(VecEnv):
    """A VecEnv around a VectorTradingEnv.

    Args:
        env: the environment.
        reward_scale: rewards are multiplied by it: log returns of a bar are small for a network.
    """

    def __init__(self, env: VectorTradingEnv, reward_scale: float = 1.0) -> None:
        self.env = env
        self.reward_scale = reward_scale
        self._actions: np.ndarray | None = None
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)

    def reset(self) -> np.ndarray:
        """First observations, (envs, inputs) float32; uses the seeds given to `seed` once."""
        seeds = list(self._seeds)
        observations, _ = self.env.reset(seed=seeds if seeds and seeds[0] is not None else None)
        self._reset_seeds()
        return observations

    def step_async(self, actions: np.ndarray) -> None:
        """Remember what to do."""
        self._actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Do it: observations, rewards float32, dones, infos with terminal_observation where an episode ended."""
        observations, rewards, terminated, truncated, infos = self.env.step(self._actions)
        dones = terminated | truncated
        told: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for k in np.flatnonzero(dones):
            told[k] = {
                "terminal_observation": infos["final_obs"][k],
                "TimeLimit.truncated": bool(truncated[k]),
            }
        return observations, (rewards * self.reward_scale).astype(np.float32), dones, told

    def close(self) -> None:
        """Nothing is held open."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The vector environment's attribute, once for each account asked for."""
        return [getattr(self.env, attr_name)] * len(self._who(indices))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Refused: the accounts share one environment."""
        raise NotImplementedError(f"accounts share one environment; set {attr_name} on it before training")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Call a method of the vector environment once; its answer for each account asked for."""
        answer = getattr(self.env, method_name)(*args, **kwargs)
        return [answer] * len(self._who(indices))

    def env_is_wrapped(self, wrapper_class: type[Any], indices: Any = None) -> list[bool]:
        """Never: no account has a wrapper of its own."""
        return [False] * len(self._who(indices))

    def _who(self, indices: Any) -> Sequence[int]:
        if indices is None:
            return range(self.num_envs)
        return [indices] if isinstance(indices, int) else list(indices)
