"""What came of a run: equity, positions, trades and the ledger, with statistics, a plot and a report."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fxlab import metrics
from fxlab.data.folders import read_manifest, whole_folder
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
    info: Mapping[str, Any] = field(default_factory=dict)

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
        curve: (bars, 3) equity, balance, used margin. lots: (bars, symbols). Rows from `start` count.
        events: (events, 18).
    """
    bars = tape.bars
    stop = start + len(curve)
    index, symbols = bars.index[start:stop], list(bars.symbols)
    worth = tape.mids[start:stop, :, 1] * tape.rates[start:stop, :, 1] * tape.terms[:, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        exposure = np.where(curve[:, :1] > 0, lots * np.nan_to_num(worth) / curve[:, :1], 0.0)
    parts: dict[str, Any] = {
        name: pd.Series(curve[:, column].copy(), index=index, name=name)
        for column, name in enumerate(("equity", "balance", "margin"))
    }
    parts |= tables(tape, events, start)
    about = {
        "data": bars.checksum,
        "notes": list(bars.notes),
        "every": None if bars.every is None else str(bars.every),
        "lot": {one.symbol: one.lot for one in bars.instruments},
        "costs": _described(tape.costs),
    }
    return Result(
        **parts,
        exposure=pd.DataFrame(exposure, index=index, columns=symbols),
        lots=pd.DataFrame(lots.copy(), index=index, columns=symbols),
        close=pd.DataFrame(tape.mids[start:stop, :, 1].copy(), index=index, columns=symbols),
        account=tape.account,
        bars_per_year=bars.bars_per_year,
        info={**about, **info},
    )


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
