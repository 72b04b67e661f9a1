"""Small pure functions that write HTML: everything that is not `Html` is escaped on its way in.

The page asks nothing of any server: plotly's script is inlined once, and a content security policy forbids the
browser to load anything from elsewhere.
"""

from __future__ import annotations

import html
import os
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fxlab.report.wording import told

# Inline scripts and styles only: no address may be loaded, even by a text that slipped through unescaped.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
    "font-src data:; base-uri 'none'; form-action 'none'"
)

STYLE = """
:root { color-scheme: light; --ink: #1d1d1f; --soft: #5c5c63; --line: #dddde1; --wash: #f5f6f8; --mark: #0072B2; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: #fff; line-height: 1.5;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main, header, footer, nav { max-width: 1180px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 32px; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 44px 0 8px; padding-top: 10px; border-top: 1px solid var(--line); }
h3 { font-size: 1.02rem; margin: 20px 0 4px; }
p { max-width: 76ch; margin: 8px 0; overflow-wrap: anywhere; }
.subtitle, figcaption, footer, .note { color: var(--soft); font-size: .92rem; }
.verdict { border-left: 5px solid var(--mark); background: var(--wash); padding: 12px 18px; margin: 18px 0 8px; }
.verdict p:first-child { font-size: 1.15rem; font-weight: 600; max-width: 90ch; }
.verdict ul { margin: 8px 0 4px; padding-left: 20px; font-size: .95rem; } .verdict li { max-width: 100ch; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; padding: 0; margin: 14px 0 0;
  font-size: .92rem; }
a { color: var(--mark); }
figure { margin: 8px 0 18px; overflow-x: clip; } figcaption { max-width: 120ch; margin-bottom: 2px; }
.scroll { overflow: auto; border: 1px solid var(--line); margin: 8px 0 14px;
  width: fit-content; max-width: 100%; }
.scroll.long { max-height: 30rem; } .scroll:focus-visible { outline: 2px solid var(--mark); }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 10px; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
td.n, th.n { text-align: right; } td.n, td.t { white-space: nowrap; }
td:not(.n, .t) { min-width: 7ch; max-width: 70ch; overflow-wrap: break-word; }
thead th { position: sticky; top: 0; background: var(--wash); z-index: 1; vertical-align: bottom; }
tbody th { font-weight: 600; max-width: 40ch; overflow-wrap: break-word; }
tbody tr:last-child > * { border-bottom: 0; }
tr.marked > * { background: #fff7e6; }
details { margin: 8px 0; } summary { cursor: pointer; font-weight: 600; }
footer { margin-top: 48px; padding-top: 14px; padding-bottom: 40px; border-top: 1px solid var(--line); }
@media (max-width: 640px) { main, header, footer, nav { padding-left: 14px; padding-right: 14px; }
  h1 { font-size: 1.35rem; }
  th, td { padding: 4px 8px; } }
@media (min-width: 641px) { tbody th { white-space: nowrap; max-width: none; } }
@media print { nav { display: none; } .scroll, .scroll.long { max-height: none; overflow: visible; border: 0; }
  h2, h3 { break-after: avoid; } figure, tr { break-inside: avoid; } body { font-size: 11pt; }
  thead th { position: static; } }
"""


LONG_TABLE = 60
"""Rows above which a table scrolls in a box of its own height."""


class Html(str):
    """Text that is HTML already and goes into the page as it is. Only mark what you wrote yourself."""

    __slots__ = ()


def escaped(value: Any) -> Html:
    """A value as HTML text; `Html` passes."""
    return value if isinstance(value, Html) else Html(html.escape(str(value)))


def paragraph(text: Any, cls: str = "") -> Html:
    """A paragraph for each part between blank lines."""
    tag = f'<p class="{cls}">' if cls else "<p>"
    if isinstance(text, Html):
        return Html(f"{tag}{text}</p>")
    return Html(
        "".join(f"{tag}{escaped(part.strip())}</p>" for part in str(text).split("\n\n") if part.strip())
    )


def bullets(lines: Iterable[Any]) -> Html:
    """A list, or nothing for no lines."""
    items = "".join(f"<li>{escaped(line)}</li>" for line in lines)
    return Html(f"<ul>{items}</ul>" if items else "")


