"""The kernel's events as tables: fills, trades, the ledger and what was refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from fxlab.execution import kernel as k
from fxlab.execution.tape import Tape

FILL_REASONS = {
    k.BY_SIGNAL: "signal",
    k.BY_STOP: "stop",
    k.BY_TARGET: "target",
    k.BY_TRAIL: "trail",
    k.BY_STOP_OUT: "stop-out",
    k.BY_END: "end",
    k.BY_LIMIT: "limit",
}
REFUSAL_REASONS = {
    k.BELOW_STEP: "below lot step",
    k.NO_MARGIN: "margin",
    k.IS_RUINED: "ruined",
    k.EXPIRED: "expired",
}


def tables(tape: Tape, events: np.ndarray, start: int) -> dict[str, Callable[[], pd.DataFrame]]:
    """How to make each table of a run, by name.

    Args:
        events: (events, 18) in the order they happened. start: the bar whose opening time the deposit bears.
    """
    return {
        "fills": lambda: fills_table(tape, events),
        "trades": lambda: trades_table(tape, events),
        "ledger": lambda: ledger_table(tape, events, start),
        "refusals": lambda: refusals_table(tape, events),
        "margin_calls": lambda: margin_calls_table(tape, events),
    }


def fills_table(tape: Tape, events: np.ndarray) -> pd.DataFrame:
    """time, symbol, side, lots, price, reason, commission, spread_cost, slippage_cost."""
    kind = events[:, k.E_KIND]
    fills = events[(kind == k.OPENING) | (kind == k.CLOSING)]
    return pd.DataFrame(
        {
            "time": _utc(_times(tape, fills)),
            "symbol": _symbols(tape, fills),
            "side": _named((fills[:, k.E_LOTS] <= 0).astype(float), {0: "buy", 1: "sell"}),
            "lots": np.abs(fills[:, k.E_LOTS]),
            "price": fills[:, k.E_PRICE],
            "reason": _named(fills[:, k.E_REASON], FILL_REASONS),
            "commission": fills[:, k.E_FEE],
            "spread_cost": fills[:, k.E_SPREAD_COST],
            "slippage_cost": fills[:, k.E_SLIP_COST],
        }
    )


def trades_table(tape: Tape, events: np.ndarray) -> pd.DataFrame:
    """A row for each closing fill; columns in `Result`."""
    closings = events[events[:, k.E_KIND] == k.CLOSING]
    side = -np.sign(closings[:, k.E_LOTS])  # a sell closes a long
    pip = tape.terms[closings[:, k.E_SYMBOL].astype(np.int64), k.PIP]
    entry, exit_ = closings[:, k.E_ENTRY], closings[:, k.E_PRICE]
    costs = closings[:, k.E_FEE] + closings[:, k.E_ENTRY_COSTS]
    return pd.DataFrame(
        {
            "symbol": _symbols(tape, closings),
            "side": _named((side <= 0).astype(float), {0: "long", 1: "short"}),
            "lots": np.abs(closings[:, k.E_LOTS]),
            "entry_time": _utc(tape.bars.times[closings[:, k.E_ENTRY_BAR].astype(np.int64)]),
            "entry_price": entry,
            "exit_time": _utc(_times(tape, closings)),
            "exit_price": exit_,
            "pips": side * (exit_ - entry) / pip,
            "gross": closings[:, k.E_PNL],
            "costs": costs,
            "net": closings[:, k.E_PNL] - costs,
            "mae": side * (entry - closings[:, k.E_WORST]) / pip + 0.0,
            "mfe": side * (closings[:, k.E_BEST] - entry) / pip + 0.0,
            "exit_reason": _named(closings[:, k.E_REASON], FILL_REASONS),
        }
    )


def refusals_table(tape: Tape, events: np.ndarray) -> pd.DataFrame:
    """time, symbol, requested, reason."""
    refused = events[events[:, k.E_KIND] == k.REFUSAL]
    return pd.DataFrame(
        {
            "time": _utc(_times(tape, refused)),
            "symbol": _symbols(tape, refused),
            "requested": refused[:, k.E_PRICE],
            "reason": _named(refused[:, k.E_REASON], REFUSAL_REASONS),
        }
    )


def margin_calls_table(tape: Tape, events: np.ndarray) -> pd.DataFrame:
    """time, equity."""
    calls = events[events[:, k.E_KIND] == k.CALL]
    return pd.DataFrame({"time": _utc(_times(tape, calls)), "equity": calls[:, k.E_PRICE]})


def ledger_table(tape: Tape, events: np.ndarray, start: int) -> pd.DataFrame:
    """time, symbol, kind, amount, quote_amount, currency, rate: the deposit, then every movement of cash in order.
    A closing fill books its profit, then its commission; a commission of zero is no movement."""
    account = tape.account
    home, fee_currency = account.currency, tape.costs.commission_currency or account.currency
    booked = events[events[:, k.E_KIND] <= k.SWAP]
    kind = booked[:, k.E_KIND]
    is_swap, is_pnl = kind == k.SWAP, kind == k.CLOSING
    has_fee = ~is_swap & (booked[:, k.E_FEE] != 0.0)
    n_rows = is_swap.astype(np.int64) + is_pnl + has_fee
    first = 1 + np.cumsum(n_rows) - n_rows
    n = 1 + int(n_rows.sum())
    time, symbol = np.empty(n, np.int64), np.empty(n, object)
    what, currency = np.empty(n, object), np.empty(n, object)
    amount, quote_amount, rate = np.empty(n), np.empty(n), np.ones(n)
    time[0], symbol[0], what[0], currency[0] = tape.bars.times[start], "", "deposit", home
    amount[0] = quote_amount[0] = account.balance
    quotes = np.array([one.quote for one in tape.bars.instruments], dtype=object)
    at, names = _times(tape, booked), np.array(tape.bars.symbols, dtype=object)
    at[is_swap] = tape.swap_times[booked[is_swap, k.E_REASON].astype(np.int64)]
    pair = booked[:, k.E_SYMBOL].astype(np.int64)
    for mask, name in ((is_swap, "swap"), (is_pnl, "pnl")):
        rows = first[mask]
        time[rows], symbol[rows], what[rows], currency[rows] = (
            at[mask],
            names[pair[mask]],
            name,
            quotes[pair[mask]],
        )
        amount[rows], quote_amount[rows] = booked[mask, k.E_PNL], booked[mask, k.E_PNL_QUOTE]
        rate[rows] = booked[mask, k.E_RATE]
    rows, fee, fee_rate = (first + is_pnl)[has_fee], -booked[has_fee, k.E_FEE], booked[has_fee, k.E_FEE_RATE]
    time[rows], symbol[rows], what[rows], currency[rows] = (
        at[has_fee],
        names[pair[has_fee]],
        "commission",
        fee_currency,
    )
    amount[rows], quote_amount[rows], rate[rows] = fee, fee / fee_rate, fee_rate
    return pd.DataFrame(
        {
            "time": _utc(time),
            "symbol": pd.array(symbol, dtype="str"),
            "kind": pd.array(what, dtype="str"),
            "amount": amount,
            "quote_amount": quote_amount,
            "currency": pd.array(currency, dtype="str"),
            "rate": rate,
        }
    )


def _times(tape: Tape, events: np.ndarray) -> np.ndarray:
    """(events,) int64 when each happened: the opening of its bar; an end fill at the last close."""
    bar = events[:, k.E_BAR].astype(np.int64)
    assert tape.bars.known is not None
    is_fill = events[:, k.E_KIND] <= k.CLOSING
    at_end = is_fill & (events[:, k.E_REASON] == k.BY_END)
    return np.where(at_end, tape.bars.known[bar], tape.bars.times[bar])


def _symbols(tape: Tape, events: np.ndarray) -> Any:
    return _taken(np.array(tape.bars.symbols, dtype=object), events[:, k.E_SYMBOL])


def _utc(times_ns: np.ndarray) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(times_ns, tz="UTC")


def _named(codes: np.ndarray, names: dict[int, str]) -> Any:
    return _taken(np.array([names.get(code, "") for code in range(max(names) + 1)], dtype=object), codes)


def _taken(words: np.ndarray, places: np.ndarray) -> Any:
    """Text column of words[places]: the few words become text once, not once a row."""
    return pd.array(words, dtype="str").take(places.astype(np.int64))
