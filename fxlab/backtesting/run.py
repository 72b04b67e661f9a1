"""`backtest`: a strategy, a policy or plain targets, lived through all bars at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fxlab.execution.batch import run_targets
from fxlab.execution.result import Result, result_of_simulation
from fxlab.execution.simulation import Simulation
from fxlab.execution.tape import make_tape
from fxlab.execution.terms import Account, Costs
from fxlab.execution.view import SimulationView
from fxlab.market import Bars
from fxlab.strategy import strategy_name, target_arrays, target_row, targets_of


def backtest(
    strategy: Any,
    bars: Bars,
    params: Mapping[str, Any] | None = None,
    costs: Costs | None = None,
    account: Account | None = None,
    close_at_end: bool = False,
) -> Result:
    """Run a strategy over bars: decided at the close of bar i, filled at the open of bar i + 1.

    Args:
        strategy: a function strategy(bars, **params) → targets; targets themselves (Targets, DataFrame, Series,
            array); or a Policy such as an agent, asked bar by bar.
        bars: what to trade on.
        params: keyword arguments of a strategy function.
        costs: None charges the bars' own spread and nothing else.
        account: None is 10,000 USD at leverage 30.
        close_at_end: close what is open at the last close.

    Returns:
        Result.

    Raises:
        TypeError: no strategy, or one that returns no targets.
        ValueError: targets of the wrong shape, unknown symbols, ±inf; no bars; no route to the account currency.

    >>> import fxlab as fx
    >>> bars = fx.load_bars("EURUSD")["2017-03"]
    >>> result = fx.backtest(1.0, bars)  # buy and hold once the equity
    >>> len(result.fills), result.fills["side"].iloc[0]
    (1, 'buy')
    """
    if not isinstance(bars, Bars):
        raise TypeError(
            f"backtest needs Bars, got {type(bars).__name__}; see fx.load_bars and Bars.from_frame"
        )
    costs, account, params = costs or Costs(), account or Account(), dict(params or {})
    name = strategy_name(strategy)
    info = {"strategy": name, "params": {key: _told(value) for key, value in params.items()}}
    if hasattr(strategy, "decide"):
        if params:
            raise TypeError(
                f"{name} decides bar by bar and takes no params; it was given {', '.join(params)}"
            )
        return run_policy(strategy, bars, costs, account, close_at_end, info)
    targets = target_arrays(targets_of(strategy, bars, params, name), bars, name)
    tape = make_tape(bars, costs, account)
    return run_targets(targets, tape, close_at_end, info)


def run_policy(
    policy: Any, bars: Bars, costs: Costs, account: Account, close_at_end: bool, info: Mapping[str, Any]
) -> Result:
    """Result of a Policy, asked after each bar but the last."""
    policy.reset()
    simulation = Simulation(make_tape(bars, costs, account))
    view = SimulationView(simulation)
    for _ in range(len(bars) - 1):
        row = target_row(policy.decide(view), bars.symbols, info["strategy"])
        simulation.settle(row.in_lots, row.min_change)
        simulation.step(row.values[0], row.brackets[0])
    if close_at_end:
        simulation.close_all()
    return result_of_simulation(simulation, info)


def _told(value: Any) -> Any:
    return value if isinstance(value, (int, float, str, bool, type(None))) else repr(value)
