"""Some bars of a Result as a Result of their own, so that each window of a run can be measured like a whole one."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd

from fxlab.execution.result import Result


def part_of(result: Result, start: int, stop: int, **about: Any) -> Result | None:
    """A Result's bars `start` to `stop` (excluded) as a Result; None once the equity before them is used up.

    It begins with the mark before its first bar, whose equity is its start balance, so that the returns of parts that
    follow each other compound to the return of the whole. Records are those of its bars; a trade belongs to the part
    that closed it. `about` replaces what `info` says of the whole.
    """
    before = max(start - 1, 0)
    rows = slice(before, stop)
    balance = float(result.equity.iloc[before])
    if not balance > 0:
        return None
    index = result.equity.index
    curves = {
        name: getattr(result, name).iloc[rows]
        for name in ("equity", "balance", "margin", "exposure", "lots", "close")
    }

    def inside(table: pd.DataFrame, column: str = "time") -> pd.DataFrame:
        is_inside = table[column] <= index[stop - 1]
        if start:
            is_inside &= table[column] > index[before]
        return table[is_inside]

    return dataclasses.replace(
        result,
        **curves,
        fills=inside(result.fills),
        trades=inside(result.trades, "exit_time"),
        ledger=inside(result.ledger),
        refusals=inside(result.refusals),
        margin_calls=inside(result.margin_calls),
        account=dataclasses.replace(result.account, balance=balance),
        info={**result.info, **about},
    )
