"""A Result as a vectorbt Portfolio: our fills and our money, for vectorbt's analytics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fxlab.market import Instrument

if TYPE_CHECKING:
    from fxlab.execution.result import Result


def portfolio_of(result: Result) -> Any:
    """vectorbt Portfolio of the fills of a run; `Portfolio.value()` is `result.equity` at every bar.

    vectorbt knows orders with a price, a size and fees, and marks what is held at one close. Each fill becomes one
    order, several of one pair in one bar included, with money in account currency. What has no place there is put
    where it leaves the money right:

    - **Swap** is in the fees of the order that closes the position; until then it is in the close.
    - **Conversion**: vectorbt revalues the whole notional when rates move, a margin account only the profit. Prices
      of a pair quoted in another currency are converted at the rate of the entry, and the profit is added as it was
      booked. Such an exit price or close is no market price.
    - **Closes** are where the position would close, bid or ask, so that open positions are worth what they are in
      the Result. With several pairs what these marks lie off the mid is split by notional.
    - **Margin, stop-outs, stops and limits** are gone: their fills are orders like others, refused orders are none.
    - **Several pairs** are columns of one group that share the cash. Cash counts notional as spent, so leverage
      shows as negative cash.

    vectorbt annualises by 365 days; `year_freq` of its accessors, as in `portfolio.returns_acc(year_freq=…)`, is
    bars_per_year bars of the FX week.

    Raises:
        ImportError: vectorbt is not installed.
    """
    vectorbt = _vectorbt()
    from vectorbt.portfolio.enums import log_dt, order_dt

    index, symbols = result.equity.index, result.symbols
    orders, close = orders_and_closes(result)
    records = np.zeros(len(orders), dtype=order_dt)
    for name in ("col", "idx", "size", "price", "fees", "side"):
        records[name] = orders[name]
    records = records[np.argsort(records["col"], kind="stable")]
    records["id"] = np.arange(len(records))
    every = result.info.get("every")
    is_one = len(symbols) == 1
    wrapper = vectorbt.ArrayWrapper(
        index=index,
        columns=pd.Index(symbols, name="symbol"),
        ndim=1 if is_one else 2,
        freq=None if every is None else pd.Timedelta(every),
        group_by=None if is_one else True,
    )
    return vectorbt.Portfolio(
        wrapper,
        close=close.iloc[:, 0].rename(symbols[0]) if is_one else close,
        order_records=records,
        log_records=np.zeros(0, dtype=log_dt),
        init_cash=np.array([float(result.account.balance)]),
        cash_sharing=not is_one,
    )


def orders_and_closes(result: Result) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fills as cash orders, and the closes at which they are worth the Result's equity, in account currency.

    Returns:
        orders: col (position of the symbol), idx (bar), size (units of base), price, fees, side (0 buy, 1 sell).
        closes: DataFrame (bars × symbols).
    """
    n, symbols = len(result.equity), list(result.symbols)
    lot = _lot_sizes(result)
    rates = _rates(result, lot)
    rows = result.equity.index.searchsorted(result.fills["time"], side="right") - 1
    entry, entry_quote = np.full((2, n, len(symbols)), np.nan)  # averages of what is held after each bar
    spent = np.zeros(n)  # cash that orders brought or took, notional aside
    books = [_Position() for _ in symbols]
    trades = iter(result.trades[["gross", "costs"]].to_numpy())
    orders = []
    fills = result.fills[["symbol", "side", "lots", "price", "commission"]].itertuples(index=False)
    for i, (symbol, side, lots, quoted, commission) in zip(rows, fills, strict=True):
        s = symbols.index(symbol)
        book, is_buy, units = books[s], side == "buy", lots * lot[s]
        if book.units == 0.0 or (book.units > 0.0) == is_buy:
            price, fees = quoted * rates[i, s], commission
            book.increase(units if is_buy else -units, price, quoted, commission)
            spent[i] -= fees
        else:
            gross, costs = next(trades)
            share = book.entry_fees * units / abs(book.units)
            price, fees = book.price + (-gross if is_buy else gross) / units, costs - share
            book.reduce(units, share)
            spent[i] += gross - fees
        entry[i, s], entry_quote[i, s] = book.price, book.quoted
        orders.append((s, i, units, price, fees, 0 if is_buy else 1))
    columns = ["col", "idx", "size", "price", "fees", "side"]
    units = result.lots.to_numpy() * lot
    closes = _closes(result, units, rates, entry, entry_quote, spent)
    return pd.DataFrame(orders, columns=columns), pd.DataFrame(closes, result.equity.index, symbols)


