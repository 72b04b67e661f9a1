"""Target arrays run for their statistics alone, and the figures that a tally holds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fxlab.execution import kernel
from fxlab.execution import tally as t
from fxlab.execution.tape import Tape, check_fit
from fxlab.strategy import TargetArrays


class Counter:
    """Runs targets on one tape and counts: scratch arrays are made once and used again, so one Counter a thread.

    Args:
        tape: what the kernel reads; shared between counters.
        lean: `tape.lean()`, shared as well.
    """

    def __init__(self, tape: Tape, lean: np.ndarray) -> None:
        n_symbols = len(tape.bars.symbols)
        cut_offs = int(np.diff(tape.swap_rows).max(initial=0))
        self._tape, self._lean = tape, lean
        self._terms = tape.terms.copy()
        self._book, self._purse = np.empty((n_symbols, kernel.N_BOOK)), np.empty(kernel.N_PURSE)
        self._events = np.zeros(((12 + cut_offs) * n_symbols + 8, kernel.N_EVENT))  # one bar's at most
        self._tally = np.empty(t.N_TALLY)

    def count(self, targets: TargetArrays, close_at_end: bool = False) -> dict[str, Any]:
        """Statistics of one run, labelled as `Result.stats()` labels them."""
        tape = self._tape
        check_fit(targets, tape)
        self._terms[:, kernel.MIN_CHANGE] = targets.min_change
        kernel.start(float(tape.account.balance), self._book, self._purse)
        t.start_tally(self._tally)
        t.run_tally(
            targets.values,
            targets.brackets,
            self._lean,
            tape.quotes,
            tape.rates,
            tape.swap_rows,
            tape.swaps,
            self._terms,
            tape.rules(targets.in_lots),
            close_at_end,
            self._book,
            self._purse,
            self._events,
            self._tally,
        )
        return figures(self._tally, self._purse, tape)


def figures(tally: np.ndarray, purse: np.ndarray, tape: Tape) -> dict[str, Any]:
    """The tally as labelled statistics; NaN where a figure has no meaning. Sums are taken bar by bar, so the last
    digits may differ from those of `Result.stats()`, which adds pairwise."""
    home, start, year = tape.account.currency, tape.account.balance, tape.bars.bars_per_year
    n = int(tally[t.T_BARS])
    last, first = float(tally[t.T_LAST]), float(tally[t.T_FIRST])
    is_sound = n > 2 and tally[t.T_LOWEST] > 0
    moments = _moments(tally, n - 1) if is_sound else (math.nan,) * 4
    mean, deviation, skew, kurtosis = moments
    growth = math.expm1(math.log(last / first) * year / (n - 1)) if is_sound else math.nan
    depth = float(tally[t.T_DEPTH]) if is_sound else math.nan
    downside = math.sqrt(tally[t.T_DOWN2] / (n - 1)) if is_sound else math.nan
    trades = int(tally[t.T_TRADES])
    return {
        f"Final equity [{home}]": last,
        f"Final balance [{home}]": float(purse[kernel.BALANCE]),
        "Return [%]": (last / start - 1) * 100,
        "Annual return [%]": growth * 100,
        "Annual volatility [%]": (0.0 if deviation != deviation and is_sound else deviation)
        * math.sqrt(year)
        * 100,
        "Sharpe ratio": _ratio(mean, deviation) * math.sqrt(year),
        "Sortino ratio": _ratio(mean, downside) * math.sqrt(year),
        "Calmar ratio": _ratio(growth, depth),
        "Max drawdown [%]": depth * 100,
        "Max drawdown [bars]": int(tally[t.T_LONGEST]) if is_sound else math.nan,
        "Ulcer index [%]": math.sqrt(tally[t.T_DEPTH2] / n) * 100 if is_sound else math.nan,
        "Skewness of returns": skew,
        "Kurtosis of returns": kurtosis,
        "Time in market [%]": float(tally[t.T_HELD]) / n * 100 if is_sound else math.nan,
        "Fills": int(tally[t.T_FILLS]),
        "Trades": trades,
        "Win rate [%]": float(tally[t.T_WINS]) / trades * 100 if trades else math.nan,
        f"Average trade [{home}]": float(tally[t.T_NET]) / trades if trades else math.nan,
        f"Best trade [{home}]": float(tally[t.T_TOP]) if trades else math.nan,
        f"Worst trade [{home}]": float(tally[t.T_BOTTOM]) if trades else math.nan,
        "Average trade [pips]": float(tally[t.T_PIPS]) / trades if trades else math.nan,
        "Profit factor": _profit_factor(float(tally[t.T_WON]), float(tally[t.T_LOST])),
        f"Spread cost [{home}]": float(tally[t.T_SPREAD]),
        f"Slippage cost [{home}]": float(tally[t.T_SLIP]),
        f"Commission [{home}]": float(tally[t.T_FEE]),
        f"Swap [{home}]": float(tally[t.T_SWAP]),
        f"Costs [{home}]": float(tally[t.T_SPREAD] + tally[t.T_SLIP] + tally[t.T_FEE] - tally[t.T_SWAP]),
        "Refused orders": int(tally[t.T_REFUSED]),
        "Margin calls": int(tally[t.T_CALLS]),
        "Margin stop-outs": int(tally[t.T_STOP_OUTS]),
    }


def _moments(tally: np.ndarray, n: int) -> tuple[float, float, float, float]:
    """Mean, sample deviation (NaN when all returns are equal), skewness and kurtosis of n returns."""
    mean = tally[t.T_SUM] / n
    spread = tally[t.T_SUM2] / n - mean * mean  # returns are small beside their deviation: little cancels
    if spread <= (1e-12 * tally[t.T_LARGEST]) ** 2:
        return float(mean), math.nan, math.nan, math.nan
    third = tally[t.T_SUM3] / n - 3 * mean * tally[t.T_SUM2] / n + 2 * mean**3
    fourth = (
        tally[t.T_SUM4] / n - 4 * mean * tally[t.T_SUM3] / n + 6 * mean**2 * tally[t.T_SUM2] / n - 3 * mean**4
    )
    deviation = math.sqrt(spread * n / (n - 1))
    return float(mean), deviation, float(third / spread**1.5), float(fourth / spread**2)


def _ratio(value: float, by: float) -> float:
    return value / by if by > 0 else math.nan


def _profit_factor(won: float, lost: float) -> float:
    if lost > 0:
        return won / lost
    return math.inf if won > 0 else math.nan
