"""`fxlab train`: a forecaster or an agent, as the config's kind says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fxlab.cli.learning import learn, split
from fxlab.cli.output import Answer, figures_table, progress
from fxlab.cli.runs import new_run
from fxlab.config import load_config


def run(path: Path, sets: Sequence[str], out: Path | None) -> Answer:
    """Learn on the first part of the data and keep what was learned in a run folder."""
    config = load_config(path, ("forecaster", "dqn"), sets)
    bars = config.data.load()
    train, test = split(config, len(bars))
    with new_run("train", config, out) as kept:
        with progress("Training") as advance:
            learned = learn(config, bars, advance)
        learned.save(kept.folder, config)
        kept.write_metrics(learned.metrics)
        kept.provenance |= {
            "data": bars.checksum,
            "notes": list(bars.notes),
            "training span": [bars.index[train.start], bars.index[train.stop - 1]],
            "test span": [bars.index[test.start], bars.index[test.stop - 1]],
        }
    data = {"run": kept.directory, "metrics": learned.metrics, "test_span": kept.provenance["test span"]}
    last = f"Run: {kept.directory}  (judge it: fxlab evaluate {kept.directory})"
    return Answer(data, (figures_table(learned.metrics), last))
