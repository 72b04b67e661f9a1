"""A grid of parameters as the list of combinations that are tried, one after the other."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd


def combinations(grid: Mapping[str, Iterable[Any]] | Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every combination of a grid, in a stable order.

    Args:
        grid: {name: values to try}, of which every value meets every other, the last name varying fastest; or a
            list of combinations, {name: value} each with the same names, kept as it is given.

    Returns:
        one {name: value} a combination, names in the order of the grid; NumPy scalars become plain numbers.

    Raises:
        TypeError: neither of both; a name that is no text; one value, or a set, where a list of values belongs.
        ValueError: nothing to try, combinations with other names than the first, the same combination twice.

    >>> combinations({"fast": [5, 10], "slow": range(50, 151, 50)})[:4]
    [{'fast': 5, 'slow': 50}, {'fast': 5, 'slow': 100}, {'fast': 5, 'slow': 150}, {'fast': 10, 'slow': 50}]
    """
    if isinstance(grid, Mapping):
        combos = _product(grid)
    elif isinstance(grid, Sequence) and not isinstance(grid, (str, bytes)):
        combos = _listed(grid)
    else:
        raise TypeError(
            f"grid is a {type(grid).__name__}; give {{name: values to try}} or a list of {{name: value}}"
        )
    _refuse_twins(combos)
    return combos


def parameter_table(combos: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Combinations as a table: a row each, numbered from 0, a column for each parameter, values as they were given.

    >>> parameter_table([{"fast": 5, "filter": None}, {"fast": 10, "filter": "adx"}])["fast"].tolist()
    [5, 10]
    """
    names = list(combos[0]) if combos else []
    index = pd.RangeIndex(len(combos), name="combination")
    return pd.DataFrame({name: _column([one[name] for one in combos], index) for name in names}, index=index)


def spell(combo: Mapping[str, Any]) -> str:
    """A combination as messages write it.

    >>> spell({"fast": 5, "slow": 50})
    'fast=5, slow=50'
    """
    return ", ".join(f"{name}={value!r}" for name, value in combo.items())


def _product(grid: Mapping[str, Iterable[Any]]) -> list[dict[str, Any]]:
    if not grid:
        raise ValueError("grid is empty; give {name: values to try}, such as {'fast': [5, 10, 20]}")
    axes = [_values(name, values) for name, values in grid.items()]
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*axes)]


def _values(name: Any, values: Any) -> list[Any]:
    _check_name(name, "grid")
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise TypeError(
            f"grid[{name!r}] is {values!r}, one value; give a list of values to try: [{values!r}]"
        )
    if isinstance(values, (set, frozenset)):
        raise TypeError(f"grid[{name!r}] is a set, which has no order; give a list of values to try")
    out = [_plain(value) for value in values]
    if not out:
        raise ValueError(f"grid[{name!r}] holds no values; give one or more to try")
    return out


def _listed(grid: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if not len(grid):
        raise ValueError("grid is empty; give one combination or more, such as [{'fast': 5, 'slow': 50}]")
    out: list[dict[str, Any]] = []
    for i, combo in enumerate(grid):
        if not isinstance(combo, Mapping):
            raise TypeError(f"grid[{i}] is {combo!r}; each combination is a mapping {{name: value}}")
        for name in combo:
            _check_name(name, f"grid[{i}]")
        if out and set(combo) != set(out[0]):
            raise ValueError(
                f"grid[{i}] has the parameters {_names(combo)} and grid[0] has {_names(out[0])}; "
                "give every combination the same"
            )
        out.append({name: _plain(combo[name]) for name in (out[0] if out else combo)})
    return out


def _refuse_twins(combos: list[dict[str, Any]]) -> None:
    """Trying a combination twice wastes time, and counts one trial as two in every statistic of luck."""
    first: dict[Any, int] = {}
    twins = 0
    told = ""
    for i, combo in enumerate(combos):
        key = tuple(_key(value) for value in combo.values())
        if key in first:
            twins += 1
            told = (
                told
                or f"grid gives {spell(combo) or 'no parameters'} twice, as combinations {first[key]} and {i}"
            )
        first.setdefault(key, i)
    if twins:
        more = f" (and {twins - 1} more)" if twins > 1 else ""
        raise ValueError(f"{told}{more}; give each combination once")


def _key(value: Any) -> Any:
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return isinstance(value, bool), value  # True equals 1 and is another parameter


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _column(values: list[Any], index: pd.Index) -> pd.Series:
    for kinds in ((bool,), (int, float), (str,)):
        if all(
            isinstance(value, kinds) and (kinds == (bool,) or not isinstance(value, bool)) for value in values
        ):
            return pd.Series(values, index=index)
    cells = np.empty(len(values), dtype=object)  # None stays None, a list stays one cell
    for i, value in enumerate(values):
        cells[i] = value
    return pd.Series(cells, index=index, dtype=object)


def _check_name(name: Any, where: str) -> None:
    if not isinstance(name, str):
        raise TypeError(f"{where} names a parameter {name!r}; names are text, as the strategy spells them")


def _names(combo: Mapping[str, Any]) -> str:
    return ", ".join(combo) or "none"
