"""`fxlab quickstart`: the whole pipeline on the shipped sample, offline, in a few minutes, told without flattery.

Data check → look-ahead check → features → LSTM and DQN trained on the first 70 % → an embargo → everything judged
on the last 30 % by the one kernel, after costs, with intervals → a table, a verdict and a page.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from fxlab.backtesting import backtest
from fxlab.data import check, load_bars, synthetic_headlines
from fxlab.execution import Account, Costs, Result
from fxlab.features import FeaturePipeline
from fxlab.market import Bars
from fxlab.strategy import from_forecaster
from fxlab.validation import LookaheadReport, check_lookahead, holdout_split

HORIZON = 24  # bars ahead that the forecasters look: one day
EMBARGO = 120  # bars left out between training and test: one trading week
SYNTHETIC = "News tilt (synthetic)"

# What a retail account paid for EURUSD in 2017, about: the sample's 0.8 pips of spread, a tenth of a pip of
# slippage, 3.50 USD a lot and side, and the rate differential of 1.4 % a year with half a percent kept on each side.
COSTS = Costs(slippage_pips=0.1, commission_per_lot=3.5, swap={"EURUSD": (-0.6, 0.3)})


@dataclass(frozen=True)
class Sizes:
    """How much is trained: enough to learn something, little enough for a laptop."""

    window: int = 24
    units: int = 32
    epochs: int = 12
    frames: int = 60_000


SMALL = Sizes(window=8, units=4, epochs=1, frames=2_000)


@dataclass
class _Run:
    """What the steps hand to each other."""

    bars: Bars
    train: slice
    test: slice
    directory: Path
    seed: int
    sizes: Sizes
    account: Account = field(default_factory=Account)
    costs: Costs = COSTS
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def train_bars(self) -> Bars:
        return self.bars[self.train]

    @property
    def test_bars(self) -> Bars:
        return self.bars[self.test]


def run_quickstart(
    directory: str | Path = "runs/quickstart",
    *,
    seed: int = 0,
    console: Console | None = None,
    sizes: Sizes | None = None,
) -> dict[str, Any]:
    """Run everything and write report.html, summary.json, the results and the trained models into `directory`.

    Args:
        seed: of every random choice; the same seed gives the same results on the same machine.
        console: where the table and the verdict are printed; None prints nothing.
        sizes: how much is trained; None is what the README shows.

    Returns:
        The summary, JSON-able: table, verdict, data check, look-ahead checks, seconds of each step.
    """
    began = time.monotonic()
    bars = load_bars("EURUSD")
    train, test = holdout_split(len(bars), train=0.7, embargo=EMBARGO, horizon=HORIZON)
    run = _Run(bars, train, test, Path(directory), seed, sizes or Sizes())
    with _steps(run) as step:
        with step("Checking the data"):
            data = check(bars)
        with step("Looking for look-ahead"):
            pipeline = FeaturePipeline().fit(run.train_bars)
            lookahead = [
                _looked_at(pipeline, "features", run),
                _looked_at(_ma_cross, "moving-average cross", run),
            ]
        with step("Training the LSTM") as advance:
            models = _train_forecasters(run, pipeline, advance)
        with step("Training the DQN agent") as advance:
            agent = _train_agent(run, pipeline, advance)
        with step("Trading the last 30 %"):
            strategies = _strategies(run, pipeline, models)
            lookahead += [_looked_at(strategies["LSTM"], "LSTM", run, max_bars=1_000, n_cuts=3)]
            results = _results(run, strategies, agent)
            forecasts = _forecast_table(run, pipeline, models)
        with step("Judging and writing the page"):
            judged = _judge(run, results)
            page = _write_page(run, results, judged, data, lookahead, models["LSTM"], agent, forecasts)
    run.seconds["Total"] = time.monotonic() - began
    summary = _summary(run, judged, data, lookahead, forecasts, page)
    _save(run, summary, results, models["LSTM"], agent)
    if console is not None:
        _print(console, run, judged, data, lookahead, page)
    return summary


def _looked_at(obj: Any, name: str, run: _Run, **settings: Any) -> LookaheadReport:
    return replace(check_lookahead(obj, run.bars, seed=run.seed, **settings), name=name)


# --- train -----------------------------------------------------------------------------------------------


def _train_forecasters(run: _Run, pipeline: FeaturePipeline, advance: Any) -> dict[str, Any]:
    """Fit on the training rows whose labels end inside them."""
    from fxlab.models import LSTMForecaster, RandomWalkForecaster, forward_return

    X = pipeline.transform(run.train_bars)
    y = cast(pd.Series, forward_return(run.train_bars, HORIZON))
    sizes = run.sizes
    lstm = LSTMForecaster(
        window=sizes.window,
        units=sizes.units,
        horizon=HORIZON,
        epochs=sizes.epochs,
        seed=run.seed,
        progress=lambda epoch, epochs, losses: advance(epoch / epochs),
    )
    return {"Random walk": RandomWalkForecaster().fit(X, y), "LSTM": lstm.fit(X, y)}


def _train_agent(run: _Run, pipeline: FeaturePipeline, advance: Any) -> Any:
    from fxlab.agents import DQNAgent
    from fxlab.envs import TradingEnv

    env = TradingEnv(
        run.train_bars,
        features=pipeline,
        window=run.sizes.window,
        costs=run.costs,
        account=run.account,
        episode_bars=500,
        random_start=True,
    )
    agent = DQNAgent(env, seed=run.seed)
    return agent.learn(run.sizes.frames, progress=lambda share, told: advance(share))


# --- trade the last part ---------------------------------------------------------------------------------


def _ma_cross(bars: Bars, fast: int = 24, slow: int = 120) -> pd.DataFrame:
    """Long while the day's average is above the week's, short below."""
    close = bars.close
    lead = close.rolling(fast).mean() - close.rolling(slow).mean()
    return lead.apply(np.sign)


def _sentiment_tilt(bars: Bars) -> pd.Series:
    """Long while made-up news favours the euro, short while it favours the dollar: machinery, not evidence."""
    from fxlab.sentiment import sentiment_columns

    column = sentiment_columns(synthetic_headlines(bars, seed=0), bars)["sentiment_EURUSD"]
    return pd.Series(np.where(column.abs() > 0.2, np.sign(column), np.nan), index=bars.index)


def _strategies(run: _Run, pipeline: FeaturePipeline, models: dict[str, Any]) -> dict[str, Any]:
    """What is compared. Forecasts are acted on when they exceed what a round trip costs."""
    threshold = round_trip_cost(run.bars, run.costs)
    return {
        "Flat": 0.0,
        "Buy and hold": 1.0,
        "Moving-average cross": _ma_cross,
        "Random walk": from_forecaster(models["Random walk"], pipeline, threshold),
        SYNTHETIC: _sentiment_tilt,
        "LSTM": from_forecaster(models["LSTM"], pipeline, threshold),
    }


def round_trip_cost(bars: Bars, costs: Costs) -> float:
    """Spread, slippage and commission of a full turn of one pair quoted in the account currency, as a log return."""
    (pair,) = bars.instruments
    price = float(bars.close.iloc[:, 0].median())
    pips = float(bars.spread_pips.iloc[:, 0].median()) + 2.0 * float(costs.slippage_pips)  # type: ignore[arg-type]
    return (pips * pair.pip + 2.0 * float(costs.commission_per_lot) / pair.lot) / price  # type: ignore[arg-type]


def _results(run: _Run, strategies: dict[str, Any], agent: Any) -> dict[str, Result]:
    """One Result each over the test bars. Targets are decided with the past before them at hand: a moving average
    needs no second warm-up."""
    results = {}
    for name, strategy in strategies.items():
        targets = strategy
        if callable(strategy):  # what it held when the test began is requested first
            targets = pd.DataFrame(strategy(run.bars)).ffill().iloc[run.test]
            targets.columns = list(run.bars.symbols)
        results[name] = _named(backtest(targets, run.test_bars, costs=run.costs, account=run.account), name)
    results["DQN"] = _named(_episode(run, agent), "DQN")
    return results


def _episode(run: _Run, agent: Any) -> Result:
    """The agent over the test bars, its first observation full of the bars before them."""
    from fxlab.envs import TradingEnv

    env = TradingEnv(run.bars, agent.pipeline, run.sizes.window, costs=run.costs, account=run.account)
    observation, _ = env.reset(options={"start": run.test.start})
    ended = False
    while not ended:
        observation, _, terminated, truncated, _ = env.step(agent.act(observation[None])[0])
        ended = terminated or truncated
    return env.result()


def _named(result: Result, name: str) -> Result:
    return replace(result, info={**result.info, "strategy": name})


# --- judge and tell --------------------------------------------------------------------------------------


def _forecast_table(run: _Run, pipeline: FeaturePipeline, models: dict[str, Any]) -> pd.DataFrame:
    from fxlab.models import forecast_table, forward_return

    X = pipeline.transform(run.bars)
    y = cast(pd.Series, forward_return(run.bars, HORIZON))
    rows = run.test
    return forecast_table(y.iloc[rows], {name: model.predict(X)[rows] for name, model in models.items()})


def _judge(run: _Run, results: dict[str, Result]) -> Any:
    from fxlab.report import verdict

    return verdict(
        results, seed=run.seed, exclude=[SYNTHETIC]
    )  # made-up news proves nothing, whatever it earns


def _write_page(
    run: _Run,
    results: dict[str, Result],
    judged: Any,
    data: Any,
    lookahead: list[Any],
    lstm: Any,
    agent: Any,
    forecasts: pd.DataFrame,
) -> Path:
    from fxlab.report import write_comparison

    first, last = run.test_bars.index[0], run.test_bars.index[-1]
    sections = [
        ("Data check", data.summary()),
        ("Data findings", data.table),
        ("Look-ahead check", pd.DataFrame([{"checked": r.name, "outcome": str(r)} for r in lookahead])),
        ("Training of the LSTM", pd.DataFrame(lstm.history_).rename_axis("epoch").reset_index()),
        (f"Forecasts {HORIZON} bars ahead, on the last 30 %", forecasts),
        (
            "Synthetic news",
            f"The row '{SYNTHETIC}' trades on headlines that a seeded generator made up, with publication times but "
            "without any knowledge of prices. It shows that news can flow through the pipeline; whatever it earns or "
            "loses is luck and costs.",
        ),
    ]
    return write_comparison(
        results,
        run.directory / "report.html",
        title="fxlab quickstart: EURUSD hourly, 2017",
        subtitle=f"Trained on the first 70 %, judged on {first:%d %B} to {last:%d %B %Y}, after costs",
        judged=judged,
        sections=sections,
    )


def _summary(
    run: _Run, judged: Any, data: Any, lookahead: list[Any], forecasts: pd.DataFrame, page: Path
) -> dict[str, Any]:
    table = json.loads(judged.table.to_json(orient="index"))
    return {
        "verdict": judged.sentence,
        "has_edge": bool(judged.has_edge),
        "table": table,
        "forecasts": json.loads(forecasts.to_json(orient="index")),
        "data": data.summary(),
        "lookahead": {report.name: str(report) for report in lookahead},
        "test_span": [str(run.test_bars.index[0]), str(run.test_bars.index[-1])],
        "synthetic": [SYNTHETIC],
        "seed": run.seed,
        "seconds": {name: round(value, 1) for name, value in run.seconds.items()},
        "report": str(page),
    }


def _save(run: _Run, summary: dict[str, Any], results: dict[str, Result], lstm: Any, agent: Any) -> None:
    for name, result in results.items():
        folder = "".join(letter if letter.isalnum() else "-" for letter in name.lower()).strip("-")
        result.save(run.directory / "results" / folder)
    lstm.save(run.directory / "lstm")
    agent.save(run.directory / "dqn")
    part = run.directory / f".summary.{os.getpid()}.json"
    part.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    os.replace(part, run.directory / "summary.json")


def _print(console: Console, run: _Run, judged: Any, data: Any, lookahead: list[Any], page: Path) -> None:
    console.print(
        f"\n[bold]EURUSD hourly, {run.test_bars.index[0]:%d %b %Y} to {run.test_bars.index[-1]:%d %b %Y}[/bold]"
    )
    console.print(data.summary(), highlight=False)
    clean = all(report.ok for report in lookahead)
    told = (
        "no look-ahead found in features, moving-average cross and LSTM"
        if clean
        else "; ".join(map(str, lookahead))
    )
    console.print(told, highlight=False)
    console.print(_table(judged.table))
    console.print(f"[bold]{judged.sentence}[/bold]", highlight=False)
    console.print(
        f"'{SYNTHETIC}' trades made-up headlines: it shows the machinery, not evidence.", highlight=False
    )
    console.print(f"Report: {page}  ({run.seconds['Total']:.0f} s)", highlight=False, soft_wrap=True)


def _table(figures: pd.DataFrame) -> Table:
    """The verdict's table in eighty columns; the page has all of it."""
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("after costs", no_wrap=True)
    for heading in (
        "Return\n[%]",
        "Drawdown\n[%]",
        "Sharpe\nratio",
        "its 90 %\ninterval",
        "Trades",
        "Costs\n[USD]",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, row in figures.iterrows():
        low, high = row["Sharpe 90 % low"], row["Sharpe 90 % high"]
        table.add_row(
            str(name),
            _number(row["Return [%]"]),
            _number(row["Max drawdown [%]"]),
            _number(row["Sharpe ratio"]),
            "–" if pd.isna(low) else f"{_number(low)}…{_number(high)}",
            f"{int(row['Trades']):,}",
            _number(row["Costs [USD]"]),
        )
    return table


def _number(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:,.2f}".replace("-", "−")


@contextmanager
def _steps(run: _Run) -> Iterator[Any]:
    """Progress bars on a terminal's standard error, nothing elsewhere, and the seconds of each step."""
    columns = (TextColumn("{task.description:<30}"), BarColumn(), TimeElapsedColumn())
    screen = Console(stderr=True)
    with Progress(*columns, console=screen, disable=not screen.is_terminal) as progress:

        @contextmanager
        def step(name: str) -> Iterator[Any]:
            began = time.monotonic()
            task: TaskID = progress.add_task(name, total=1.0)
            yield lambda share: progress.update(task, completed=share)
            progress.update(task, completed=1.0)
            run.seconds[name] = time.monotonic() - began

        yield step