def table(
    frame: pd.DataFrame,
    caption: str,
    *,
    decimals: Mapping[str, int] | None = None,
    with_index: bool = True,
    marked: Iterable[Any] = (),
    right: bool = False,
) -> Html:
    """A table that scrolls inside its own box on narrow screens; numbers to the right.

    Args:
        caption: what it holds, for screen readers.
        decimals: {column: decimals}; two otherwise.
        with_index: whether the index is the first column, as row headings.
        marked: index values whose rows stand out.
        right: all columns to the right, for numbers that are text already.
    """
    numeric = [right or _is_numeric(frame.iloc[:, j]) for j in range(frame.shape[1])]
    head = [f'<th scope="col">{escaped(frame.index.name or "")}</th>'] if with_index else []
    head += [
        f'<th scope="col"{_right(number)}>{escaped(label)}</th>'
        for label, number in zip(frame.columns, numeric, strict=True)
    ]
    times = [pd.api.types.is_datetime64_any_dtype(kind) for kind in frame.dtypes]
    places = [(decimals or {}).get(str(label)) for label in frame.columns]
    stands_out = set(marked)
    rows = []
    for key, values in zip(frame.index, frame.itertuples(index=False, name=None), strict=True):
        cells = [f'<th scope="row">{escaped(told(key))}</th>'] if with_index else []
        cells += [
            f"<td{_right(number) or _time(times[j])}>{escaped(told(value, places[j]))}</td>"
            for j, (value, number) in enumerate(zip(values, numeric, strict=True))
        ]
        attribute = ' class="marked"' if key in stands_out else ""
        rows.append(f"<tr{attribute}>{''.join(cells)}</tr>")
    size = "scroll long" if len(frame) > LONG_TABLE else "scroll"
    return Html(
        f'<div class="{size}" role="region" tabindex="0" aria-label="{escaped(caption)}"><table>'
        f"<thead><tr>{''.join(head)}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def figure(plot: Any, identity: str, caption: str) -> Html:
    """A plotly figure with its caption; the script itself is the page's (see `page`)."""
    drawn = _with_times_as_numbers(plot).to_html(
        full_html=False,
        include_plotlyjs=False,
        div_id=identity,
        config={"displaylogo": False, "responsive": True, "modeBarButtonsToRemove": ["lasso2d", "select2d"]},
    )
    label = escaped(caption)
    return Html(f'<figure role="group" aria-label="{label}"><figcaption>{label}</figcaption>{drawn}</figure>')


def folded(summary: Any, content: Html, is_open: bool = False) -> Html:
    """Content behind a line that opens it."""
    state = " open" if is_open else ""
    return Html(f"<details{state}><summary>{escaped(summary)}</summary>{content}</details>")


def page(title: str, head: Html, sections: Sequence[tuple[str, Html]], foot: Html) -> str:
    """The whole document.

    Args:
        title: of the browser's tab. head: what stands above the contents. sections: (heading, content) in order.
    """
    from plotly.offline import get_plotlyjs

    contents = "".join(
        f'<li><a href="#section-{n}">{escaped(heading)}</a></li>'
        for n, (heading, _) in enumerate(sections, 1)
    )
    body = "".join(
        f'<section aria-labelledby="section-{n}"><h2 id="section-{n}">{escaped(heading)}</h2>{content}</section>\n'
        for n, (heading, content) in enumerate(sections, 1)
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(title)}</title>\n<style>{STYLE}</style>\n<script>{get_plotlyjs()}</script>\n</head>\n"
        f'<body>\n<header>{head}</header>\n<nav aria-label="Contents"><ul>{contents}</ul></nav>\n'
        f"<main>{body}</main>\n<footer>{foot}</footer>\n</body>\n</html>\n"
    )


def write_whole(path: str | Path, text: str) -> Path:
    """Write a file in one go: a neighbour is filled and then takes its place, so a broken write leaves the old one."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.parent / f".{path.name}.{uuid.uuid4().hex[:8]}.part"
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


def _with_times_as_numbers(plot: Any) -> Any:
    """The figure with times as milliseconds since 1970, which plotly.js reads and which take half the bytes of text."""
    import plotly.graph_objects as go

    light = go.Figure(plot)
    for trace in light.data:
        x = np.asarray(trace.x) if getattr(trace, "x", None) is not None else np.empty(0)
        if np.issubdtype(x.dtype, np.datetime64):
            trace.x = x.astype("datetime64[ms]").astype(np.float64)
    return light


def _right(number: bool) -> str:
    return ' class="n"' if number else ""


def _time(is_time: bool) -> str:
    return ' class="t"' if is_time else ""


def _is_numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
