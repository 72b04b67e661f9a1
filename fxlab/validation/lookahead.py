"""Does it see the future? Hide or change the bars after a cut: nothing before the cut may move.

Two probes at several cuts k, over every row before k and every column: prefix replay, f(bars[:k]) against
f(bars)[:k], and perturbation, f(bars with other prices from k on) against f(bars)[:k], in three modes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fxlab.market import Bars

MODES = ("prefix", "scaled", "shuffled", "flat")
_TOLERANCE = 1e-9  # of a column's spread: sums of another length may round otherwise

# bars → (rows × columns) float64, names of the columns
Probe = Callable[[Bars], tuple[np.ndarray, list[str]]]


@dataclass(frozen=True)
class LookaheadFinding:
    """One column that moved although only later bars did.

    Attributes:
        column: which output.
        time: opening time of the first bar that saw the future. row: its position.
        reach: bars between the first changed input and that bar, measured at the cut; at least.
        mode: what was done to the later bars. cut: first bar that was hidden or changed.
        was, became: the value with the bars as they are, and with the later ones hidden or changed.
        kind: "fixed offset", "whole sample" (a statistic of all bars), or "length-dependent" (only hiding bars
            moves it).
    """

    column: str
    time: pd.Timestamp
    row: int
    reach: int
    mode: str
    cut: int
    was: float
    became: float
    kind: str


@dataclass(frozen=True)
class LookaheadReport:
    """Outcome of `check_lookahead`; `.ok` when nothing moved.

    Attributes:
        name: what was checked. findings: one for each column that leaks, worst reach.
        n_bars, cuts: how much was looked at; a clean report is evidence, not proof.
    """

    name: str
    findings: tuple[LookaheadFinding, ...]
    n_bars: int
    cuts: tuple[int, ...]

    @property
    def ok(self) -> bool:
        """Whether no output moved."""
        return not self.findings

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        if self.ok:
            return f"{self.name}: no look-ahead found at {len(self.cuts)} cuts in {self.n_bars:,} bars"
        first = self.findings[0]
        later = "hidden" if first.mode == "prefix" else "changed"
        more = f" (and {len(self.findings) - 1} more columns)" if len(self.findings) > 1 else ""
        return (
            f"{self.name} changes {first.column} at {first.time:%Y-%m-%d %H:%M} UTC once bars from "
            f"{first.reach} later on are {later} ({first.was:g} became {first.became:g}): it sees the future; "
            f"{_MENDING[first.kind]}{more}"
        )

    def raise_for_findings(self) -> None:
        """Raise ValueError with the sentence of the report unless it is ok."""
        if not self.ok:
            raise ValueError(str(self))


_MENDING = {
    "fixed offset": "look for a negative shift, a centred window or a value stamped too early",
    "whole sample": "fit scalers and statistics on past rows only",
    "length-dependent": "its past depends on how many bars follow; fix the sizes it derives from len(bars)",
}


def check_lookahead(
    obj: Any,
    bars: Bars,
    *,
    features: Any = None,
    params: dict[str, Any] | None = None,
    n_cuts: int = 8,
    max_bars: int = 2_000,
    seed: int = 0,
) -> LookaheadReport:
    """Look for outputs that depend on later bars.

    Args:
        obj: a strategy or feature function of bars, a fitted FeaturePipeline, a forecaster (with `features`), a
            Policy or agent (asked with an account that never moves), or an environment with `with_bars` (given a
            seeded sequence of actions).
        bars: real ones, best more than a few hundred; the first `max_bars` are used.
        features: fitted pipeline that feeds a forecaster.
        params: keyword arguments of a function.
        n_cuts: places at which the future is hidden and changed; two more lie in the first twentieth.

    Returns:
        LookaheadReport: `.ok`, `.findings`; str() is one sentence that names the first bar.

    Raises:
        TypeError: an object of no kind above. ValueError: fewer than 20 bars.

    Source: the prefix replay is Freqtrade's look-ahead analysis, made stricter: every row and column is compared,
    and later bars are also changed, which finds what a mere cut misses.

    >>> import fxlab as fx
    >>> bars = fx.load_bars("EURUSD")[:500]
    >>> fx.check_lookahead(lambda bars: bars.close.rolling(5).mean(), bars).ok
    True
    >>> fx.check_lookahead(lambda bars: bars.close.shift(-1), bars).findings[0].reach
    1
    """
    if len(bars) < 20:
        raise ValueError(f"a look-ahead check needs 20 bars or more, got {len(bars)}")
    bars = bars[:max_bars]
    name = getattr(obj, "__name__", None) or type(obj).__name__
    probe = _probe(obj, features, params or {}, name)
    rng = np.random.default_rng(seed)
    full, columns = probe(bars)
    spread = _spread(full)
    cuts = _cuts(len(bars), n_cuts, rng)
    worst: dict[int, LookaheadFinding] = {}
    moved_by: dict[int, set[str]] = {}
    for k in cuts:
        for mode in MODES if k >= len(bars) // 10 else MODES[1:]:  # too few bars to run on make no prefix
            seen, seen_columns = probe(_without_future(bars, k, mode, rng))
            for c, row in _moved(full, columns, seen, seen_columns, k, spread):
                moved_by.setdefault(c, set()).add(mode)
                found = worst.get(c)
                if found is None or (k - row > found.reach and found.mode != "prefix"):
                    became = float(seen[row, c]) if c < seen.shape[1] and row < len(seen) else float("nan")
                    worst[c] = LookaheadFinding(
                        columns[c], bars.index[row], row, k - row, mode, k, float(full[row, c]), became, ""
                    )
    findings = [_classified(worst[c], moved_by[c]) for c in sorted(worst)]
    findings.sort(key=lambda finding: finding.row)
    return LookaheadReport(name, tuple(findings), len(bars), cuts)


# --- what the object says of bars ------------------------------------------------------------------------


def _probe(obj: Any, features: Any, params: dict[str, Any], name: str) -> Probe:
    if hasattr(obj, "with_bars") and hasattr(obj, "step"):
        return lambda bars: _env_outputs(obj, bars)
    if hasattr(obj, "decide"):
        return lambda bars: _policy_outputs(obj, bars)
    if hasattr(obj, "transform"):
        read = obj.transform if getattr(obj, "is_fitted", True) else obj.columns
        return lambda bars: as_table(read(bars), len(bars))
    if hasattr(obj, "predict"):
        if features is None:
            raise TypeError(
                f"{name} forecasts from features; pass features=the fitted pipeline that feeds it"
            )
        return lambda bars: as_table(obj.predict(features.transform(bars)), len(bars))
    if callable(obj):
        return lambda bars: as_table(obj(bars, **params), len(bars))
    raise TypeError(
        f"{name} cannot be checked; give a function of bars, pipeline, forecaster, policy or environment"
    )


def as_table(output: Any, n_bars: int) -> tuple[np.ndarray, list[str]]:
    """Whatever a function of bars returned as (rows × columns) float64 with names: frames, series, arrays, or
    Targets with every field of theirs.

    Raises:
        ValueError: not one row for each bar.
    """
    if hasattr(output, "exposure") and hasattr(output, "stop_loss_pips"):  # Targets, known by their fields
        parts, told = [], []
        for field in vars(output):
            value = getattr(output, field)
            if value is not None and field != "min_change":
                table, columns = as_table(value, n_bars)
                parts.append(table)
                told += [field if column in ("", "value") else f"{field} {column}" for column in columns]
        return np.concatenate(parts, axis=1), told
    names: list[str]
    values: np.ndarray
    if isinstance(output, pd.DataFrame):
        names, values = [str(column) for column in output.columns], output.to_numpy(dtype=np.float64)
    else:
        label = getattr(output, "name", None)
        values = np.asarray(output, dtype=np.float64)
        if values.ndim == 0:
            values = np.full(n_bars, float(values))
        values = values.reshape(len(values), -1)
        plain = [f"column {c}" for c in range(values.shape[1])]
        names = [str(label or "value")] if values.shape[1] == 1 else plain
    if len(values) != n_bars:
        raise ValueError(
            f"{len(values):,} rows for {n_bars:,} bars; a function of bars returns one row for each"
        )
    return values, names


def _env_outputs(env: Any, bars: Bars) -> tuple[np.ndarray, list[str]]:
    """Observations and rewards of a seeded sequence of actions from the first bar on; NaN where it has ended."""
    other = env.with_bars(bars)
    other.action_space.seed(0)
    actions = [other.action_space.sample() for _ in range(len(bars))]
    observation, _ = other.reset(seed=0, options={"start": 0})
    rows = np.full((len(bars), observation.size + 1), np.nan)
    rows[0, :-1] = observation
    for i, action in enumerate(actions[:-1]):
        observation, reward, terminated, truncated, _ = other.step(action)
        rows[i + 1, :-1], rows[i + 1, -1] = observation, reward
        if terminated or truncated:
            break
    return rows, [f"observation {c}" for c in range(observation.size)] + ["reward"]


class _StillAccount:
    """The view of an account that never trades: a policy's answers then depend on bars alone."""

    def __init__(self, bars: Bars) -> None:
        self._all = bars
        self._columns: dict[int, tuple[Any, np.ndarray]] = {}
        self.i = 0
        self.equity = self.free_margin = 10_000.0
        self.unrealised = 0.0
        self.lots = self.exposure = self.targets = dict.fromkeys(bars.symbols, 0.0)
        self.state = np.zeros(2 * len(bars.symbols) + 1)

    @property
    def bars(self) -> Bars:
        return self._all[: self.i + 1]

    @property
    def time(self) -> pd.Timestamp:
        return self._all.known_at[self.i]

    def features(self, pipeline: Any) -> np.ndarray:
        if id(pipeline) not in self._columns:
            self._columns[id(pipeline)] = (
                pipeline,
                np.asarray(pipeline.transform(self._all), dtype=np.float64),
            )
        return self._columns[id(pipeline)][1][: self.i + 1]


