"""A tape: bars, costs and account as the plain arrays that the kernel reads. Built once a run, shared by drivers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from fxlab.execution import kernel
from fxlab.execution.terms import Account, Costs
from fxlab.market import Bars, Instrument, filled_mids, per_symbol, rate_along, rollovers, route
from fxlab.strategy import TargetArrays

KEPT_TAPES = 2  # per Bars: a run repeated with other targets or parameters needs no new arrays


@dataclass(frozen=True, eq=False)
class Tape:
    """Inputs of the kernel for one run; shapes and columns in `fxlab.execution.kernel`.

    Attributes:
        bars, costs, account: what it was made from.
        quotes: (bars, symbols, 8) after the costs' spread. rates: (bars, symbols, 4).
        swap_rows: (bars + 1,) int64. swaps: (cut-offs, symbols, 2). swap_times: (cut-offs,) int64 nanoseconds.
        terms: (symbols, 9). mids: (bars, symbols, 2) opens and closes, carried over missing bars.
    """

    bars: Bars
    costs: Costs
    account: Account
    quotes: np.ndarray
    rates: np.ndarray
    swap_rows: np.ndarray
    swaps: np.ndarray
    swap_times: np.ndarray
    terms: np.ndarray
    mids: np.ndarray

    def __post_init__(self) -> None:
        for name in ("quotes", "rates", "swap_rows", "swaps", "terms", "mids"):
            array = getattr(self, name).view()
            array.flags.writeable = False  # shared; and one array type means one compilation of the kernel
            object.__setattr__(self, name, array)

    def rules(self, in_lots: bool) -> np.ndarray:
        """(5,) margin call, stop-out, whether targets are lots, highest worth of a unit, whether all rates are 1."""
        account, (highest, is_home) = self.account, self._bounds
        return np.array([account.margin_call, account.stop_out, float(in_lots), highest, float(is_home)])

    @cached_property
    def _bounds(self) -> tuple[float, bool]:
        worth = self.mids if (self.rates == 1.0).all() else self.mids * self.rates[:, :, :2]
        return float(np.nanmax(worth)), worth is self.mids

    def lean(self) -> np.ndarray:
        """(bars, 4) bid low, bid close, ask high, ask close of the one pair; no rows unless a short cut is safe:
        one pair quoted in the account currency, no bar missing, lows and highs that span their opens."""
        quotes = self.quotes[:, 0]
        is_plain = (
            self.quotes.shape[1] == 1
            and self._bounds[1]
            and not np.isnan(quotes).any()
            and bool((quotes[:, 2] <= quotes[:, 0]).all())
            and bool((quotes[:, 5] >= quotes[:, 4]).all())
            and bool((quotes[:, 1] >= quotes[:, 0]).all())
            and bool((quotes[:, 6] <= quotes[:, 4]).all())
        )
        return np.ascontiguousarray(quotes[:, [2, 3, 5, 7]]) if is_plain else np.empty((0, 4))


def make_tape(bars: Bars, costs: Costs, account: Account, before: Tape | None = None) -> Tape:
    """Arrays of one run.

    Args:
        before: the tape that `bars` continue: its last closes carry over missing bars, its last time starts the
            swap cut-offs.

    Raises:
        ValueError: no bars, a pair without a route to the account currency or without a rate yet, a swap table
            or a setting that lacks a pair, a currency without an interest rate.
    """
    if not len(bars):
        raise ValueError(f"{', '.join(bars.symbols)}: there are no bars to trade on")
    if before is not None or costs.rates is not None:
        return _made(bars, costs, account, before)
    key = repr((costs, account))
    kept = bars.__dict__.setdefault("_tapes", {})
    if key not in kept:
        while len(kept) >= KEPT_TAPES:
            kept.pop(next(iter(kept)))
        kept[key] = _made(bars, costs, account, None)
    return kept[key]


def _made(bars: Bars, costs: Costs, account: Account, before: Tape | None) -> Tape:
    symbols = bars.symbols
    quotes = _with_spread(bars, costs)
    carried = None if before is None else before.mids[-1, :, 1]
    mids = filled_mids(bars, carried)
    rates = _rates(bars, costs, account, mids)
    swap_rows, swaps, swap_times = _swaps(bars, costs, mids, before)
    terms = np.empty((len(symbols), kernel.N_TERMS))
    pips = np.array([one.pip for one in bars.instruments])
    terms[:, kernel.PIP] = pips
    terms[:, kernel.LOT] = [one.lot for one in bars.instruments]
    terms[:, kernel.LOT_STEP] = [one.lot_step for one in bars.instruments]
    terms[:, kernel.LEVERAGE] = per_symbol(account.leverage, symbols, "Account.leverage")
    terms[:, kernel.SLIPPAGE] = per_symbol(costs.slippage_pips, symbols, "Costs.slippage_pips") * pips
    terms[:, kernel.FEE_PER_LOT] = per_symbol(costs.commission_per_lot, symbols, "Costs.commission_per_lot")
    terms[:, kernel.FEE_BPS] = per_symbol(costs.commission_bps, symbols, "Costs.commission_bps")
    terms[:, kernel.FEE_MIN] = per_symbol(costs.commission_min, symbols, "Costs.commission_min")
    terms[:, kernel.MIN_CHANGE] = 0.0  # the targets' own
    return Tape(bars, costs, account, quotes, rates, swap_rows, swaps, swap_times, terms, mids)


def check_fit(targets: TargetArrays, tape: Tape) -> None:
    """Raise ValueError unless targets and tape were made for the same bars: the kernel does not look again."""
    expected = (len(tape.bars), len(tape.bars.symbols))
    if targets.values.shape != expected or len(targets.brackets) not in (1, expected[0]):
        raise ValueError(
            f"targets of shape {targets.values.shape} do not fit {expected[0]:,} bars of "
            f"{', '.join(tape.bars.symbols)}; make targets and tape from the same bars"
        )


def extend_tape(tape: Tape, more: Bars) -> Tape:
    """The tape with closed bars added at its end, as if it had been made from all of them at once.

    Raises:
        ValueError: other pairs, or bars that do not follow.
    """
    part = make_tape(more, tape.costs, tape.account, before=tape)
    return Tape(
        bars=tape.bars.followed_by(more),
        costs=tape.costs,
        account=tape.account,
        quotes=np.concatenate([tape.quotes, part.quotes]),
        rates=np.concatenate([tape.rates, part.rates]),
        swap_rows=np.concatenate([tape.swap_rows, tape.swap_rows[-1] + part.swap_rows[1:]]),
        swaps=np.concatenate([tape.swaps, part.swaps]),
        swap_times=np.concatenate([tape.swap_times, part.swap_times]),
        terms=tape.terms,
        mids=np.concatenate([tape.mids, part.mids]),
    )


def _with_spread(bars: Bars, costs: Costs) -> np.ndarray:
    scale = per_symbol(costs.spread_scale, bars.symbols, "Costs.spread_scale")
    if costs.spread_pips is None and (scale == 1.0).all():
        return bars.quotes
    bid, ask = bars.quotes[:, :, :4], bars.quotes[:, :, 4:]
    mid = (bid + ask) * 0.5
    if costs.spread_pips is None:
        half = (ask - bid) * 0.5 * scale[:, None]
    else:
        pips = per_symbol(costs.spread_pips, bars.symbols, "Costs.spread_pips")
        half = (pips * np.array([one.pip for one in bars.instruments]) * scale * 0.5)[:, None]
    quotes = np.concatenate([mid - half, mid + half], axis=2)
    if (quotes <= 0).any():
        i, s, _ = (int(k) for k in np.argwhere(quotes <= 0)[0])
        raise ValueError(
            f"{bars.symbols[s]}: the spread is wider than the price at {bars.index[i]}; lower it"
        )
    return quotes


def _rates(bars: Bars, costs: Costs, account: Account, mids: np.ndarray) -> np.ndarray:
    rates = np.empty((len(bars), len(bars.symbols), 4))
    for s, pair in enumerate(bars.instruments):
        for column, currency in ((0, pair.quote), (2, costs.commission_currency or account.currency)):
            try:
                legs = route(currency, account.currency, bars.instruments)
            except ValueError as error:
                raise ValueError(f"{pair.symbol}: {error}") from None
            rate = rate_along(legs, mids)
            if np.isnan(rate[0]).any():
                waits = bars.instruments[next(i for i, _ in legs if np.isnan(mids[0, i, 1]))].symbol
                raise ValueError(
                    f"{pair.symbol}: {currency} to {account.currency} needs {waits}, which has no bar "
                    f"at the start ({bars.index[0]:%Y-%m-%d %H:%M} UTC); start the run later"
                )
            rates[:, s, column : column + 2] = rate
    return rates


def _swaps(
    bars: Bars, costs: Costs, mids: np.ndarray, before: Tape | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n, n_symbols = len(bars), len(bars.symbols)
    if costs.swap is None:
        return np.zeros(n + 1, np.int64), np.empty((0, n_symbols, 2)), np.empty(0, np.int64)
    opening = bars.times if before is None else np.concatenate([before.bars.times[-1:], bars.times])
    at, days = rollovers(int(opening[0]), int(opening[-1]))
    row = np.searchsorted(bars.times, at)  # the bar whose opening is the first at or after the cut-off
    swap_rows = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=n))]).astype(np.int64)
    swaps = np.empty((len(at), n_symbols, 2))
    for s, pair in enumerate(bars.instruments):
        if isinstance(costs.swap, Mapping):
            table = {Instrument(symbol).symbol: pips for symbol, pips in costs.swap.items()}
            if pair.symbol not in table:
                raise ValueError(
                    f"Costs.swap has no pips for {pair.symbol}; it names {', '.join(table) or 'none'}"
                )
            swaps[:, s] = np.outer(days, np.array(table[pair.symbol]) * pair.pip * pair.lot)
        else:
            assert costs.rates is not None
            base = _monthly_rate(costs.rates, pair.base, at)
            quote = _monthly_rate(costs.rates, pair.quote, at)
            markup = per_symbol(costs.swap_markup, bars.symbols, "Costs.swap_markup")[s]
            unit = mids[row, s, 0] / 365 / 100 * pair.lot * days
            swaps[:, s, 0] = unit * (base - quote - markup)
            swaps[:, s, 1] = -unit * (base - quote + markup)
    return swap_rows, swaps, at


def _monthly_rate(rates: pd.DataFrame, currency: str, at: np.ndarray) -> np.ndarray:
    """(cut-offs,) annual percent that applied at each: the figure of the last month before the cut-off's own."""
    if currency not in rates.columns:
        raise ValueError(f"Costs.rates has no column {currency}; it has {', '.join(map(str, rates.columns))}")
    column = rates[currency].dropna()
    index = pd.DatetimeIndex(column.index)
    months = (index.tz_localize(None) if index.tz is not None else index).to_period("M")
    wanted = pd.DatetimeIndex(at, tz="UTC").tz_localize(None).to_period("M")
    order = np.argsort(months.asi8, kind="stable")
    place = np.searchsorted(months.asi8[order], wanted.asi8, side="left") - 1
    if (place < 0).any():
        first = pd.Timestamp(int(at[np.argmax(place < 0)]), tz="UTC")
        raise ValueError(
            f"Costs.rates: no {currency} rate is known yet at {first:%Y-%m-%d}; start the run later"
        )
    return column.to_numpy(dtype=np.float64)[order][place]
