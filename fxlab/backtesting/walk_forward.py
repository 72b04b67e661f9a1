"""`walk_forward`: choose parameters on the past, trade them on what follows, move on; one account throughout."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fxlab.backtesting.grid import combinations, parameter_table, spell
from fxlab.backtesting.part import part_of
from fxlab.backtesting.ranking import Metric, best, check_metric, measure, metric_name
from fxlab.backtesting.stitching import in_force, joined
from fxlab.backtesting.windows import Window, windows_of
from fxlab.execution.batch import run_targets
from fxlab.execution.counting import Counter
from fxlab.execution.result import Result
from fxlab.execution.tape import make_tape
from fxlab.execution.terms import Account, Costs
from fxlab.market import Bars
from fxlab.strategy import TargetArrays, remembering, strategy_name, target_arrays, targets_of
from fxlab.validation import check_lookahead

Grid = Mapping[str, Iterable[Any]] | Sequence[Mapping[str, Any]]


@dataclass(frozen=True, eq=False, repr=False)
class WalkForward:
    """What a strategy earned out of sample, with parameters that were chosen anew for each window.

    Attributes:
        result: the stitched Result, one account over all test windows. Its `info` holds "walk_forward" (the lengths,
            the metric), "lookahead" ("ok" and the sentence of the check) and "notes".
        windows: a row for each window: "train start", "train end", "training bars", "test start", "test end",
            "test bars" (starts are opening times, ends when the last bar was known); the chosen parameters; the
            metric "in sample" and "out of sample"; "Return out of sample [%]", which compound to the result's;
            "combinations tried".
        params: the chosen combination of each window, the fixed parameters left out.
    """

    result: Result
    windows: pd.DataFrame
    params: tuple[dict[str, Any], ...]

    def __repr__(self) -> str:
        return f"WalkForward({len(self.windows)} windows, {self.result!r})"

    def plot(self) -> Any:
        """Plotly figure of the stitched result."""
        return self.result.plot()


def walk_forward(
    strategy: Callable[..., Any],
    bars: Bars,
    grid: Grid,
    train: Any = "2y",
    test: Any = "6m",
    embargo: Any = "5d",
    metric: Metric = "Sharpe ratio",
    *,
    anchored: bool = False,
    params: Mapping[str, Any] | None = None,
    costs: Costs | None = None,
    account: Account | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> WalkForward:
    """Choose the best parameters on training bars, trade them on the test bars after them, move on by a test length.

    Every combination is run over a window's training bars by an account of its own, and the best by `metric` is
    traded over the window's test bars. The test windows follow each other without a hole and are one run of one
    account: at a window's first bar the target of its parameters is requested, and an order follows only if it
    differs from the target before. What happens after a window's training bars never changes its choice: its last
    decisions are not filled, positions are marked at the last training close, and the embargo keeps what fades slowly
    out of the test.

    The strategy is called with all bars up to the end of the window, so that its averages are warm, and its rows of
    the window are used. It has to be causal; the first combination is checked with `check_lookahead`, and a finding
    is noted, not raised.

    Args:
        strategy: a function strategy(bars, **params) → targets: exposure throughout, or lots throughout. Columns that
            combinations share are computed once a window when decorated with `fx.strategy.shared`.
        grid: {name: values to try} or a list of {name: value}.
        train, test, embargo: lengths: "2y", "6m" (months), "3w", "5d", "12h", a timedelta, or a number of bars. A
            last test window that the bars fill by half or more is kept.
        metric: a label of `stats()`, of which the highest is best (the lowest of a risk or a cost), or a function
            Result → float, highest best. NaN is worst; of equals the first combination is taken.
        anchored: training always begins with the first bar; otherwise it keeps its length.
        params: the same for every combination.
        costs, account: as for `backtest`.
        progress: called as progress(done, total) after each training run.

    Raises:
        TypeError: no function, no Bars, a grid or length of the wrong type.
        ValueError: too few bars, an empty grid, an unknown metric, lengths that are not positive, combinations of
            which some return exposure and others lots.

    Source: Pardo (2008), The Evaluation and Optimization of Trading Strategies, chapter 11. Departure: one account
    through all windows instead of a sum of separate runs, and an embargo.

    >>> import fxlab as fx
    >>> bars = fx.load_bars("EURUSD", start="2017-01", end="2017-04")
    >>> def trend(bars, lookback): return np.sign(bars.close - bars.close.shift(lookback))
    >>> found = walk_forward(trend, bars, {"lookback": [24, 120]}, train="6w", test="2w", embargo="1d")
    >>> len(found.windows), found.result.equity.index[0]
    (5, Timestamp('2017-02-13 22:00:00+0000', tz='UTC'))
    """
    name = strategy_name(strategy)
    _check_kinds(strategy, bars, name)
    costs, account, fixed = costs or Costs(), account or Account(), dict(params or {})
    combos = combinations(grid)
    _check_names(combos[0], fixed)
    windows, notes = windows_of(bars, train, test, embargo, anchored)
    _check_metric(metric, bars, costs, account)

    runs = _Runs(strategy, name, fixed, bars, costs, account)
    lookahead = _lookahead(strategy, bars, fixed | combos[0])
    done, total = itertools.count(1), len(windows) * len(combos)

    def tick() -> None:
        if progress is not None:
            progress(next(done), total)

    chosen: list[int] = []
    in_sample: list[float] = []
    parts: list[TargetArrays] = []
    for k, window in enumerate(windows):
        values = runs.training_values(window, combos, metric, tick)
        chosen.append(best(values, metric))
        in_sample.append(values[chosen[-1]])
        parts.append(runs.test_targets(window, combos[chosen[-1]]))
        if np.isnan(values).all():
            notes.append(
                f"window {k + 1}: {metric_name(metric)} is NaN for every combination; the first was taken"
            )

    if not lookahead["ok"]:
        notes.append(lookahead["report"])
    span = bars[windows[0].test.start : windows[-1].test.stop]
    info = {
        "strategy": name,
        "params": {key: _told(value) for key, value in fixed.items()},
        "walk_forward": {
            "train": str(train),
            "test": str(test),
            "embargo": str(embargo),
            "anchored": anchored,
            "metric": metric_name(metric),
            "windows": len(windows),
            "combinations": len(combos),
        },
        "lookahead": lookahead,
        "notes": [*bars.notes, *notes],
    }
    result = run_targets(joined(parts), make_tape(span, costs, account), info=info)
    picked = tuple(dict(combos[one]) for one in chosen)
    table = _table(bars, windows, picked, in_sample, result, metric, len(combos))
    return WalkForward(result, table, picked)


# --- one window ----------------------------------------------------------------------------------------------


class _Runs:
    """Runs of the strategy over windows of the bars; every combination is held to one kind of targets."""

    def __init__(
        self,
        strategy: Callable[..., Any],
        name: str,
        fixed: Mapping[str, Any],
        bars: Bars,
        costs: Costs,
        account: Account,
    ) -> None:
        self.strategy, self.name, self.fixed = strategy, name, fixed
        self.bars, self.costs, self.account = bars, costs, account
        self.first: tuple[bool, float, Mapping[str, Any]] | None = None

    def targets(self, past: Bars, start: int, combo: Mapping[str, Any]) -> TargetArrays:
        """Targets in force on the bars from row `start` on, the strategy called with all of them."""
        raw = targets_of(self.strategy, past, {**self.fixed, **combo}, self.name)
        # a warm-up may outlast the first training bars: such a combination trades nothing there
        arrays = target_arrays(raw, past, self.name, may_be_nan=True)
        if self.first is None:
            self.first = arrays.in_lots, arrays.min_change, combo
        in_lots, min_change, combo_before = self.first
        if (arrays.in_lots, arrays.min_change) != (in_lots, min_change):
            raise ValueError(
                f"{self.name} returns {_kind(arrays.in_lots, arrays.min_change)} for {spell(combo)} and "
                f"{_kind(in_lots, min_change)} for {spell(combo_before)}; one account trades them all, keep to one"
            )
        return in_force(arrays, start)

    def test_targets(self, window: Window, combo: Mapping[str, Any]) -> TargetArrays:
        """Targets in force on a window's test bars."""
        return self.targets(self.bars[: window.test.stop], window.test.start, combo)

    def training_values(
        self, window: Window, combos: Sequence[Mapping[str, Any]], metric: Metric, tick: Callable[[], None]
    ) -> list[float]:
        """The metric of each combination over a window's training bars, an account of its own for each."""
        past = self.bars[: window.train.stop]
        tape = make_tape(self.bars[window.train], self.costs, self.account)
        counter = Counter(tape, tape.lean())
        is_counted = isinstance(metric, str)
        values = []
        with remembering(past):
            for combo in combos:
                targets = self.targets(past, window.train.start, combo)
                figures = counter.count(targets) if is_counted else {}
                is_counted = metric in figures  # the pass of the fills counts most figures, not all of them
                if is_counted:
                    values.append(float(figures[str(metric)]))
                else:
                    info = {"strategy": self.name, "params": {**self.fixed, **combo}}
                    values.append(measure(run_targets(targets, tape, info=info), metric))
                tick()
        return values