def _policy_outputs(policy: Any, bars: Bars) -> tuple[np.ndarray, list[str]]:
    view = _StillAccount(bars)
    policy.reset()
    rows = np.full((len(bars), len(bars.symbols)), np.nan)
    for i in range(len(bars)):
        view.i = i
        answer = policy.decide(view)
        if not isinstance(answer, dict):
            answer = answer.exposure if answer.exposure is not None else answer.lots
        if isinstance(answer, dict):
            for symbol, target in answer.items():
                rows[i, bars.symbols.index(symbol)] = target
        else:
            rows[i] = answer
    return rows, [f"target of {symbol}" for symbol in bars.symbols]


# --- another future --------------------------------------------------------------------------------------


def _cuts(n: int, n_cuts: int, rng: np.random.Generator) -> tuple[int, ...]:
    """Cuts spread over the bars, jittered, one of them near the end and two early, where warm-ups are filled."""
    edges = np.linspace(n * 0.15, n - 2, n_cuts)
    jitter = rng.integers(0, max(n // (4 * n_cuts), 1), n_cuts)
    return tuple(sorted({int(k) for k in np.clip([n * 0.01, n * 0.04, *(edges - jitter)], 5, n - 2)}))


def _without_future(bars: Bars, k: int, mode: str, rng: np.random.Generator) -> Bars:
    """Bars whose first k rows are as they were."""
    if mode == "prefix":
        return bars[:k]
    quotes = bars.quotes.copy()
    volumes = None if bars.volumes is None else bars.volumes.copy()
    if mode == "scaled":
        quotes[k:] *= 1.05
        if volumes is not None:
            volumes[k:] *= 3.0
    elif mode == "shuffled":
        order = k + rng.permutation(len(bars) - k)
        quotes[k:] = quotes[order]
        if volumes is not None:
            volumes[k:] = volumes[order]
    else:
        last = bars[:k].quotes[-1]
        quotes[k:, :, :4] = last[:, 3:4]
        quotes[k:, :, 4:] = last[:, 7:8]
        if volumes is not None:
            volumes[k:] = 0.0
    return bars.replace(quotes=quotes, volumes=volumes)


def _spread(full: np.ndarray) -> np.ndarray:
    """(columns,) how far each column ranges: what a difference is measured against."""
    finite = np.where(np.isfinite(full), full, np.nan)
    empty = np.isnan(finite).all(axis=0)
    finite[:, empty] = 0.0
    return np.nanmax(np.abs(finite), axis=0)


def _moved(
    full: np.ndarray,
    columns: Sequence[str],
    seen: np.ndarray,
    seen_columns: Sequence[str],
    k: int,
    spread: np.ndarray,
) -> list[tuple[int, int]]:
    """(column, first row before k) of each column that differs."""
    if list(columns) != list(seen_columns):
        return [
            (c, 0) for c in range(len(columns)) if c >= len(seen_columns) or columns[c] != seen_columns[c]
        ]
    before, now = full[:k], seen[:k]
    with np.errstate(invalid="ignore"):
        same = (
            (np.abs(before - now) <= _TOLERANCE * spread)
            | (before == now)
            | (np.isnan(before) & np.isnan(now))
        )
    return [(int(c), int(np.argmin(same[:, c]))) for c in np.flatnonzero(~same.all(axis=0))]


def _classified(finding: LookaheadFinding, modes: set[str]) -> LookaheadFinding:
    if modes == {"prefix"}:
        kind = "length-dependent"
    elif finding.reach > max(finding.cut // 2, 50):
        kind = "whole sample"
    else:
        kind = "fixed offset"
    return LookaheadFinding(**(vars(finding) | {"kind": kind}))
