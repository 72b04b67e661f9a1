"""Targets of windows that follow each other, as the targets of one run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fxlab.strategy import TargetArrays


def in_force(targets: TargetArrays, start: int) -> TargetArrays:
    """Rows from `start` on of targets, each saying what is in force instead of NaN for "as before".

    A row that holds repeats the last request and the distances that went with it; before the first request the target
    is 0. The kernel trades the same: a target that is repeated changes nothing.
    """
    n = len(targets.values)
    rows = np.where(np.isnan(targets.values), -1, np.arange(n)[:, None])
    said = np.maximum.accumulate(rows, axis=0)[start:]  # (bars, symbols) row of the last request
    at = np.maximum(said, 0)
    values = np.where(said < 0, 0.0, np.take_along_axis(targets.values, at, axis=0))
    brackets = targets.brackets
    if len(brackets) == n:  # one row serves every bar otherwise
        brackets = np.take_along_axis(brackets, at[:, :, None], axis=0)
    return TargetArrays(values, targets.in_lots, np.ascontiguousarray(brackets), targets.min_change)


def joined(parts: Sequence[TargetArrays]) -> TargetArrays:
    """Targets of one part after the other; all of one kind, exposure or lots, and with one `min_change`."""
    brackets = [
        np.broadcast_to(part.brackets, (*part.values.shape, part.brackets.shape[2])) for part in parts
    ]
    values = np.concatenate([part.values for part in parts])
    return TargetArrays(values, parts[0].in_lots, np.concatenate(brackets), parts[0].min_change)
