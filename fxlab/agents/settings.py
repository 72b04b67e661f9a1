"""DQNSettings: everything about learning that is not the environment."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class DQNSettings:
    """How a DQNAgent learns. A frame is one bar lived through by one account.

    Args:
        hidden: units of each hidden layer of the Q network.
        learning_rate: of Adam.
        gamma: discount of a bar; 0.97 looks about 33 bars ahead.
        batch_size: transitions in a gradient step.
        buffer_size: frames kept for replay; one takes 8 bytes for each input.
        n_envs: accounts that live at once when the agent makes its own vector environment.
        train_freq: bars that every account lives through between trainings.
        gradient_steps: gradient steps of a training.
        exploration_fraction: share of the training during which random actions fade out.
        exploration_final_eps: share of random actions that remains.
        target_update_interval: frames between copies of the network into its target.
        learning_starts: frames with random actions before the first gradient step.
        reward_scale: rewards are multiplied by it; log returns of an hour are near 0.001.
        threads: CPU threads of torch while it learns.
        device: "auto" (a CUDA device if there is one), "cpu", "cuda", "cuda:1", …

    64 accounts and one gradient step of 512 transitions for each of their bars learn from 8 samples a frame, as
    the common 1 account, 4 bars and 32 transitions do, in far fewer calls.

    Raises:
        ValueError: a value out of range, naming the field.

    Source: Mnih et al. (2015), "Human-level control through deep reinforcement learning", Nature 518.
    """

    hidden: tuple[int, ...] = (64, 64)
    learning_rate: float = 1e-3
    gamma: float = 0.97
    batch_size: int = 512
    buffer_size: int = 100_000
    n_envs: int = 64
    train_freq: int = 1
    gradient_steps: int = 1
    exploration_fraction: float = 0.3
    exploration_final_eps: float = 0.05
    target_update_interval: int = 1_024
    learning_starts: int = 1_024
    reward_scale: float = 500.0
    threads: int = 1
    device: str = "auto"

    def __post_init__(self) -> None:
        hidden = (self.hidden,) if isinstance(self.hidden, int) else tuple(self.hidden)
        object.__setattr__(self, "hidden", hidden)  # a list out of JSON or YAML becomes what was asked for
        if not hidden or not all(_is_count(units) for units in hidden):
            raise ValueError(f"DQNSettings: hidden is {self.hidden!r}; units of each layer, such as (64, 64)")
        for name in _COUNTS:
            if not _is_count(getattr(self, name)):
                raise ValueError(f"DQNSettings: {name} is {getattr(self, name)!r}; a whole number, 1 or more")
        if not (_is_whole(self.learning_starts) and self.learning_starts >= 0):
            raise ValueError(
                f"DQNSettings: learning_starts is {self.learning_starts!r}; a whole number, 0 or more"
            )
        for name in ("learning_rate", "reward_scale"):
            if not (_is_number(getattr(self, name)) and getattr(self, name) > 0):
                raise ValueError(f"DQNSettings: {name} is {getattr(self, name)!r}; a positive number")
        for name in ("gamma", "exploration_fraction", "exploration_final_eps"):
            if not (_is_number(getattr(self, name)) and 0 <= getattr(self, name) <= 1):
                raise ValueError(f"DQNSettings: {name} is {getattr(self, name)!r}; a share from 0 to 1")
        if not (isinstance(self.device, str) and self.device):
            raise ValueError(f"DQNSettings: device is {self.device!r}; 'auto', 'cpu' or 'cuda'")


_COUNTS = (
    "batch_size",
    "buffer_size",
    "n_envs",
    "train_freq",
    "gradient_steps",
    "target_update_interval",
    "threads",
)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and _is_whole(value) and value >= 1


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