def _lookahead(strategy: Callable[..., Any], bars: Bars, params: dict[str, Any]) -> dict[str, Any]:
    """{"ok", "report"} of a look-ahead check with these parameters."""
    try:
        report = check_lookahead(strategy, bars, params=params)
    except Exception as error:  # another's code, on hidden and invented bars
        return {"ok": False, "report": f"look-ahead could not be checked: {type(error).__name__}: {error}"}
    return {"ok": report.ok, "report": str(report)}


# --- the table of windows ------------------------------------------------------------------------------------


def _table(
    bars: Bars,
    windows: Sequence[Window],
    picked: Sequence[Mapping[str, Any]],
    in_sample: Sequence[float],
    result: Result,
    metric: Metric,
    n_combos: int,
) -> pd.DataFrame:
    index = pd.RangeIndex(1, len(windows) + 1, name="window")
    dates: dict[str, Any] = {}
    for label, name in (("train", "training"), ("test", "test")):
        rows = [getattr(window, label) for window in windows]
        dates[f"{label} start"] = bars.index[[one.start for one in rows]]
        dates[f"{label} end"] = bars.known_at[[one.stop - 1 for one in rows]]
        dates[f"{name} bars"] = np.array([one.stop - one.start for one in rows])
    first = windows[0].test.start
    tests = [
        part_of(
            result, one.test.start - first, one.test.stop - first, params={**result.info["params"], **combo}
        )
        for one, combo in zip(windows, picked, strict=True)
    ]
    label = metric_name(metric)
    figures = {
        f"{label} in sample": np.array(in_sample),
        f"{label} out of sample": np.array(
            [np.nan if one is None else measure(one, metric) for one in tests]
        ),
        "Return out of sample [%]": np.array(
            [
                np.nan if one is None else (one.equity.iloc[-1] / one.account.balance - 1) * 100
                for one in tests
            ]
        ),
        "combinations tried": np.full(len(windows), n_combos),
    }
    chosen = parameter_table(picked).set_axis(index, axis=0)
    return pd.concat([pd.DataFrame(dates, index=index), chosen, pd.DataFrame(figures, index=index)], axis=1)