class _Position:
    """Units held, their average entry price in account and in quote currency, and commission paid on the way in."""

    def __init__(self) -> None:
        self.units = self.price = self.quoted = self.entry_fees = 0.0

    def increase(self, units: float, price: float, quoted: float, commission: float) -> None:
        total = self.units + units
        self.price = (self.units * self.price + units * price) / total
        self.quoted = (self.units * self.quoted + units * quoted) / total
        self.units = total
        self.entry_fees += commission

    def reduce(self, units: float, share: float) -> None:
        left = abs(self.units) - units
        self.entry_fees -= share
        self.units = 0.0 if left < 1e-9 * units else (left if self.units > 0.0 else -left)
        if self.units == 0.0:
            self.entry_fees = 0.0


def _closes(
    result: Result,
    units: np.ndarray,
    rates: np.ndarray,
    entry: np.ndarray,
    entry_quote: np.ndarray,
    spent: np.ndarray,
) -> np.ndarray:
    """(bars, symbols) closes at which what is held is worth equity less cash; the mid close where nothing is."""
    mid = result.close.to_numpy()
    entry, entry_quote = pd.DataFrame(entry).ffill().to_numpy(), pd.DataFrame(entry_quote).ffill().to_numpy()
    is_held = units != 0.0
    at_mid = np.where(is_held, units * (mid - entry_quote) * rates, 0.0)
    notional = np.where(is_held, np.abs(units) * mid * rates, 0.0)
    open_profit = result.equity.to_numpy() - (result.account.balance + np.cumsum(spent))
    off_mid = open_profit - at_mid.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        profit = at_mid + off_mid[:, None] * notional / notional.sum(axis=1, keepdims=True)
        return np.where(is_held, entry + profit / units, mid * rates)


def _lot_sizes(result: Result) -> np.ndarray:
    lots = result.info.get("lot", {})
    return np.array([float(lots.get(symbol, Instrument(symbol).lot)) for symbol in result.symbols])


def _rates(result: Result, lot: np.ndarray) -> np.ndarray:
    """(bars, symbols) quote → account currency as the run saw it; carried to bars that nothing was held at.

    A Result keeps no rates: what is held tells them, as exposure · equity / (units · price), and the ledger the
    rest. A pair that was never traded stays in its quote currency.
    """
    rates = np.full(result.lots.shape, np.nan)
    equity = result.equity.to_numpy()[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = result.exposure.to_numpy() * equity / (result.lots.to_numpy() * lot * result.close.to_numpy())
    told = np.isfinite(worth) & (worth > 0.0)
    rates[told] = worth[told]
    for s, symbol in enumerate(result.symbols):
        if Instrument(symbol).quote == result.account.currency:
            rates[:, s] = 1.0
            continue
        booked = result.ledger[(result.ledger["kind"] == "pnl") & (result.ledger["symbol"] == symbol)]
        at = result.equity.index.searchsorted(booked["time"], side="right") - 1
        unknown = np.isnan(rates[at, s])
        rates[at[unknown], s] = booked["rate"].to_numpy()[unknown]
    return pd.DataFrame(rates).ffill().bfill().fillna(1.0).to_numpy()


def _vectorbt() -> Any:
    try:
        import vectorbt
    except ImportError:
        raise ImportError(
            'to_vectorbt needs vectorbt, which is not installed; run pip install "fxlab[vectorbt]"'
        ) from None
    return vectorbt
