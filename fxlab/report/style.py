"""How every figure looks: white, one palette that colour-blind readers can tell apart, units on the axes."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from fxlab.execution import Result

# Okabe & Ito (2008), "Color Universal Design"; yellow is left out, it vanishes on white
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#E69F00", "#009E73", "#CC79A7"
SKY, VERMILLION, BLACK, GREY = "#56B4E9", "#D55E00", "#000000", "#767676"
CYCLE = (BLUE, ORANGE, GREEN, PURPLE, VERMILLION, SKY, BLACK)
DASHES = ("solid", "dash", "dot", "dashdot")
GRID, INK = "#E6E6E6", "#222222"

MAX_POINTS = 20_000
"""Points that the lines of one panel share before they are thinned; see `thinned`."""


def new_figure(height: int, *, rows: int = 1, row_heights: list[float] | None = None, **subplots: Any) -> Any:
    """An empty plotly figure in the house style, panels stacked on one x axis.

    Args:
        height: of the whole figure, in pixels; the width follows the page.
    """
    from plotly.subplots import make_subplots

    spacing = min(0.06, 0.3 / rows)
    figure = make_subplots(
        rows=rows,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=spacing,
        row_heights=row_heights,
        **subplots,
    )
    figure.update_layout(
        template="none",
        height=height,
        font={"family": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif", "size": 13, "color": INK},
        paper_bgcolor="white",
        plot_bgcolor="white",
        margin={"l": 76, "r": 20, "t": 40, "b": 52},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "xanchor": "left", "x": 0.0},
        hoverlabel={"namelength": -1},
        bargap=0.35,
    )
    axis = {
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": "#999999",
        "automargin": True,
        "ticks": "outside",
        "title_font_size": 13,
    }
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    return figure


def shown(text: Any) -> str:
    """A name made safe for a figure: plotly reads tags in its texts, so `<` and `&` are written as entities."""
    return html.escape(str(text))


def utc(index: pd.Index) -> np.ndarray:
    """Times as plotly draws them: naive, in UTC (it would drop an offset without a word), to the second."""
    index = pd.DatetimeIndex(index)
    naive = index.tz_convert("UTC").tz_localize(None) if index.tz is not None else index
    return naive.to_numpy().astype("datetime64[s]")


def run_colours(results: Mapping[str, Result]) -> dict[str, tuple[str, str]]:
    """{name: (colour, dash)}: grey dots for a run that never traded, the cycle for the others in their order."""
    styles: dict[str, tuple[str, str]] = {}
    n = 0
    for name, result in results.items():
        if not len(result.fills):
            styles[name] = (GREY, "dot")
            continue
        styles[name] = (CYCLE[n % len(CYCLE)], DASHES[n // len(CYCLE) % len(DASHES)])
        n += 1
    return styles


def thinned(values: np.ndarray, max_points: int) -> np.ndarray:
    """Positions of at most about `max_points` values that keep a line's shape: the lowest and the highest of
    each bucket, the first and the last. A drawdown's trough or a spike is thus never dropped.

    Args:
        values: (n,), NaN allowed. max_points: at least 4.

    Returns:
        (k,) increasing positions; all n when n is no more than `max_points`.

    >>> thinned(np.array([0.0, 5.0, 1.0, 2.0, -9.0, 3.0, 1.0, 0.0]), 6).tolist()
    [0, 1, 4, 5, 7]
    """
    n = len(values)
    if n <= max_points:
        return np.arange(n)
    width = -(-n // max(1, max_points // 2 - 1))
    n_buckets = -(-n // width)
    padded = np.full(n_buckets * width, np.nan)
    padded[:n] = values
    table = padded.reshape(n_buckets, width)
    starts = np.arange(n_buckets) * width
    lowest = starts + np.where(np.isnan(table), np.inf, table).argmin(axis=1)
    highest = starts + np.where(np.isnan(table), -np.inf, table).argmax(axis=1)
    return np.unique(np.concatenate([[0], np.minimum(lowest, n - 1), np.minimum(highest, n - 1), [n - 1]]))


def points_each(n_lines: int) -> int:
    """Points that each of so many lines may have, so that a figure of many runs stays light."""
    return max(2_000, MAX_POINTS // max(1, n_lines))


def as_runs(results: Result | Mapping[str, Result]) -> dict[str, Result]:
    """{name: Result}, of one Result too.

    Raises:
        ValueError: an empty mapping.
    """
    runs = dict(results) if isinstance(results, Mapping) else {results.name: results}
    if not runs:
        raise ValueError("there are no runs to draw; pass a Result or {name: Result}")
    return runs
