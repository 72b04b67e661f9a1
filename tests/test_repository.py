"""The repository's own promises: layers, lint, licence, pins, and what may be committed."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ANY_ADDRESS = re.compile(r"\bhttps?" + "://")
# spelled in pieces, so that this file does not hold what it forbids
REGISTRIES = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in (
            ("pypi", "org"),
            ("files", "pythonhosted"),
            ("download", "pytorch"),
            ("pypi", "nvidia"),
            ("conda", "anaconda", "org"),
            ("repo", "anaconda"),
            ("registry", "npmjs"),
        )
    )
)
MAY_RUN_CODE = {"pickle", "cloudpickle", "dill", "shelve", "marshal"}
SAFE_IN_JOBLIB = {"Parallel", "cpu_count", "delayed"}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False
    )


def assert_succeeds(*arguments: str) -> None:
    done = run(*arguments)
    assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout}{done.stderr}"


def committed_files() -> list[Path]:
    """Files tracked by git; in a source archive, which has no history, the test is skipped."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = run("git", "ls-files", "-z")
    assert listed.returncode == 0, listed.stderr
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def imports(source: str) -> set[str]:
    """Dotted names that a module's source imports, wherever in it: `a`, `a.b`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def forbidden_imports(source: str) -> set[str]:
    return {
        name
        for name in imports(source)
        if name.split(".")[0] in MAY_RUN_CODE
        or (name.split(".")[0] == "joblib" and name.removeprefix("joblib.") not in SAFE_IN_JOBLIB)
    }


# ------------------------------------------------------------------------------------------------ code


def test_rooms_import_only_earlier_rooms():
    assert_succeeds(
        sys.executable,
        "-c",
        "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))",
    )


def test_code_is_formatted():
    assert_succeeds(sys.executable, "-m", "ruff", "format", "--check", "--no-cache", ".")


def test_code_passes_the_linter():
    assert_succeeds(sys.executable, "-m", "ruff", "check", "--no-cache", ".")


def test_nothing_in_fxlab_imports_pickle_or_its_kin():
    found = {
        str(path.relative_to(ROOT)): names
        for path in sorted((ROOT / "fxlab").rglob("*.py"))
        if (names := forbidden_imports(path.read_text(encoding="utf-8")))
    }
    assert not found, f"loading these formats runs code: {found}"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import pickle", {"pickle"}),
        ("def f():\n    from dill import load", {"dill.load"}),
        ("import joblib", {"joblib"}),
        ("from joblib import dump", {"joblib.dump"}),
        ("from joblib import Parallel, delayed", set()),
        ("import json", set()),
    ],
)
def test_a_forbidden_import_is_seen_wherever_it_stands(source, expected):
    assert forbidden_imports(source) == expected


# ------------------------------------------------------------------------------------------- packaging


def test_the_licence_is_mit():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert text.startswith("MIT License\n")
    assert "Permission is hereby granted, free of charge" in text
    assert PROJECT["project"]["license"] == "MIT"


def test_constraints_are_plain_exact_versions():
    lines = [
        line
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    odd = [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", line)]
    assert lines
    assert not odd, f"neither addresses, local files nor +local versions: {odd}"


def test_every_direct_dependency_is_pinned_and_credited():
    project = PROJECT["project"]
    requirements = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    names = {canonical(re.split(r"[\[<>=!~; ]", text)[0]) for text in requirements} - {"fxlab"}
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = {canonical(line.split("==")[0]) for line in constraints.splitlines() if "==" in line}
    credited = canonical((ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8"))
    assert names <= pinned, f"add to constraints.txt: {sorted(names - pinned)}"
    missing = sorted(name for name in names if f"| {name} |" not in credited)
    assert not missing, f"add to THIRD_PARTY.md: {missing}"


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_all_is_every_extra_but_gpu_and_dev():
    extras = PROJECT["project"]["optional-dependencies"]
    (everything,) = extras["all"]
    assert everything.startswith("fxlab[")
    named = set(everything.removeprefix("fxlab[").removesuffix("]").split(","))
    assert named == set(extras) - {"all", "gpu", "dev"}


@pytest.mark.parametrize(
    "name", ["pyproject.toml", "constraints.txt", "Makefile", ".ci/run", ".pre-commit-config.yaml"]
)
def test_installing_names_no_address(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not ANY_ADDRESS.search(text)
    assert not re.search(r"--(extra-)?index-url|--find-links|--trusted-host", text)


def test_ci_runs_what_a_contributor_runs():
    script = ROOT / ".ci" / "run"
    assert "make test" in script.read_text(encoding="utf-8")
    assert "set -euo pipefail" in script.read_text(encoding="utf-8")
    assert sys.platform == "win32" or script.stat().st_mode & 0o100, "git update-index --chmod=+x .ci/run"


def test_make_lists_its_targets():
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    done = run("make", "help")
    assert done.returncode == 0, done.stderr
    for target in ("quickstart", "test", "check", "format", "bench", "docs", "clean", "help"):
        assert re.search(rf"^make {target} +\S", done.stdout, re.MULTILINE), (
            f"make help says nothing of {target}"
        )


# -------------------------------------------------------------------------------------------- contents


def test_no_committed_file_names_a_package_registry():
    named = []
    for path in committed_files():
        content = path.read_bytes()
        if b"\0" not in content and REGISTRIES.search(content.decode("utf-8", errors="replace")):
            named.append(str(path.relative_to(ROOT)))
    assert not named


@pytest.mark.parametrize(
    "path", ["runs/quickstart/report.html", "data/cache/bars.parquet", ".venv/bin/python"]
)
def test_git_ignores_what_running_leaves_behind(path):
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    assert run("git", "check-ignore", "--quiet", "--no-index", path).returncode == 0


@pytest.mark.parametrize(
    "path", ["data/README.md", "data/sample/rates.parquet", "fxlab/data/store.py", "tests/data/test_load.py"]
)
def test_git_does_not_ignore_what_belongs_to_the_repository(path):
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    assert run("git", "check-ignore", "--quiet", "--no-index", path).returncode == 1


def test_the_readme_opens_with_the_two_commands():
    first_screen = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:40]
    for command in ("make quickstart", "make test"):
        assert any(command in line for line in first_screen), f"{command} is not in README's first 40 lines"


def test_the_changelog_speaks_of_this_version():
    headings = re.findall(
        r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {"Unreleased", PROJECT["project"]["version"]} & set(headings)


def test_the_data_tells_where_it_comes_from():
    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert "European Central Bank (ECB) euro foreign exchange reference rates" in text
    assert "gym-anytrading" in text


def test_the_sample_stays_small():
    sample = ROOT / "data" / "sample"
    sizes = {path.name: path.stat().st_size for path in committed_files() if path.is_relative_to(sample)}
    assert any(name.endswith(".parquet") for name in sizes), "data/sample holds what load_bars reads offline"
    assert sum(sizes.values()) < 2_000_000, sizes
