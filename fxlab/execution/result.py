"""What came of a run: equity, positions, trades and the ledger, with statistics, a plot and a report."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fxlab import metrics
from fxlab.data.folders import read_manifest, whole_folder
from fxlab.execution import kernel
from fxlab.execution.records import tables
from fxlab.execution.simulation import Simulation
from fxlab.execution.statistics import summarise
from fxlab.execution.tape import Tape
from fxlab.execution.terms import Account

FORMAT = 1
_TABLES = ("fills", "trades", "ledger", "refusals", "margin_calls")


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """A finished run.

    Attributes:
        equity, balance, margin: Series by bar, account currency; equity counts open positions at their closing side.
        exposure: DataFrame (bars × symbols), signed notional at the mid close as a multiple of equity.
        lots: DataFrame (bars × symbols), signed lots after each bar.
        close: DataFrame (bars × symbols), mid closes.
        fills: time, symbol, side, lots, price, reason, commission, spread_cost, slippage_cost.
        trades: a row for each closing fill: symbol, side, lots, entry_time, entry_price (average), exit_time,
            exit_price, pips, gross, costs (commission and swap), net, mae and mfe (largest adverse and favourable
            excursion, in pips), exit_reason.
        ledger: time, symbol, kind, amount (account currency), quote_amount, currency, rate; amounts sum to the
            balance.
        refusals: time, symbol, requested, reason. margin_calls: time, equity.
        account: the Account. bars_per_year: for annualising.
        info: what ran: strategy, params, costs, data checksum, notes.
    """

    equity: pd.Series
    balance: pd.Series
    margin: pd.Series
    exposure: pd.DataFrame
    lots: pd.DataFrame
    close: pd.DataFrame
    fills: pd.DataFrame
    trades: pd.DataFrame
    ledger: pd.DataFrame
    refusals: pd.DataFrame
    margin_calls: pd.DataFrame
    account: Account
    bars_per_year: float
    info: Mapping[str, Any]

    @classmethod
    def _lazily(cls, pending: dict[str, Callable[[], Any]], **fields: Any) -> Result:
        """A Result whose tables are made when somebody looks at them: a run is often only asked for its equity."""
        new = object.__new__(cls)
        for name, value in {**fields, "_pending": pending}.items():
            object.__setattr__(new, name, value)
        return new

    def __getattr__(self, name: str) -> Any:
        pending = self.__dict__.get("_pending", {})
        if name not in pending:
            raise AttributeError(f"a Result has no {name!r}")
        value = pending[name]()
        object.__setattr__(self, name, value)
        del pending[name]
        return value

    def __repr__(self) -> str:
        name = self.info.get("strategy", "run")
        return (
            f"Result({name}: {len(self.equity):,} bars, {len(self.trades):,} trades, "
            f"equity {self.equity.iloc[-1]:,.2f} {self.account.currency})"
        )

    @property
    def symbols(self) -> tuple[str, ...]:
        """Pairs that were traded or could be."""
        return tuple(self.lots.columns)

    @property
    def name(self) -> str:
        """Name of what ran."""
        return str(self.info.get("strategy", "run"))

    def returns(self) -> pd.Series:
        """Simple return of each bar after the first, as a fraction of the equity before it."""
        return pd.Series(
            metrics.simple_returns(self.equity.to_numpy()), index=self.equity.index[1:], name="return"
        )

    def log_returns(self) -> pd.Series:
        """Log return of each bar after the first: the log-equity rewards of an environment, bit for bit."""
        return pd.Series(
            metrics.log_returns(self.equity.to_numpy()), index=self.equity.index[1:], name="log_return"
        )

    def stats(self) -> pd.Series:
        """The figures of the run, with units in the labels."""
        return summarise(self)

    def plot(self) -> Any:
        """Plotly figure of equity, drawdown, positions and trades."""
        from fxlab.report import plot_result

        return plot_result(self)

    def report(self, path: str | Path) -> Path:
        """Write a self-contained HTML page about the run; returns its path."""
        from fxlab.report import write_report

        return write_report(self, path)

    def to_vectorbt(self) -> Any:
        """vectorbt Portfolio of these fills, for its analytics; its value is this equity at every bar.

        Swap is in the fees of closing orders, conversion in their prices; margin, stops and refused orders are
        gone. Several pairs are columns that share the cash. More in `fxlab.execution.vectorbt_bridge`.

        Raises:
            ImportError: vectorbt is not installed; pip install "fxlab[vectorbt]".
        """
        from fxlab.execution.vectorbt_bridge import portfolio_of

        return portfolio_of(self)

    def save(self, directory: str | Path) -> Path:
        """Write result.parquet, one Parquet file a table, and a JSON manifest with checksums; whole or not at all.

        Raises:
            DataError: the folder exists and holds something other than a saved result.
        """
        content = {
            "format": FORMAT,
            "account": dataclasses.asdict(self.account),
            "bars_per_year": self.bars_per_year,
            "symbols": list(self.symbols),
            "info": dict(self.info),
            "stats": {label: _plain(value) for label, value in self.stats().items()},
        }
        with whole_folder(directory, "result", content) as folder:
            self._curves().to_parquet(folder / "result.parquet", compression="zstd")
            for name in _TABLES:
                getattr(self, name).to_parquet(folder / f"{name}.parquet", compression="zstd")
        return Path(directory)

    @classmethod
    def load(cls, directory: str | Path) -> Result:
        """A Result that `save` wrote.

        Raises:
            DataError: no saved result there, a file missing or changed, or a newer format.
        """
        manifest = read_manifest(directory, "result")
        if manifest["format"] > FORMAT:
            raise ValueError(
                f"{directory} was saved by a newer fxlab (format {manifest['format']}); update fxlab"
            )
        folder = Path(directory)
        curves = pd.read_parquet(folder / "result.parquet")
        parts: dict[str, Any] = {name: curves[name] for name in ("equity", "balance", "margin")}
        for name in ("exposure", "lots", "close"):
            part = curves[[f"{name} {symbol}" for symbol in manifest["symbols"]]]
            parts[name] = part.set_axis(manifest["symbols"], axis=1)
        parts |= {name: pd.read_parquet(folder / f"{name}.parquet") for name in _TABLES}
        account = Account(**manifest["account"])
        return cls(**parts, account=account, bars_per_year=manifest["bars_per_year"], info=manifest["info"])

    def _curves(self) -> pd.DataFrame:
        curves = {"equity": self.equity, "balance": self.balance, "margin": self.margin}
        for name in ("exposure", "lots", "close"):
            frame = getattr(self, name)
            curves |= {f"{name} {symbol}": frame[symbol] for symbol in self.symbols}
        return pd.DataFrame(curves)


def result_of(
    tape: Tape,
    curve: np.ndarray,
    lots: np.ndarray,
    events: np.ndarray,
    info: Mapping[str, Any],
    start: int = 0,
) -> Result:
    """Result of a run from what the kernel wrote.

    Args:
        curve: (bars, 2) equity, balance. lots: (bars, symbols). Their first row is bar `start`.
        events: (events, 18).
    """
    bars = tape.bars
    rows = slice(start, start + len(curve))
    index, symbols = bars.index[rows], list(bars.symbols)

    def series(name: str, values: np.ndarray) -> pd.Series:
        return pd.Series(np.ascontiguousarray(values), index=index, name=name)

    def frame(values: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame(np.ascontiguousarray(values), index=index, columns=symbols)

    pending: dict[str, Callable[[], Any]] = {
        "equity": lambda: series("equity", curve[:, 0]),
        "balance": lambda: series("balance", curve[:, 1]),
        "margin": lambda: series("margin", _used_margin(tape, lots, rows)),
        "exposure": lambda: frame(_exposure(tape, lots, curve[:, :1], rows)),
        "lots": lambda: frame(lots),
        "close": lambda: frame(tape.mids[rows, :, 1]),
        "info": lambda: {**_about(tape), **info},
        **tables(tape, events, start),
    }
    return Result._lazily(pending, account=tape.account, bars_per_year=bars.bars_per_year)


def _used_margin(tape: Tape, lots: np.ndarray, rows: slice) -> np.ndarray:
    """(bars,) margin after each bar, in the kernel's order of arithmetic."""
    margin = np.zeros(len(lots))
    terms, rates, mids = tape.terms, tape.rates[rows], tape.mids[rows]
    for s in range(lots.shape[1]):
        size = np.abs(lots[:, s]) * terms[s, kernel.LOT]
        used = size * mids[:, s, 1] * rates[:, s, kernel.RATE_CLOSE] / terms[s, kernel.LEVERAGE]
        margin += np.where(size == 0.0, 0.0, used)
    return margin


