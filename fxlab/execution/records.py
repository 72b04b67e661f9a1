"""The kernel's events as tables: fills, trades, the ledger and what was refused."""

from __future__ import annotations

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


def tables(tape: Tape, events: np.ndarray, start: int) -> dict[str, pd.DataFrame]:
    """{"fills", "trades", "ledger", "refusals", "margin_calls"} of a run.

    Args:
        events: (events, 18) in the order they happened. start: the bar whose opening time the deposit bears.
    """
    names = np.array(tape.bars.symbols)
    at_end = events[:, k.E_REASON] == k.BY_END
    bar = events[:, k.E_BAR].astype(np.int64)
    assert tape.bars.known is not None
    time = np.where(
        at_end, tape.bars.known[bar], tape.bars.times[bar]
    )  # an end fill happens at the last close
    kind = events[:, k.E_KIND]
    symbol = names[np.maximum(events[:, k.E_SYMBOL].astype(np.int64), 0)]
    is_fill = (kind == k.OPENING) | (kind == k.CLOSING)
    refused = kind == k.REFUSAL
    calls = kind == k.CALL
    return {
        "fills": _fills(events[is_fill], time[is_fill], symbol[is_fill]),
        "trades": _trades(
            tape, events[kind == k.CLOSING], time[kind == k.CLOSING], symbol[kind == k.CLOSING]
        ),
        "ledger": _ledger(tape, events, time, symbol, start),
        "refusals": pd.DataFrame(
            {
                "time": _utc(time[refused]),
                "symbol": symbol[refused],
                "requested": events[refused, k.E_PRICE],
                "reason": _named(events[refused, k.E_REASON], REFUSAL_REASONS),
            }
        ),
        "margin_calls": pd.DataFrame({"time": _utc(time[calls]), "equity": events[calls, k.E_PRICE]}),
    }


def _fills(events: np.ndarray, time: np.ndarray, symbol: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "time": _utc(time),
            "symbol": symbol,
            "side": np.where(events[:, k.E_LOTS] > 0, "buy", "sell"),
            "lots": np.abs(events[:, k.E_LOTS]),
            "price": events[:, k.E_PRICE],
            "reason": _named(events[:, k.E_REASON], FILL_REASONS),
            "commission": events[:, k.E_FEE],
            "spread_cost": events[:, k.E_SPREAD_COST],
            "slippage_cost": events[:, k.E_SLIP_COST],
        }
    )


def _trades(tape: Tape, events: np.ndarray, time: np.ndarray, symbol: np.ndarray) -> pd.DataFrame:
    side = -np.sign(events[:, k.E_LOTS])  # a sell closes a long
    pip = tape.terms[events[:, k.E_SYMBOL].astype(np.int64), k.PIP]
    entry, exit_ = events[:, k.E_ENTRY], events[:, k.E_PRICE]
    costs = events[:, k.E_FEE] + events[:, k.E_ENTRY_COSTS]
    return pd.DataFrame(
        {
            "symbol": symbol,
            "side": np.where(side > 0, "long", "short"),
            "lots": np.abs(events[:, k.E_LOTS]),
            "entry_time": _utc(tape.bars.times[events[:, k.E_ENTRY_BAR].astype(np.int64)]),
            "entry_price": entry,
            "exit_time": _utc(time),
            "exit_price": exit_,
            "pips": side * (exit_ - entry) / pip,
            "gross": events[:, k.E_PNL],
            "costs": costs,
            "net": events[:, k.E_PNL] - costs,
            "mae": side * (entry - events[:, k.E_WORST]) / pip + 0.0,
            "mfe": side * (events[:, k.E_BEST] - entry) / pip + 0.0,
            "exit_reason": _named(events[:, k.E_REASON], FILL_REASONS),
        }
    )


def _ledger(tape: Tape, events: np.ndarray, time: np.ndarray, symbol: np.ndarray, start: int) -> pd.DataFrame:
    account = tape.account
    home, fee_currency = account.currency, tape.costs.commission_currency or account.currency
    quote = {one.symbol: one.quote for one in tape.bars.instruments}
    deposit = (int(tape.bars.times[start]), "", "deposit", account.balance, account.balance, home, 1.0)
    rows = [deposit]
    for n in np.flatnonzero(events[:, k.E_KIND] <= k.SWAP):
        event, at, name = events[n], int(time[n]), str(symbol[n])
        kind, rate = event[k.E_KIND], event[k.E_RATE]
        if kind == k.SWAP:
            at = int(tape.swap_times[int(event[k.E_REASON])])
            rows.append((at, name, "swap", event[k.E_PNL], event[k.E_PNL_QUOTE], quote[name], rate))
            continue
        if kind == k.CLOSING:
            rows.append((at, name, "pnl", event[k.E_PNL], event[k.E_PNL_QUOTE], quote[name], rate))
        if event[k.E_FEE] != 0.0:
            fee, fee_rate = -event[k.E_FEE], event[k.E_FEE_RATE]
            rows.append((at, name, "commission", fee, fee / fee_rate, fee_currency, fee_rate))
    columns = list(zip(*rows, strict=True))
    return pd.DataFrame(
        {
            "time": _utc(np.array(columns[0], dtype=np.int64)),
            "symbol": list(columns[1]),
            "kind": list(columns[2]),
            "amount": np.array(columns[3], dtype=np.float64),
            "quote_amount": np.array(columns[4], dtype=np.float64),
            "currency": list(columns[5]),
            "rate": np.array(columns[6], dtype=np.float64),
        }
    )


def _utc(times_ns: np.ndarray) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(times_ns, tz="UTC")


def _named(codes: np.ndarray, names: dict[int, str]) -> list[str]:
    return [names[int(code)] for code in codes]
