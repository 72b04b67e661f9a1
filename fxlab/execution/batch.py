"""Target arrays lived through all bars at once: one compiled loop over the kernel's `step`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fxlab.execution import kernel
from fxlab.execution.result import Result, result_of
from fxlab.execution.tape import Tape, check_fit
from fxlab.strategy import TargetArrays


def run_targets(
    targets: TargetArrays, tape: Tape, close_at_end: bool = False, info: Mapping[str, Any] | None = None
) -> Result:
    """Result of target arrays on a tape made from the same bars.

    Args:
        targets: values (bars, symbols); row i is decided at the close of bar i, the last one is not filled.
        close_at_end: close what is open at the last close.
        info: what to remember of the run.

    Raises:
        ValueError: targets of another shape than the bars.
    """
    n, n_symbols = targets.values.shape
    check_fit(targets, tape)
    curve, lots = np.empty((n, 2)), np.empty((n, n_symbols))
    book, purse = np.empty((n_symbols, kernel.N_BOOK)), np.empty(kernel.N_PURSE)
    events = np.zeros((n_symbols * (n // 4 + 64), kernel.N_EVENT))
    terms = tape.terms.copy()
    terms[:, kernel.MIN_CHANGE] = targets.min_change
    while True:
        kernel.start(float(tape.account.balance), book, purse)
        kernel.run(
            targets.values,
            targets.brackets,
            tape.quotes,
            tape.rates,
            tape.swap_rows,
            tape.swaps,
            terms,
            tape.rules(targets.in_lots),
            close_at_end,
            book,
            purse,
            events,
            curve,
            lots,
        )
        n_events = int(purse[kernel.N_EVENTS])
        if n_events <= len(events):
            break
        events = np.zeros((n_events, kernel.N_EVENT))  # more happened than there was room for: once more
    return result_of(tape, curve, lots, events[:n_events].copy(), info or {})
