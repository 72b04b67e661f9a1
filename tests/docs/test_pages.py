"""Every page of docs/ and the README does what it says: snippets run in order, `fxlab` commands succeed.

A page's python blocks share one namespace and its working folder holds a copy of configs/ and strategies/. A text
block right after a python block is what that block prints (… matches anything). In console blocks each line that
begins with `fxlab` is run; a line may go on after a backslash. A page with the comment `<!-- slow -->` trains
something.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from fxlab.cli import main

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted(path for path in (ROOT / "docs").rglob("*.md") if "decisions" not in path.parts),
]
FENCE = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
LIKE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, text, first line, and the text block right behind it."""

    language: str
    text: str
    line: int
    shows: str | None = None


def blocks(page: str) -> list[Block]:
    found = list(FENCE.finditer(page))
    out = []
    for this, following in zip(found, [*found[1:], None], strict=False):
        shows = None
        if following and following[1] == "text" and not page[this.end() : following.start()].strip():
            shows = following[2]
        out.append(Block(this[1], this[2], page[: this.start()].count("\n") + 2, shows))
    return out


def commands(text: str) -> list[list[str]]:
    """Arguments of each line that begins with fxlab; comments and other lines are left out."""
    lines = text.replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True)[1:] for line in lines if line.split()[:1] == ["fxlab"]]


def marked(path: Path) -> object:
    is_slow = "<!-- slow -->" in path.read_text(encoding="utf-8")
    name = str(path.relative_to(ROOT))
    return pytest.param(path, id=name, marks=[pytest.mark.slow] if is_slow else [])


@pytest.mark.parametrize("path", [marked(path) for path in PAGES])
def test_what_a_page_shows_works(path, tmp_path, monkeypatch, capsys):
    for name in ("configs", "strategies"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "page"}
    for block in blocks(path.read_text(encoding="utf-8")):
        if block.language == "python":
            printed = io.StringIO()
            # a snippet is code of this repository, run as its page shows it
            code = compile("\n" * (block.line - 1) + block.text, str(path), "exec")
            with contextlib.redirect_stdout(printed):
                exec(code, names)  # noqa: S102
            if block.shows is not None:
                like = doctest.OutputChecker().check_output(block.shows, printed.getvalue(), LIKE)
                assert like, f"{path}:{block.line} prints\n{printed.getvalue()}"
        elif block.language == "console":
            for command in commands(block.text):
                code_ = main(command)
                told = capsys.readouterr()
                assert code_ == 0, f"{path}:{block.line} fxlab {' '.join(command)}\n{told.err}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_page_links_to_is_there(path):
    page = FENCE.sub("", path.read_text(encoding="utf-8"))
    for target in LINK.findall(page):
        if not target.startswith(("http", "#", "mailto:")):
            file = (path.parent / target.partition("#")[0]).resolve()
            assert file.exists(), f"{path.relative_to(ROOT)} links to {target}"


def test_every_page_is_reached_from_the_index():
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    linked = {(ROOT / "docs" / target.partition("#")[0]).resolve() for target in LINK.findall(index)}
    pages = {path for path in PAGES if path.parent != ROOT and path.name != "index.md"}
    assert pages <= linked, pages - linked


def test_code_is_fenced_as_something_that_is_run():
    for path in PAGES:
        if path.name == "README.md":  # its installation lines are run by the continuous integration itself
            continue
        for block in blocks(path.read_text(encoding="utf-8")):
            assert block.language in ("python", "console", "text", "yaml"), f"{path}:{block.line}"


def test_blocks_and_commands_are_found_where_they_stand():
    page = "a\n```python\nprint(1)\n```\n\n```text\n1\n```\n```console\nfxlab a \\\n  b  # c\nmake x\n```\n"
    found = blocks(page)
    assert [(one.language, one.line, one.shows) for one in found] == [
        ("python", 3, "1\n"),
        ("text", 7, None),
        ("console", 10, None),
    ]
    assert commands(found[2].text) == [["a", "b"]]


# ------------------------------------------------------------------------- references that list everything


def test_the_reference_of_commands_names_every_command_and_option():
    import typer

    page = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
    from fxlab.cli.app import app

    def walk(command: object, path: str) -> None:
        for name, one in getattr(command, "commands", {}).items():
            walk(one, f"{path} {name}")
        if not hasattr(command, "commands"):
            assert f"`{path}" in page, path
            for parameter in command.params:  # type: ignore[attr-defined]
                for option in parameter.opts:
                    assert not option.startswith("--") or option == "--help" or f"`{option}" in page, option

    walk(typer.main.get_command(app), "fxlab")


def test_the_reference_of_figures_names_every_figure_of_a_run():
    import fxlab as fx

    page = (ROOT / "docs/reference/statistics.md").read_text(encoding="utf-8")
    told = {line.split("|")[1].strip().strip("`") for line in page.splitlines() if line.startswith("| `")}
    bars = fx.load_bars("EURUSD", start="2017-03", end="2017-03")
    close = bars.close["EURUSD"]
    targets = (close > close.rolling(24).mean()).astype(float)
    figures = {str(label).replace("USD", "currency") for label in fx.backtest(targets, bars).stats().index}
    assert told == figures