def _exposure(tape: Tape, lots: np.ndarray, equity: np.ndarray, rows: slice) -> np.ndarray:
    worth = tape.mids[rows, :, 1] * tape.rates[rows, :, kernel.RATE_CLOSE] * tape.terms[:, kernel.LOT]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(equity > 0, lots * np.nan_to_num(worth) / equity, 0.0)


def _about(tape: Tape) -> dict[str, Any]:
    bars = tape.bars
    return {
        "data": bars.checksum,
        "notes": list(bars.notes),
        "every": None if bars.every is None else str(bars.every),
        "lot": {one.symbol: one.lot for one in bars.instruments},
        "costs": _described(tape.costs),
    }


def result_of_simulation(simulation: Simulation, info: Mapping[str, Any]) -> Result:
    """Result of what a Simulation has lived through so far."""
    rows = slice(simulation.start, simulation.i + 1)
    events = simulation.written_events()
    return result_of(
        simulation.tape, simulation.curve[rows], simulation.held[rows], events, info, simulation.start
    )


def _described(costs: Any) -> dict[str, Any]:
    told = {name: getattr(costs, name) for name in costs.__dataclass_fields__ if name != "rates"}
    if costs.rates is not None:
        told["rates"] = f"{len(costs.rates)} months of {', '.join(map(str, costs.rates.columns))}"
    return {
        name: {s: list(v) if isinstance(v, tuple) else v for s, v in value.items()}
        if isinstance(value, Mapping)
        else value
        for name, value in told.items()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, (pd.Timestamp, pd.Timedelta)):
        return str(value)
    if isinstance(value, (float, np.floating)):
        return None if not np.isfinite(value) else float(value)
    return int(value) if isinstance(value, np.integer) else value
