"""What a step is worth: functions of the equity before and after a bar."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from fxlab import metrics

Reward = Callable[[float, float], float]  # reward(equity before the bar, equity after it)


def log_equity(before: float, after: float) -> float:
    """Log return of the bar's equity: summed over an episode, the log of final over first equity.

    The same compiled function as `Result.log_returns()`, so each reward equals the backtest's bit for bit.
    """
    return float(metrics.log_growth(before, after))


def equity_change(before: float, after: float) -> float:
    """Change of equity over the bar, in account currency."""
    return after - before


REWARDS: dict[str, Reward] = {"log_equity": log_equity, "equity_change": equity_change}


def reward_function(reward: str | Reward) -> Reward:
    """The reward that a name or a function stands for.

    Raises:
        ValueError: an unknown name. TypeError: neither a name nor a function.
    """
    if callable(reward):
        return reward
    if not isinstance(reward, str):
        raise TypeError(f"reward is {reward!r}; give a name or a function of (equity before, equity after)")
    if reward not in REWARDS:
        near = get_close_matches(reward, REWARDS, 1)
        hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(REWARDS)}"
        raise ValueError(f"reward {reward!r} is not known{hint}")
    return REWARDS[reward]
