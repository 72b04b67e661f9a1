"""The kernel with its statistics counted in the same pass: what a sweep runs, with no equity curve kept.

`run_tally` lives through the same bars as `kernel.run`, by the same `step`, and adds each bar and each event to a
small array instead of writing a curve and records. Bars in which nothing can happen take a shorter way still.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from fxlab.execution import kernel
from fxlab.execution.kernel import (
    ASK,
    ASK_MARK,
    BALANCE,
    BID_MARK,
    CALL,
    CALLED,
    CLOSE,
    CLOSING,
    E_ENTRY,
    E_ENTRY_COSTS,
    E_FEE,
    E_KIND,
    E_LOTS,
    E_PNL,
    E_PRICE,
    E_REASON,
    E_SLIP_COST,
    E_SPREAD_COST,
    E_SYMBOL,
    ENTRY,
    EQUITY,
    HIGH,
    LEVERAGE,
    LOT,
    LOT_STEP,
    LOW,
    MARGIN,
    MARGIN_CALL,
    N_EVENTS,
    PENDING,
    PIP,
    REFUSAL,
    REQUESTED,
    RUINED,
    STEPS,
    STOP,
    STOP_OUT,
    SWAP,
    TARGET,
    TRAIL,
    TRAIL_GAP,
    compiled,
)

# columns of a tally: bars …
T_BARS, T_SUM, T_SUM2, T_SUM3, T_SUM4, T_DOWN2, T_LARGEST = range(7)
T_FIRST, T_LAST, T_PEAK, T_LOWEST, T_DEPTH, T_DEPTH2, T_BELOW, T_LONGEST, T_HELD = range(7, 16)
# … and events
T_FILLS, T_TRADES, T_WINS, T_NET, T_WON, T_LOST, T_TOP, T_BOTTOM, T_PIPS = range(16, 25)
T_SPREAD, T_SLIP, T_FEE, T_SWAP, T_REFUSED, T_CALLS, T_STOP_OUTS = range(25, 32)
N_TALLY = 32

# columns of lean prices: the four that a quiet bar of one pair is marked by
LEAN_LOW, LEAN_BID, LEAN_HIGH, LEAN_ASK = range(4)


@compiled
def start_tally(tally):
    """Set a tally to no bars yet."""
    tally[:] = 0.0
    tally[T_LOWEST] = math.inf
    tally[T_TOP] = -math.inf
    tally[T_BOTTOM] = math.inf


@compiled
def add_bar(equity, is_held, tally):
    """Count one bar: its return, drawdown, and whether a position is open after it."""
    if tally[T_BARS] == 0.0:
        tally[T_FIRST] = equity
        tally[T_PEAK] = equity
    else:
        before = tally[T_LAST]
        growth = equity / before - 1.0 if before > 0.0 else 0.0
        tally[T_SUM] += growth
        squared = growth * growth
        tally[T_SUM2] += squared
        tally[T_SUM3] += squared * growth
        tally[T_SUM4] += squared * squared
        if growth < 0.0:
            tally[T_DOWN2] += squared
        tally[T_LARGEST] = max(tally[T_LARGEST], abs(growth))
        if equity >= tally[T_PEAK]:
            tally[T_PEAK] = equity
            tally[T_BELOW] = 0.0
        else:
            depth = 1.0 - equity / tally[T_PEAK]
            tally[T_DEPTH2] += depth * depth
            tally[T_DEPTH] = max(tally[T_DEPTH], depth)
            tally[T_BELOW] += 1.0
            tally[T_LONGEST] = max(tally[T_LONGEST], tally[T_BELOW])
    tally[T_BARS] += 1.0
    tally[T_LAST] = equity
    tally[T_LOWEST] = min(tally[T_LOWEST], equity)
    if is_held:
        tally[T_HELD] += 1.0


@compiled
def add_events(events, purse, terms, tally):
    """Count what has happened since the last call, and forget it."""
    for n in range(int(purse[N_EVENTS])):
        event = events[n]
        kind = event[E_KIND]
        if kind == REFUSAL:
            tally[T_REFUSED] += 1.0
        elif kind == CALL:
            tally[T_CALLS] += 1.0
        elif kind == SWAP:
            tally[T_SWAP] += event[E_PNL]
        else:
            tally[T_FILLS] += 1.0
            tally[T_FEE] += event[E_FEE]
            tally[T_SPREAD] += event[E_SPREAD_COST]
            tally[T_SLIP] += event[E_SLIP_COST]
        if kind == CLOSING:
            net = event[E_PNL] - (event[E_FEE] + event[E_ENTRY_COSTS])
            side = -1.0 if event[E_LOTS] > 0.0 else 1.0
            tally[T_TRADES] += 1.0
            tally[T_NET] += net
            tally[T_PIPS] += side * (event[E_PRICE] - event[E_ENTRY]) / terms[int(event[E_SYMBOL]), PIP]
            if net > 0.0:
                tally[T_WINS] += 1.0
                tally[T_WON] += net
            elif net < 0.0:
                tally[T_LOST] -= net
            tally[T_TOP] = max(tally[T_TOP], net)
            tally[T_BOTTOM] = min(tally[T_BOTTOM], net)
            if event[E_REASON] == kernel.BY_STOP_OUT:
                tally[T_STOP_OUTS] += 1.0
    purse[N_EVENTS] = 0.0


@compiled
def _quiet(i, stop, targets, lean, quotes, swap_rows, terms, rules, book, purse, tally):
    """Count the bars of one pair in which nothing can happen, from bar i on; returns the first that is not so.

    Only for prices without holes, whose lows and highs span their opens, of a pair quoted in the account currency.
    Margin is tested against a bound that no quiet bar can need more than; a bar that comes near it is left to
    `step`, and so is one that touches a level, changes a target or owes a swap. Marks are those of `step`, to the
    bit; the extremes a trade has seen are not kept, since a tally does not tell them.
    """
    steps = book[0, STEPS]
    if book[0, PENDING] != 0.0 or purse[CALLED] != 0.0 or purse[RUINED] != 0.0 or purse[BALANCE] <= 0.0:
        return i
    requested, balance = book[0, REQUESTED], purse[BALANCE]
    bars, total, total2, total3, total4 = 0.0, tally[T_SUM], tally[T_SUM2], tally[T_SUM3], tally[T_SUM4]
    down2, largest, peak, lowest = tally[T_DOWN2], tally[T_LARGEST], tally[T_PEAK], tally[T_LOWEST]
    depth_max, depth2, below, longest = tally[T_DEPTH], tally[T_DEPTH2], tally[T_BELOW], tally[T_LONGEST]
    equity = tally[T_LAST]
    first = i
    if steps == 0.0:  # equity is the balance: after one bar nothing moves any more
        while i < stop:
            target = targets[i - 1, 0]
            if target != requested and target == target:
                break
            i += 1
        bars = float(i - first)
        if i > first:
            growth = balance / equity - 1.0
            squared = growth * growth
            total += growth
            total2 += squared
            total3 += squared * growth
            total4 += squared * squared
            if growth < 0.0:
                down2 += squared
            largest = max(largest, abs(growth))
            equity = balance
            lowest = min(lowest, equity)
            if equity >= peak:
                peak = equity
                below = 0.0
            else:
                depth = 1.0 - equity / peak
                depth_max = max(depth_max, depth)
                depth2 += bars * (depth * depth)
                below += bars
                longest = max(longest, below)
    else:
        is_long = steps > 0.0
        entry, gap, trail = book[0, ENTRY], book[0, TRAIL_GAP], book[0, TRAIL]
        units = steps * terms[0, LOT_STEP] * terms[0, LOT]
        size = abs(steps) * terms[0, LOT_STEP] * terms[0, LOT]
        most = (
            max(rules[MARGIN_CALL], rules[STOP_OUT]) * size * rules[kernel.HIGHEST_WORTH] / terms[0, LEVERAGE]
        )
        safe = max(most, 0.0) * (1.0 + 1e-9) + 1e-9 * balance  # equity above this is above every margin level
        has_trail = not math.isnan(gap)
        stop_level, target_level = book[0, STOP], book[0, TARGET]
        level = math.nan
        has_levels = has_trail or not math.isnan(stop_level) or not math.isnan(target_level)
        has_swaps = swap_rows[swap_rows.shape[0] - 1] > 0
        share = 1.0 / peak
        while i < stop:
            target = targets[i - 1, 0]
            if target != requested and target == target:
                break
            if has_swaps and swap_rows[i] != swap_rows[i + 1]:
                break
            if is_long:
                adverse, close = lean[i, LEAN_LOW], lean[i, LEAN_BID]
                if has_levels:
                    high = quotes[i, 0, HIGH]
                    if adverse <= stop_level or adverse <= trail or high >= target_level:
                        break
                    level = high - gap
            else:
                adverse, close = lean[i, LEAN_HIGH], lean[i, LEAN_ASK]
                if has_levels:
                    low = quotes[i, 0, ASK + LOW]
                    if adverse >= stop_level or adverse >= trail or low <= target_level:
                        break
                    level = low + gap
            if not balance + units * (adverse - entry) > safe:
                break
            if has_trail:
                trail = max(trail, level) if is_long else min(trail, level)
            now = balance + units * (close - entry)
            growth = now / equity - 1.0
            equity = now
            squared = growth * growth
            total += growth
            total2 += squared
            total3 += squared * growth
            total4 += squared * squared
            if growth < 0.0:
                down2 += squared
            largest = max(largest, abs(growth))
            lowest = min(lowest, now)
            if now >= peak:
                peak = now
                share = 1.0 / peak
                below = 0.0
            else:
                depth = 1.0 - now * share
                depth2 += depth * depth
                depth_max = max(depth_max, depth)
                below += 1.0
                longest = max(longest, below)
            i += 1
        bars = float(i - first)
        book[0, TRAIL] = trail
        tally[T_HELD] += bars
    if i > first:
        purse[EQUITY] = equity
        mid = (quotes[i - 1, 0, CLOSE] + quotes[i - 1, 0, ASK + CLOSE]) * 0.5
        size = abs(steps) * terms[0, LOT_STEP] * terms[0, LOT]
        purse[MARGIN] = size * mid / terms[0, LEVERAGE]
        book[0, BID_MARK], book[0, ASK_MARK] = quotes[i - 1, 0, CLOSE], quotes[i - 1, 0, ASK + CLOSE]
        tally[T_BARS] += bars
        tally[T_SUM], tally[T_SUM2], tally[T_SUM3], tally[T_SUM4] = total, total2, total3, total4
        tally[T_DOWN2], tally[T_LARGEST], tally[T_PEAK], tally[T_LOWEST] = down2, largest, peak, lowest
        tally[T_DEPTH], tally[T_DEPTH2], tally[T_BELOW], tally[T_LONGEST] = depth_max, depth2, below, longest
        tally[T_LAST] = equity
    return i


def _compiled(kernel_source: str) -> Any:
    """`run_tally`, compiled; its cache key holds the kernel's source, which numba's own does not watch."""

    @njit(cache=True, nogil=True)
    def run_tally(
        targets,
        brackets,
        lean,
        quotes,
        rates,
        swap_rows,
        swaps,
        terms,
        rules,
        at_end,
        book,
        purse,
        events,
        tally,
    ):
        kernel_source  # noqa: B018 - named so that the cache key holds it
        n_bars, n_symbols = targets.shape
        nothing = np.full(n_symbols, math.nan)
        last = brackets.shape[0] - 1
        stop = n_bars - 1 if at_end else n_bars
        may_be_quiet = n_symbols == 1 and lean.shape[0] == n_bars
        i = 0
        while i < n_bars:
            row = brackets[min(max(i - 1, 0), last)]
            wanted = nothing if i == 0 else targets[i - 1]
            kernel.step(i, wanted, row, quotes, rates, swap_rows, swaps, terms, rules, book, purse, events)
            if at_end and i == n_bars - 1:
                kernel.close_all(i, quotes, rates, terms, book, purse, events)
            if purse[N_EVENTS] > 0.0:
                add_events(events, purse, terms, tally)
            is_held = False
            for s in range(n_symbols):
                if book[s, STEPS] != 0.0:
                    is_held = True
            add_bar(purse[EQUITY], is_held, tally)
            i += 1
            if may_be_quiet:
                i = _quiet(i, stop, targets, lean, quotes, swap_rows, terms, rules, book, purse, tally)

    return run_tally


run_tally = _compiled(hashlib.sha256(Path(kernel.__file__).read_bytes()).hexdigest())
