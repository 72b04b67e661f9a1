"""`paper_trade`: a strategy on a feed, with imaginary money counted by the kernel that backtests use."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fxlab.execution import (
    Account,
    Costs,
    Result,
    Simulation,
    SimulationView,
    make_tape,
    result_of_simulation,
)
from fxlab.execution.tape import extend_tape
from fxlab.market import Bars
from fxlab.paper.feed import Feed
from fxlab.paper.journal import Journal, JournalError
from fxlab.strategy import TargetArrays, first_rows, strategy_name, target_arrays, target_row, targets_of


def paper_trade(
    strategy: Any,
    feed: Feed,
    params: Mapping[str, Any] | None = None,
    costs: Costs | None = None,
    account: Account | None = None,
    journal: str | Path | None = None,
    on_bar: Callable[[int, Simulation], None] | None = None,
) -> Result:
    """Trade a feed on paper until it ends: each closed bar is lived through, then decided upon.

    Args:
        strategy: as in `fx.backtest`; functions are called with the closed bars so far, and their last row counts.
        feed: where closed bars come from, e.g. fx.paper.ReplayFeed(bars).
        params: keyword arguments of a strategy function.
        costs, account: as in `fx.backtest`.
        journal: folder in which every bar and decision is kept; the same folder and settings resume a session.
        on_bar: called after each new bar with its number and the simulation, for progress.

    Returns:
        Result over all bars of the session, those before a resume included. On a replay of bars it equals
        `fx.backtest` of the same strategy to the bit.

    Raises:
        TypeError, ValueError: as `fx.backtest`, and ValueError for a feed that ends before its first bar.
        JournalError: a journal of other settings, in use, or one whose decisions a policy does not repeat.

    >>> import fxlab as fx
    >>> bars = fx.load_bars("EURUSD")["2017-03-01"]
    >>> fx.paper_trade(1.0, fx.paper.ReplayFeed(bars)).equity.equals(fx.backtest(1.0, bars).equity)
    True
    """
    session = _Session(strategy, feed, dict(params or {}), costs or Costs(), account or Account())
    kept = None
    if journal is not None:
        kept = Journal(journal, session.about(), feed.instruments, feed.every_ns)
    try:
        if kept is not None:
            session.resume(kept)
        for bar in feed.bars(session.last_time):
            session.live(bar)
            decided = session.decide()
            if kept is not None:
                kept.append(bar, decided)
            if on_bar is not None:
                on_bar(len(session.bars) - 1, session.simulation)
    finally:
        if kept is not None:
            kept.close()
    return session.result()


class _Session:
    """Bars so far, the account, and the row decided last."""

    def __init__(
        self, strategy: Any, feed: Feed, params: dict[str, Any], costs: Costs, account: Account
    ) -> None:
        self.strategy = strategy
        self.feed = feed
        self.params = params
        self.costs = costs
        self.account = account
        self.name = strategy_name(strategy)
        self.is_policy = hasattr(strategy, "decide")
        self._simulation: Simulation | None = None
        self._decided: TargetArrays | None = None
        self._view: SimulationView | None = None
        if self.is_policy:
            if params:
                raise TypeError(
                    f"{self.name} decides bar by bar and takes no params; it was given {', '.join(params)}"
                )
            strategy.reset()

    def about(self) -> dict[str, Any]:
        """What must be equal for a journal to be resumed."""
        return {
            "strategy": self.name,
            "params": {name: repr(value) for name, value in self.params.items()},
            "instruments": [dataclasses.astuple(one) for one in self.feed.instruments],
            "every_ns": self.feed.every_ns,
            "costs": repr(self.costs),
            "account": repr(self.account),
        }

    @property
    def simulation(self) -> Simulation:
        """The account."""
        if self._simulation is None:
            raise ValueError(f"{self.name}: the feed ended before its first bar")
        return self._simulation

    @property
    def bars(self) -> Bars:
        """Closed bars so far."""
        return self.simulation.tape.bars

    @property
    def last_time(self) -> int | None:
        """Opening time of the last bar lived through, None before the first."""
        return None if self._simulation is None else int(self.bars.times[-1])

    def resume(self, journal: Journal) -> None:
        """Live through what a journal kept. Functions of bars need no asking again; a policy is asked, to rebuild
        its memory, and must answer as it did."""
        for entry in journal.entries():
            self.live(entry.bar)
            if self.is_policy:
                again = self.decide()
                if not _same(again, entry.decided):
                    raise JournalError(
                        f"{journal.path}: {self.name} decides otherwise than it did at {self.bars.index[-1]}; "
                        "resume with the policy that began, or start a new journal"
                    )
            self._decided = entry.decided

    def live(self, bar: Bars) -> None:
        """Live through one closed bar with what was decided at the last one."""
        if self._simulation is None:
            self._simulation = Simulation(make_tape(bar, self.costs, self.account))
            self._view = SimulationView(self._simulation)
            return
        simulation, decided = self._simulation, self._decided
        assert decided is not None
        simulation.extend(extend_tape(simulation.tape, bar))
        simulation.settle(decided.in_lots, decided.min_change)
        simulation.step(decided.values[0], decided.brackets[0])

    def decide(self) -> TargetArrays:
        """Ask for targets at the close of the last bar: one row."""
        bars = self.bars
        if self.is_policy:
            self._decided = target_row(self.strategy.decide(self._view), bars.symbols, self.name)
            return self._decided
        if hasattr(self.strategy, "latest") and not self.params:  # knows a shorter way to its last row
            row = target_arrays(self.strategy.latest(bars), bars[-1:], self.name, may_be_nan=True)
        else:
            targets = targets_of(self.strategy, bars, self.params, self.name)
            if not callable(self.strategy):
                targets = first_rows(targets, len(bars))
            row = target_arrays(targets, bars, self.name, may_be_nan=True)
        self._decided = TargetArrays(row.values[-1:], row.in_lots, row.brackets[-1:], row.min_change)
        return self._decided

    def result(self) -> Result:
        """Result so far."""
        return result_of_simulation(self.simulation, {"strategy": self.name, "params": self.params})


def _same(one: TargetArrays, other: TargetArrays) -> bool:
    return (
        one.in_lots == other.in_lots
        and np.array_equal(one.values, other.values, equal_nan=True)
        and np.array_equal(one.brackets, other.brackets, equal_nan=True)
    )