# --- checks --------------------------------------------------------------------------------------------------


def _check_kinds(strategy: Any, bars: Any, name: str) -> None:
    if not isinstance(bars, Bars):
        raise TypeError(
            f"walk_forward needs Bars, got {type(bars).__name__}; see fx.load_bars and Bars.from_frame"
        )
    if not callable(strategy):
        kind = "decides bar by bar and" if hasattr(strategy, "decide") else "is no function and"
        raise TypeError(
            f"{name} {kind} has no parameters to choose; give a function strategy(bars, **params)"
        )


def _check_names(combo: Mapping[str, Any], fixed: Mapping[str, Any]) -> None:
    both = [name for name in combo if name in fixed]
    if both:
        raise ValueError(f"{', '.join(both)} is in both grid and params; leave it out of one of them")


def _check_metric(metric: Metric, bars: Bars, costs: Costs, account: Account) -> None:
    """Before anything is run: an account that stays flat for two bars has every label there is."""
    flat = target_arrays(0.0, bars[:2])
    labels = run_targets(flat, make_tape(bars[:2], costs, account)).stats().index
    check_metric(metric, [str(label) for label in labels])


def _kind(in_lots: bool, min_change: float) -> str:
    return f"{'lots' if in_lots else 'exposure'} with min_change {min_change:g}"


def _told(value: Any) -> Any:
    return value if isinstance(value, (int, float, str, bool, type(None))) else repr(value)
