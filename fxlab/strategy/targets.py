"""Targets: what a strategy wants to hold after each bar, and the levels that protect it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fxlab.market import Bars, find_instrument

LARGEST_EXPOSURE = 1_000.0
DISTANCES = (
    "stop_loss_pips",
    "take_profit_pips",
    "trailing_stop_pips",
    "entry_limit_pips",
    "limit_expiry_bars",
)


@dataclass(frozen=True, eq=False)
class Targets:
    """Target positions, decided at the close of each bar and filled at the next open.

    Give either `exposure` or `lots`. Every field is a DataFrame (bars × symbols), a 2-D array of that shape, a
    Series or 1-D array for one pair, or a number for all bars.

    Args:
        exposure: signed multiple of equity, e.g. −1 is short once the equity, within ±1000.
        lots: signed lots.
        stop_loss_pips, take_profit_pips, trailing_stop_pips: distances from the average fill price, > 0; NaN or
            None is none. Read on the row that opens or increases a position.
        entry_limit_pips: the opening or increasing part rests this many pips better than the close, > 0.
        limit_expiry_bars: bars a limit rests before it expires, > 0; None until it fills or the target changes.
        min_change: changes of fewer lots than this are skipped.

    A leading NaN is flat, a later NaN holds what was requested. A trade happens when the target changes, not when
    equity drifts; after a stop or target has closed a position it stays flat until the target changes.
    """

    exposure: Any = None
    lots: Any = None
    stop_loss_pips: Any = None
    take_profit_pips: Any = None
    trailing_stop_pips: Any = None
    entry_limit_pips: Any = None
    limit_expiry_bars: Any = None
    min_change: float = 0.0

    def __post_init__(self) -> None:
        if (self.exposure is None) == (self.lots is None):
            raise ValueError("Targets: give either exposure or lots, one of them")
        change = self.min_change
        if not (isinstance(change, (int, float)) and np.isfinite(change) and change >= 0):
            raise ValueError(f"Targets: min_change is {change!r} lots; zero or more")


@dataclass(frozen=True, eq=False)
class TargetArrays:
    """Targets as the kernel reads them.

    Attributes:
        values: (bars, symbols) exposure or lots; NaN holds.
        in_lots: whether they are lots.
        brackets: (bars, symbols, 5), or (1, symbols, 5) when they never change; pips, NaN is none.
        min_change: lots.
    """

    values: np.ndarray
    in_lots: bool
    brackets: np.ndarray
    min_change: float = 0.0


def target_arrays(
    targets: Any, bars: Bars, name: str = "the strategy", may_be_nan: bool = False
) -> TargetArrays:
    """Targets, or what a strategy returned instead of them, checked against the bars they are for.

    Args:
        targets: Targets, or an exposure as DataFrame, Series, array or number.
        name: who gave them, for messages.
        may_be_nan: let NaN in every row pass: bars so far may all lie in a warm-up.

    Raises:
        TypeError: nothing that can be targets.
        ValueError: wrong shape or index, unknown symbols, ±inf, exposure beyond ±1000, NaN in every row, a
            distance that is not positive: naming symbol and bar.
    """
    if not isinstance(targets, Targets):
        if targets is None:
            raise TypeError(f"{name} returned None; return one target for each bar")
        targets = Targets(exposure=targets)
    in_lots = targets.lots is not None
    what = "lots" if in_lots else "exposure"
    values = bar_values(targets.lots if in_lots else targets.exposure, bars, name, what)
    _check_values(values, bars, name, what)
    if not may_be_nan and len(values) and np.isnan(values).all():
        raise ValueError(f"{name}: {what} is nan in every row; return 0 to stay flat")
    columns = [getattr(targets, field) for field in DISTANCES]
    is_constant = all(column is None or np.isscalar(column) for column in columns)
    brackets = np.full((1 if is_constant else len(bars), len(bars.symbols), len(DISTANCES)), np.nan)
    for k, (field, column) in enumerate(zip(DISTANCES, columns, strict=True)):
        if column is not None:
            if is_constant:
                brackets[:, :, k] = _row(column, bars.symbols, name, field)
            else:
                brackets[:, :, k] = bar_values(column, bars, name, field)
            _check_distance(brackets[:, :, k], bars, name, field)
    return TargetArrays(values, in_lots, brackets, float(targets.min_change))


def target_row(targets: Any, symbols: tuple[str, ...], name: str = "the policy") -> TargetArrays:
    """One row of targets from a Policy: {symbol: exposure}, or Targets of scalars. A symbol left out holds.

    Raises:
        TypeError, ValueError: as `target_arrays`; the arrays have one row.
    """
    if not isinstance(targets, Targets):
        if targets is None:
            raise TypeError(f"{name} returned None; return {{symbol: exposure}} or Targets")
        targets = Targets(exposure=targets)
    in_lots = targets.lots is not None
    what = "lots" if in_lots else "exposure"
    values = _row(targets.lots if in_lots else targets.exposure, symbols, name, what)
    if np.isinf(values).any() or (not in_lots and (np.abs(values) > LARGEST_EXPOSURE).any()):
        raise ValueError(f"{name}: {what} is {values.tolist()}; a finite number within ±{LARGEST_EXPOSURE:g}")
    brackets = np.full((1, len(symbols), len(DISTANCES)), np.nan)
    for k, field in enumerate(DISTANCES):
        column = getattr(targets, field)
        if column is not None:
            brackets[0, :, k] = _row(column, symbols, name, field)
            if (brackets[0, :, k] <= 0).any():
                raise ValueError(f"{name}: {field} is {column!r}; pips are positive, None is none")
    return TargetArrays(values[None], in_lots, brackets, float(targets.min_change))


def first_rows(targets: Any, n: int) -> Any:
    """Targets for the first n bars out of targets for all of them; numbers stay as they are."""
    if isinstance(targets, Targets):
        fields = {name: first_rows(getattr(targets, name), n) for name in ("exposure", "lots", *DISTANCES)}
        return Targets(**fields, min_change=targets.min_change)
    if isinstance(targets, (pd.DataFrame, pd.Series)):
        return targets.iloc[:n]
    return targets[:n] if isinstance(targets, np.ndarray) and targets.ndim else targets


def _row(value: Any, symbols: tuple[str, ...], name: str, what: str) -> np.ndarray:
    row = np.full(len(symbols), np.nan)
    if isinstance(value, pd.Series):
        value = value.to_dict()
    if isinstance(value, dict):
        for symbol, one in value.items():
            if symbol not in symbols:
                raise ValueError(f"{name}: {what} for {symbol}, but the bars hold {', '.join(symbols)}")
            row[symbols.index(symbol)] = one
        return row
    try:
        row[:] = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name}: {what} is {value!r}; return {{symbol: exposure}} or Targets") from None
    return row


def bar_values(
    value: Any, bars: Bars, name: str, what: str, verbs: tuple[str, str] = ("returned", "return")
) -> np.ndarray:
    """(bars, symbols) float64 of a DataFrame, Series, array or number that is about these bars.

    Args:
        name, what: whose value it is and what it means, for messages.
        verbs: how it came here and how to do better: a strategy "returned" it, a function "was given" it.

    Raises:
        TypeError: not numbers. ValueError: another shape or index than the bars', or a pair they do not hold.
    """
    n, symbols = len(bars), bars.symbols
    came, do = verbs
    if isinstance(value, pd.DataFrame):
        return _from_frame(value, bars, name, what, verbs)
    if isinstance(value, pd.Series):
        _same_index(value.index, bars, name, verbs)
        value = value.to_numpy()
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(
            f"{name} {came} {type(value).__name__} for {what}; {do} a DataFrame, Series, array or "
            f"{'Targets' if do == 'return' else 'number'}"
        ) from None
    if array.ndim == 0:
        return np.full((n, len(symbols)), float(array))
    if array.shape == (n,) and len(symbols) == 1:
        array = array[:, None]
    if array.shape != (n, len(symbols)):
        raise ValueError(
            f"{name} {came} {what} of shape {array.shape}; these bars need ({n}, {len(symbols)}): "
            f"{n:,} bars of {', '.join(symbols)}"
        )
    return np.ascontiguousarray(array)


def _from_frame(frame: pd.DataFrame, bars: Bars, name: str, what: str, verbs: tuple[str, str]) -> np.ndarray:
    _same_index(frame.index, bars, name, verbs)
    came = verbs[0]
    array = np.full((len(bars), len(bars.symbols)), np.nan)
    found: list[int] = []
    for k, column in enumerate(frame.columns):
        s = find_instrument(column, bars.instruments)
        if s is None:
            held = ", ".join(bars.symbols)
            raise ValueError(
                f"{name} {came} {what} for {column!r}, which is not in these bars; they hold {held}"
            )
        if s in found:
            raise ValueError(
                f"{name} {came} {what} for {bars.symbols[s]} twice; keep one column for each pair"
            )
        found.append(s)
        try:
            array[:, s] = frame.iloc[:, k].to_numpy(dtype=np.float64)
        except (TypeError, ValueError):
            raise TypeError(f"{name}: {what} of {column} holds {frame.dtypes.iloc[k]}, not numbers") from None
    return array


def _same_index(index: pd.Index, bars: Bars, name: str, verbs: tuple[str, str]) -> None:
    came, do = verbs
    if len(index) != len(bars):
        raise ValueError(
            f"{name} {came} {len(index):,} rows for {len(bars):,} bars; {do} one row for each bar"
        )
    if isinstance(index, pd.DatetimeIndex) and not index.equals(bars.index):
        i = int(np.argmax(index.asi8 != bars.index.as_unit(index.unit).asi8)) if index.tz is not None else 0
        raise ValueError(f"{name} {came} an index that is not the bars' own: row {i} is {index[i]}")


def _check_values(values: np.ndarray, bars: Bars, name: str, what: str) -> None:
    wrong = np.isinf(values)
    if what == "exposure":
        wrong |= np.abs(values) > LARGEST_EXPOSURE
    if wrong.any():
        i, s = (int(k) for k in np.argwhere(wrong)[0])
        limit = f"within ±{LARGEST_EXPOSURE:g}" if what == "exposure" else "finite"
        raise ValueError(
            f"{name}: {what} of {bars.symbols[s]} is {values[i, s]} at {bars.index[i]:%Y-%m-%d %H:%M} UTC; "
            f"targets are {limit}"
        )


def _check_distance(values: np.ndarray, bars: Bars, name: str, field: str) -> None:
    wrong = (values <= 0) | np.isinf(values)
    if wrong.any():
        i, s = (int(k) for k in np.argwhere(wrong)[0])
        raise ValueError(
            f"{name}: {field} of {bars.symbols[s]} is {values[i, s]} at {bars.index[i]:%Y-%m-%d %H:%M} UTC; "
            "give a positive number, or NaN for none"
        )
