"""A grid is tried in an order one can foresee, each combination once, and anything else is told in one line."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxlab.backtesting.grid import combinations, parameter_table


def test_the_last_name_varies_fastest() -> None:
    assert combinations({"slow": [50, 100], "fast": (5, 10)}) == [
        {"slow": 50, "fast": 5},
        {"slow": 50, "fast": 10},
        {"slow": 100, "fast": 5},
        {"slow": 100, "fast": 10},
    ]


@given(
    st.dictionaries(
        st.sampled_from("abcd"), st.lists(st.integers(), min_size=1, max_size=4, unique=True), min_size=1
    )
)
def test_every_value_meets_every_other_once(grid: dict[str, list[int]]) -> None:
    found = combinations(grid)
    assert len(found) == math.prod(len(values) for values in grid.values())
    assert len({tuple(combo.items()) for combo in found}) == len(found)
    assert all(list(combo) == list(grid) for combo in found)
    assert all(combo[name] in grid[name] for combo in found for name in grid)


def test_any_iterable_will_do_and_is_read_once() -> None:
    found = combinations({"a": (n * n for n in range(3)), "b": np.linspace(0, 1, 2)})
    assert [combo["a"] for combo in found] == [0, 0, 1, 1, 4, 4]
    assert [combo["b"] for combo in found] == [0.0, 1.0] * 3


def test_numpy_scalars_become_numbers_that_json_can_write() -> None:
    (combo,) = combinations({"a": np.arange(1), "b": [np.float32(0.5)], "c": [np.True_], "d": [np.str_("x")]})
    assert [type(value) for value in combo.values()] == [int, float, bool, str]


def test_a_list_of_combinations_stays_as_it_is_and_is_copied() -> None:
    given_ones = [{"fast": 5, "slow": 50}, {"slow": 20, "fast": 10}]
    found = combinations(given_ones)
    assert found == given_ones
    assert [list(combo) for combo in found] == [["fast", "slow"]] * 2
    found[0]["fast"] = 99
    assert given_ones[0]["fast"] == 5


def test_one_combination_without_parameters_is_a_strategy_as_it_stands() -> None:
    assert combinations([{}]) == [{}]


def test_true_is_not_one() -> None:
    assert len(combinations({"filter": [True, 1, False, 0]})) == 4


@pytest.mark.parametrize(
    ("grid", "error", "complaint"),
    [
        ({}, ValueError, r"grid is empty; give \{name: values to try\}"),
        ([], ValueError, r"grid is empty; give one combination or more"),
        ({"fast": []}, ValueError, r"grid\['fast'\] holds no values; give one or more"),
        ({"fast": 5}, TypeError, r"grid\['fast'\] is 5, one value; give a list of values to try: \[5\]"),
        ({"kind": "sma"}, TypeError, r"grid\['kind'\] is 'sma', one value; give a list of values to try: \['sma'\]"),
        ({"fast": {5, 10}}, TypeError, r"grid\['fast'\] is a set, which has no order"),
        ({5: [1]}, TypeError, r"grid names a parameter 5; names are text"),
        ([{5: 1}], TypeError, r"grid\[0\] names a parameter 5; names are text"),
        ("fast", TypeError, r"grid is a str; give \{name: values to try\} or a list"),
        (None, TypeError, r"grid is a NoneType; give"),
        ([{"fast": 5}, 10], TypeError, r"grid\[1\] is 10; each combination is a mapping"),
        (
            [{"fast": 5, "slow": 50}, {"fast": 5}],
            ValueError,
            r"grid\[1\] has the parameters fast and grid\[0\] has fast, slow; give every combination the same",
        ),
        ([{"fast": 5}, {}], ValueError, r"grid\[1\] has the parameters none and grid\[0\] has fast"),
        (
            {"fast": [5, 10, 5], "slow": [50]},
            ValueError,
            r"grid gives fast=5, slow=50 twice, as combinations 0 and 2; give each combination once",
        ),
        ({"fast": [5, 5.0, 5]}, ValueError, r"twice, as combinations 0 and 1 \(and 1 more\)"),
        ({"hours": [[8, 9], [8, 9]]}, ValueError, r"grid gives hours=\[8, 9\] twice"),
        ([{}, {}], ValueError, r"grid gives no parameters twice"),
    ],
)  # fmt: skip
def test_grids_that_cannot_be_are_told_in_one_line(grid: Any, error: type[Exception], complaint: str) -> None:
    with pytest.raises(error, match=complaint) as raised:
        combinations(grid)
    assert "\n" not in str(raised.value)


def test_the_table_has_a_row_for_each_combination_and_keeps_values_as_given() -> None:
    combos = combinations(
        {"n": [1, 2], "exit": [None, "atr"], "hours": [(8, 9)], "on": [True], "x": [1, 0.5]}
    )
    table = parameter_table(combos)
    assert table.index.name == "combination"
    assert table.index.tolist() == list(range(8))
    assert table.to_dict("records") == combos
    assert table["n"].dtype == np.int64
    assert table["x"].dtype == np.float64
    assert table["on"].dtype == bool


def test_a_table_of_nothing_is_empty() -> None:
    assert parameter_table([]).empty
    assert parameter_table([{}]).shape == (1, 0)
