"""`fxlab`: the commands and their options. What they do is in the module of each, imported when it runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from fxlab import __version__
from fxlab.cli import errors
from fxlab.cli.output import Answer, tell

app = typer.Typer(
    name="fxlab",
    help="Forex research: from price files to a verdict.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
data_app = typer.Typer(help="Look at data.", no_args_is_help=True)
paper_app = typer.Typer(help="Trade on paper.", no_args_is_help=True)
app.add_typer(data_app, name="data")
app.add_typer(paper_app, name="paper")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines, and nothing else.")]
Config = Annotated[Path, typer.Argument(help="A YAML file; see configs/.", show_default=False)]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="PATH=VALUE", help="Edit the config, e.g. costs.spread_pips=1.2; repeatable."
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="Run folder; else one named by command, config and time in runs/."
    ),
]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line, `sys.argv` unless given; returns the exit code.

    0 ok, 2 usage or config, 3 data, 130 interrupted. An expected error is one line on standard error.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    return errors.exit_code_of(lambda: app(args=given, prog_name="fxlab", standalone_mode=False))


def _version(wanted: bool) -> None:
    if wanted:
        print(f"fxlab {__version__}")
        raise typer.Exit()


@app.callback()
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    context.obj = {"json": as_json}


def _tell(context: typer.Context, answer: Answer, as_json: bool) -> None:
    tell(answer, as_json or bool((context.obj or {}).get("json")))


@app.command()
def quickstart(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write.")] = Path(
        "runs/quickstart"
    ),
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of every random choice.")] = 0,
    as_json: AsJson = False,
) -> None:
    """The whole pipeline on the shipped sample: train, trade, compare, report. Two minutes, offline."""
    from fxlab.cli.quickstart import run

    _tell(context, run(out, seed, quiet=as_json or context.obj["json"]), as_json)


@data_app.command("show")
def data_show(
    context: typer.Context,
    symbols: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SYMBOL|FILE]...", help="Pairs or price files; EURUSD unless given."),
    ] = None,
    source: Annotated[str | None, typer.Option(help="sample, ecb or synthetic.")] = None,
    start: Annotated[str | None, typer.Option(help="First date wanted, e.g. 2017-03.")] = None,
    end: Annotated[str | None, typer.Option(help="Last date wanted, itself included.")] = None,
    every: Annotated[str | None, typer.Option(help="Length of a bar, e.g. 4h.")] = None,
    symbol: Annotated[str | None, typer.Option(help="Pair of a file, if its name does not tell.")] = None,
    tz: Annotated[str | None, typer.Option(help="Time zone of a file's times, e.g. Europe/London.")] = None,
    side: Annotated[str | None, typer.Option(help="Price a file holds: bid, ask or mid.")] = None,
    spread_pips: Annotated[float | None, typer.Option(help="Spread where the data has none.")] = None,
    as_json: AsJson = False,
) -> None:
    """Span, spread and last prices of bars, and what looks wrong with them."""
    from fxlab.cli.data_show import run

    options = {
        "source": source,
        "start": start,
        "end": end,
        "every": every,
        "symbol": symbol,
        "tz": tz,
        "side": side,
        "spread_pips": spread_pips,
    }
    _tell(context, run(symbols or ["EURUSD"], options), as_json)


@app.command()
def backtest(
    context: typer.Context,
    config: Config,
    sets: Sets = None,
    out: Out = None,
    report: Annotated[bool, typer.Option("--report", help="Write report.html too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run a strategy over history."""
    from fxlab.cli.backtest import run

    _tell(context, run(config, sets or (), out, report), as_json)


@app.command()
def train(
    context: typer.Context, config: Config, sets: Sets = None, out: Out = None, as_json: AsJson = False
) -> None:
    """Train what the config asks for, a forecaster or a DQN agent, on the first part of its data."""
    from fxlab.cli.train import run

    _tell(context, run(config, sets or (), out), as_json)


@app.command()
def evaluate(
    context: typer.Context,
    config: Annotated[
        Path,
        typer.Argument(metavar="CONFIG_OR_RUN", help="A config, or the folder of a run.", show_default=False),
    ],
    sets: Sets = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Judge a trained model, an agent or a strategy beside staying flat and buy and hold.

    What was trained is judged on the last part of its data. A training's config, not its folder, is trained first.
    """
    from fxlab.cli.evaluate import run

    _tell(context, run(config, sets or (), out), as_json)


@paper_app.command("replay")
def paper_replay(
    context: typer.Context,
    config: Config,
    sets: Sets = None,
    out: Out = None,
    journal: Annotated[
        Path | None,
        typer.Option("--journal", metavar="DIR", help="Keep each bar there; the same folder resumes."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Trade history bar by bar, as if it came in live."""
    from fxlab.cli.paper import run

    _tell(context, run(config, sets or (), out, journal), as_json)


@app.command()
def report(
    context: typer.Context,
    run_dir: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The page; RUN/report.html unless given.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a run's report: one self-contained HTML page."""
    from fxlab.cli.report import run

    _tell(context, run(run_dir, out), as_json)


@app.command()
def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Versions, backends, GPU, sample data: what works here."""
    from fxlab.cli.doctor import run

    answer: Any = run()
    _tell(context, answer, as_json)
