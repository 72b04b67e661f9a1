"""What a command says: a table for people, or JSON for machines, never both."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

WIDTH = 110  # of tables in files and pipes, where there is no terminal to ask


@dataclass(frozen=True)
class Answer:
    """Outcome of a command.

    Attributes:
        data: JSON-able once `plain` has been through it.
        parts: what people see, in order: text, rich tables.
    """

    data: Mapping[str, Any]
    parts: tuple[Any, ...] = ()


def tell(answer: Answer, as_json: bool) -> None:
    """Print an answer on standard output."""
    if as_json:
        print(json.dumps(plain(answer.data), indent=2, ensure_ascii=False, allow_nan=False))
        return
    from rich.console import Console

    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    for part in answer.parts:
        # sentences and paths are never cut or wrapped: they get copied
        console.print(part, markup=False, highlight=False, soft_wrap=isinstance(part, str))


def figures_table(figures: Mapping[str, Any], title: str | None = None) -> Any:
    """A rich table of labels and values."""
    from rich.table import Table

    from fxlab.report.wording import told

    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", overflow="fold")
    for label, value in figures.items():
        table.add_row(str(label), told(value))
    return table


def frame_table(frame: Any, index_name: str = "", title: str | None = None, turned: bool = False) -> Any:
    """A rich table of a DataFrame, numbers to the right; `turned` gives a line to each column instead of each row."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from fxlab.report.wording import told

    table = Table(title=title, title_justify="left", header_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    # column by column, as a row of whole and broken numbers would make floats of all of them
    told_by = {str(column): [told(value) for value in frame[column]] for column in frame.columns}
    names = [str(name) for name in frame.index]
    table.add_column(index_name)
    if turned:
        for name in names:
            table.add_column(name, justify="right")
        for column, cells in told_by.items():
            table.add_row(column, *cells)
        return table
    for column in frame.columns:
        table.add_column(str(column), justify="right" if frame[column].dtype.kind in "if" else "left")
    for name, *row in zip(names, *told_by.values(), strict=True):
        table.add_row(name, *row)
    return table


def plain(value: Any) -> Any:
    """A value as JSON has it: numbers that are not finite become null, times and paths text."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:  # a numpy scalar
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    text = str(value)
    return None if text == "NaT" else text


@contextmanager
def progress(name: str) -> Iterator[Any]:
    """A function of the share done that moves a bar on standard error; on a terminal only."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    screen = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task(name, total=1.0)
        yield lambda share: bar.update(task, completed=share)
