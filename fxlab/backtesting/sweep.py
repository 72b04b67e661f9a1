"""`sweep`: one row of statistics for each combination of parameters, counted in the pass of the fills."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from fxlab.backtesting.grid import combinations, parameter_table, spell
from fxlab.backtesting.ranking import LESS_IS_BETTER
from fxlab.execution.batch import run_targets
from fxlab.execution.counting import Counter
from fxlab.execution.result import Result
from fxlab.execution.tape import Tape, make_tape
from fxlab.execution.terms import Account, Costs
from fxlab.market import Bars
from fxlab.strategy import TargetArrays, remembering, strategy_name, target_arrays, targets_of

EXECUTORS = ("local", "serial")


@dataclass(frozen=True, eq=False, repr=False)
class Sweep:
    """What `sweep` found.

    Attributes:
        table: DataFrame, a row each combination: its parameters, then statistics with units in their labels.
        parameters: names of the parameters, the first columns of the table.
    """

    table: pd.DataFrame
    parameters: tuple[str, ...]
    _run: _Sweeping = field(repr=False)

    def __repr__(self) -> str:
        return f"Sweep({self._run.name}: {len(self.table):,} combinations of {', '.join(self.parameters)})"

    def __len__(self) -> int:
        return len(self.table)

    def best(
        self, n: int = 10, metric: str = "Sharpe ratio", *, ascending: bool | None = None
    ) -> pd.DataFrame:
        """The n best rows by `metric`: the largest, or the smallest where less is better (drawdown, costs).

        Rows without the figure come last, ties keep their order; `ascending` decides otherwise.
        """
        self._known(metric)
        if ascending is None:
            ascending = metric.startswith(LESS_IS_BETTER)
        ordered = self.table.sort_values(metric, ascending=ascending, kind="stable", na_position="last")
        return ordered.head(n)

    def result(self, **params: Any) -> Result:
        """The full Result of one combination, equal to `fx.backtest` with these parameters.

        Raises:
            ValueError: parameters that are not among the combinations.
        """
        wanted = {name: params.get(name) for name in self.parameters}
        rows = np.ones(len(self.table), dtype=bool)
        for name, value in wanted.items():
            rows &= (self.table[name] == value).to_numpy(dtype=bool)
        if set(params) != set(self.parameters) or not rows.any():
            raise ValueError(
                f"{spell(params) or 'no parameters'} is not a combination of this sweep over "
                f"{', '.join(self.parameters)}; see .table"
            )
        return self._run.result(wanted)

    def plot(self, metric: str = "Sharpe ratio") -> Any:
        """Plotly figure of `metric` over the parameters: a line for one, a heat map for two, coordinates for more."""
        from fxlab.backtesting.surface import surface

        self._known(metric)
        return surface(self.table, self.parameters, metric)

    def _known(self, metric: str) -> None:
        figures = [str(column) for column in self.table.columns if column not in self.parameters]
        if metric not in figures:
            near = get_close_matches(metric, figures, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(figures)}"
            raise ValueError(f"a sweep has no figure {metric!r}; {hint}")


@dataclass(frozen=True, eq=False)
class _Sweeping:
    """What every combination has in common."""

    strategy: Any
    bars: Bars
    tape: Tape
    params: Mapping[str, Any]
    close_at_end: bool
    name: str

    def targets(self, combo: Mapping[str, Any]) -> TargetArrays:
        try:
            return target_arrays(
                targets_of(self.strategy, self.bars, {**self.params, **combo}, self.name),
                self.bars,
                self.name,
            )
        except (TypeError, ValueError) as error:
            raise type(error)(f"with {spell(combo)}: {error}") from error

    def result(self, combo: Mapping[str, Any]) -> Result:
        with remembering(self.bars):
            targets = self.targets(combo)
        params = {**self.params, **combo}
        return run_targets(targets, self.tape, self.close_at_end, {"strategy": self.name, "params": params})


def sweep(
    strategy: Callable[..., Any],
    bars: Bars,
    grid: Mapping[str, Iterable[Any]] | Sequence[Mapping[str, Any]],
    params: Mapping[str, Any] | None = None,
    costs: Costs | None = None,
    account: Account | None = None,
    close_at_end: bool = False,
    executor: str = "local",
    progress: Callable[[int, int], None] | bool | None = None,
) -> Sweep:
    """Run a strategy function with every combination of parameters.

    Statistics are counted while the fills happen: memory grows with bars and with combinations, never with their
    product. Each row equals `fx.backtest` of its combination: the same fills and equity to the bit, statistics to
    rounding (sums run bar by bar here, pairwise there).

    Args:
        strategy: function strategy(bars, **params) → targets. Decorate columns that combinations share with
            `fx.strategy.shared`: they are computed once.
        bars, costs, account, close_at_end: as in `fx.backtest`.
        grid: {name: values}, every value with every other; or a list of {name: value}.
        params: parameters that all combinations share.
        executor: "local" uses all cores, "serial" one.
        progress: called with (done, all) after each row; None shows a bar on a terminal, False nothing.

    Returns:
        Sweep: `.table`, `.best(n)`, `.result(**params)`, `.plot()`.

    Raises:
        TypeError: a strategy that is no function, a grid that is none.
        ValueError: an unknown executor; and as `fx.backtest`, the combination named.

    >>> import fxlab as fx
    >>> def ma_cross(bars, fast, slow):
    ...     close = bars.close
    ...     return np.sign(close.rolling(fast).mean() - close.rolling(slow).mean())
    >>> swept = fx.sweep(ma_cross, fx.load_bars("EURUSD")["2017-03"], {"fast": [5, 10], "slow": [20, 40, 80]})
    >>> len(swept.table), swept.parameters
    (6, ('fast', 'slow'))
    """
    name = strategy_name(strategy)
    if not callable(strategy):
        raise TypeError(f"{name} takes no parameters; a sweep needs a function strategy(bars, **params)")
    if executor not in EXECUTORS:
        raise ValueError(f"executor is {executor!r}; write 'local' (all cores) or 'serial' (one)")
    if not isinstance(bars, Bars):
        raise TypeError(f"sweep needs Bars, got {type(bars).__name__}; see fx.load_bars and Bars.from_frame")
    combos = combinations(grid)
    tape = make_tape(bars, costs or Costs(), account or Account())
    sweeping = _Sweeping(strategy, bars, tape, dict(params or {}), close_at_end, name)
    workers = 1 if executor == "serial" else min(len(combos), os.cpu_count() or 1)
    with remembering(bars), _shown(progress, len(combos)) as tell:
        rows = list(_rows(sweeping, combos, workers, tell))
    table = pd.concat([parameter_table(combos), pd.DataFrame(rows).rename_axis("combination")], axis=1)
    return Sweep(table, tuple(combos[0]), sweeping)


def _rows(
    sweeping: _Sweeping, combos: list[dict[str, Any]], workers: int, tell: Callable[[int], None]
) -> Iterator[dict[str, Any]]:
    """Statistics of each combination in order; threads share the tape, each with scratch arrays of its own."""
    lean = sweeping.tape.lean()
    own = threading.local()

    def row(combo: dict[str, Any]) -> dict[str, Any]:
        if not hasattr(own, "counter"):
            own.counter = Counter(sweeping.tape, lean)
        return own.counter.count(sweeping.targets(combo), sweeping.close_at_end)

    if workers == 1:
        for done, combo in enumerate(combos, start=1):
            yield row(combo)
            tell(done)
        return
    with ThreadPoolExecutor(workers) as pool:
        for done, figures in enumerate(pool.map(row, combos), start=1):
            yield figures
            tell(done)


@contextmanager
def _shown(progress: Callable[[int, int], None] | bool | None, total: int) -> Iterator[Callable[[int], None]]:
    """How rows done are told: to a caller's function, to a bar on a terminal's standard error, or not at all."""
    if callable(progress):
        yield lambda done: progress(done, total)
        return
    from rich.console import Console
    from rich.progress import Progress

    screen = Console(stderr=True)
    is_shown = screen.is_terminal if progress is None else bool(progress)
    with Progress(console=screen, disable=not is_shown, transient=True) as bar:
        task = bar.add_task("Sweeping", total=total)
        yield lambda done: bar.update(task, completed=done)
