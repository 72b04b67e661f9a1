"""One account living through bars one step at a time: what environments, policies and paper sessions drive."""

from __future__ import annotations

import numpy as np

from fxlab.execution import kernel
from fxlab.execution.tape import Tape


class Simulation:
    """State of one account on a tape, advanced by the kernel's `step`.

    Args:
        tape: what the kernel reads.
        in_lots: whether targets are lots rather than exposure; None leaves it to the first row that is settled.
        start: the first bar lived through; it has no order yet. Bars before it only serve as the past.

    Attributes:
        i: the bar last lived through.
        book, purse: the kernel's state. events: (capacity, 18), the first purse[N_EVENTS] rows are written.
        curve: (bars, 2) equity, balance. held: (bars, symbols) lots. Rows start … i are written.
    """

    def __init__(self, tape: Tape, in_lots: bool | None = None, start: int = 0) -> None:
        n, n_symbols = len(tape.bars), len(tape.bars.symbols)
        self.tape = tape
        self.start = start
        self.in_lots = in_lots
        self.rules = tape.rules(bool(in_lots))
        self.terms = tape.terms.copy()
        self.book = np.empty((n_symbols, kernel.N_BOOK))
        self.purse = np.empty(kernel.N_PURSE)
        self.events = np.zeros((64 * n_symbols, kernel.N_EVENT))
        self.curve = np.full((n, 2), np.nan)
        self.held = np.full((n, n_symbols), np.nan)
        self.i = start - 1
        kernel.start(float(tape.account.balance), self.book, self.purse)
        self.no_targets = np.full(n_symbols, np.nan)
        self.no_brackets = np.full((n_symbols, kernel.N_BRACKETS), np.nan)
        self.step(self.no_targets, self.no_brackets)

    def step(self, wanted: np.ndarray, brackets: np.ndarray | None = None) -> None:
        """Live through the next bar with targets decided at the close of the last one.

        Args:
            wanted: (symbols,) exposure or lots, NaN holds. brackets: (symbols, 5) pips, NaN none.
        """
        tape = self.tape
        self.i += 1
        self._make_room()
        kernel.step(
            self.i,
            wanted,
            self.no_brackets if brackets is None else brackets,
            tape.quotes,
            tape.rates,
            tape.swap_rows,
            tape.swaps,
            self.terms,
            self.rules,
            self.book,
            self.purse,
            self.events,
        )
        kernel.record(self.i, self.terms, self.book, self.purse, self.curve, self.held)

    def settle(self, in_lots: bool, min_change: float) -> None:
        """Say what the next targets are counted in: exposure or lots is settled once, `min_change` each time.

        Raises:
            ValueError: lots after exposure, or exposure after lots.
        """
        if self.in_lots is None:
            self.in_lots = in_lots
            self.rules = self.tape.rules(in_lots)
        elif self.in_lots != in_lots:
            now, before = ("lots", "exposure") if in_lots else ("exposure", "lots")
            raise ValueError(
                f"targets are {now} at {self.tape.bars.index[self.i]} and were {before}; keep to one"
            )
        self.terms[:, kernel.MIN_CHANGE] = min_change

    def extend(self, tape: Tape) -> None:
        """Go on with a longer tape that begins with the present one."""
        more = len(tape.bars) - len(self.curve)
        self.tape = tape
        self.curve = np.concatenate([self.curve, np.full((more, 2), np.nan)])
        self.held = np.concatenate([self.held, np.full((more, self.held.shape[1]), np.nan)])

    def close_all(self) -> None:
        """Close every position at the last close, as part of the bar just lived through."""
        self._make_room()
        tape = self.tape
        kernel.close_all(self.i, tape.quotes, tape.rates, self.terms, self.book, self.purse, self.events)
        kernel.record(self.i, self.terms, self.book, self.purse, self.curve, self.held)

    def _make_room(self) -> None:
        rows = self.tape.swap_rows
        cut_offs = int(rows[self.i + 1] - rows[self.i])
        most = (12 + cut_offs) * len(self.book) + 8  # a bar writes no more than this
        if self.purse[kernel.N_EVENTS] + most > len(self.events):
            self.events = np.concatenate([self.events, np.zeros((len(self.events) + most, kernel.N_EVENT))])

    @property
    def equity(self) -> float:
        """Equity after the last bar, in account currency."""
        return float(self.purse[kernel.EQUITY])

    @property
    def balance(self) -> float:
        """Balance after the last bar, in account currency."""
        return float(self.purse[kernel.BALANCE])

    @property
    def margin(self) -> float:
        """Used margin after the last bar, in account currency."""
        return float(self.purse[kernel.MARGIN])

    @property
    def is_ruined(self) -> bool:
        """Whether equity has touched zero: nothing more is traded."""
        return bool(self.purse[kernel.RUINED])

    @property
    def requested(self) -> np.ndarray:
        """(symbols,) last requested target of each pair."""
        return self.book[:, kernel.REQUESTED]

    @property
    def lots(self) -> np.ndarray:
        """(symbols,) signed lots held."""
        return self.book[:, kernel.STEPS] * self.tape.terms[:, kernel.LOT_STEP]

    @property
    def state(self) -> np.ndarray:
        """(2 × symbols + 1,) last requested target and exposure of each pair, then the open profit as a fraction
        of the balance; see `kernel.account_state`."""
        out = np.empty(2 * len(self.book) + 1)
        tape = self.tape
        kernel.account_state(self.i, tape.mids, tape.rates, self.terms, self.book, self.purse, out)
        return out

    @property
    def n_fills(self) -> int:
        """Fills since the start."""
        kinds = self.written_events()[:, kernel.E_KIND]
        return int(((kinds == kernel.OPENING) | (kinds == kernel.CLOSING)).sum())

    def written_events(self) -> np.ndarray:
        """(events, 18) of everything that happened so far."""
        return self.events[: int(self.purse[kernel.N_EVENTS])]
