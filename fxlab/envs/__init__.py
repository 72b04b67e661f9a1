"""The kernel, one action at a time: Gymnasium environments for learning to trade.

Needs gymnasium, `pip install "fxlab[rl]"`.
"""

try:
    import gymnasium  # noqa: F401 - asked for here, so that its absence is told in one line
except ModuleNotFoundError:
    raise ImportError('environments and agents need gymnasium: pip install "fxlab[rl]"') from None

from fxlab.envs.observations import N_STATE, observation_size, state_inputs
from fxlab.envs.rewards import REWARDS, log_equity
from fxlab.envs.trading import TradingEnv
from fxlab.envs.vector import VectorTradingEnv

__all__ = [
    "N_STATE",
    "REWARDS",
    "TradingEnv",
    "VectorTradingEnv",
    "log_equity",
    "observation_size",
    "state_inputs",
]
