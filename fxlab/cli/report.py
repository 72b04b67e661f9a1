"""`fxlab report`: the page of a finished run."""

from __future__ import annotations

from pathlib import Path

from fxlab.cli.output import Answer
from fxlab.cli.runs import is_run
from fxlab.config import ConfigError
from fxlab.data import DataError
from fxlab.execution import Result


def run(directory: Path, out: Path | None) -> Answer:
    """Write report.html from the result, or the results, that a run kept.

    Raises:
        ConfigError: not a run's folder, or a run without results such as a training.
    """
    if not directory.is_dir():
        raise ConfigError(f"{directory} is not a folder; give the folder of a run, such as one in runs/")
    page = directory / "report.html" if out is None else out
    results = saved_results(directory)
    if not results:
        told = (
            "was trained and not yet traded; run fxlab evaluate on it"
            if is_run(directory)
            else "holds no result"
        )
        raise ConfigError(f"{directory} {told}")
    page.parent.mkdir(parents=True, exist_ok=True)
    if len(results) == 1:
        next(iter(results.values())).report(page)
    else:
        from fxlab.report import write_comparison

        write_comparison(results, page, title=f"fxlab: {directory.name}")
    return Answer({"report": page, "results": list(results)}, (f"Report: {page}",))


def saved_results(directory: Path) -> dict[str, Result]:
    """Results of a folder by the name of what ran: `result`, or every folder in `results`."""
    folders = [directory / "result"] if (directory / "result").is_dir() else []
    if (directory / "results").is_dir():
        folders += sorted(one for one in (directory / "results").iterdir() if one.is_dir())
    results = {}
    for folder in folders:
        result = Result.load(folder)
        if result.name in results:
            raise DataError(f"{directory} holds two results of {result.name}; remove one")
        results[result.name] = result
    return results
