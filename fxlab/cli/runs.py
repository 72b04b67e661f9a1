"""Run folders: the config as resolved, what came of it, and where it came from; whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fxlab import __version__
from fxlab.cli.output import plain
from fxlab.config import ConfigError, dump_config

CONFIG, METRICS, PROVENANCE = "config.yaml", "metrics.json", "provenance.json"
PACKAGES = (
    "numpy",
    "pandas",
    "numba",
    "pyarrow",
    "scikit-learn",
    "keras",
    "tensorflow",
    "torch",
    "gymnasium",
    "stable-baselines3",
)


@dataclass
class Run:
    """A run being written.

    Attributes:
        folder: where files go while it lasts; it becomes `directory` when all is there.
        directory: where the run will be found.
        provenance: facts to keep besides those every run has, such as the data's checksum.
    """

    folder: Path
    directory: Path
    provenance: dict[str, Any] = field(default_factory=dict)

    def write_metrics(self, metrics: Mapping[str, Any]) -> None:
        """metrics.json, for machines."""
        _write_json(self.folder / METRICS, metrics)


@contextlib.contextmanager
def new_run(command: str, config: Any, out: Path | None) -> Iterator[Run]:
    """A folder for the outcome of a command, with config.yaml and, at the end, provenance.json.

    Args:
        out: the folder; an earlier run in it is replaced. None makes runs/<command>-<name>-<UTC time>.

    Raises:
        ConfigError: `out` exists and is not a run.
    """
    began = datetime.now(UTC)
    directory = (
        _unused(Path("runs") / f"{command}-{config.name}-{began:%Y%m%dT%H%M%SZ}") if out is None else out
    )
    if directory.exists() and not is_run(directory) and not _is_empty(directory):
        raise ConfigError(f"--out {directory} exists and is not a run's folder; choose another or remove it")
    staging = directory.parent / f".{directory.name}.{uuid.uuid4().hex[:8]}.new"
    staging.mkdir(parents=True)
    try:
        run = Run(staging, directory)
        (staging / CONFIG).write_text(dump_config(config), encoding="utf-8")
        yield run
        facts = _facts(command, config, began) | run.provenance
        _write_json(staging / PROVENANCE, facts)
        _replace(directory, staging)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def is_run(directory: Path) -> bool:
    """Whether a folder is that of a finished run."""
    return (directory / CONFIG).is_file() and (directory / PROVENANCE).is_file()


def read_provenance(directory: Path) -> dict[str, Any]:
    """What provenance.json says; ConfigError when it cannot be read."""
    try:
        content = json.loads((directory / PROVENANCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ConfigError(f"{directory / PROVENANCE} is missing or damaged; run the command again") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{directory / PROVENANCE} is missing or damaged; run the command again")
    return content


def package_versions() -> dict[str, str | None]:
    """Versions of what results depend on, None where not installed; imports none of them."""
    return {name: _version(name) for name in PACKAGES}


def _facts(command: str, config: Any, began: datetime) -> dict[str, Any]:
    strategy = getattr(config, "strategy", None)
    facts: dict[str, Any] = {
        "command": command,
        "name": config.name,
        "began": f"{began:%Y-%m-%dT%H:%M:%SZ}",
        "seconds": round((datetime.now(UTC) - began).total_seconds(), 1),
        "fxlab": __version__,
        "git": _git_commit(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": package_versions(),
    }
    if strategy is not None:
        file = Path(strategy.path.rpartition(":")[0])
        facts["strategy"] = {"path": strategy.path, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    return facts


def _git_commit() -> dict[str, Any] | None:
    """Commit of the working folder and whether tracked files differ from it; None outside a repository."""

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ("git", *arguments),
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
            stdin=subprocess.DEVNULL,
        )
        return done.stdout.strip()

    try:
        return {
            "commit": git("rev-parse", "HEAD"),
            "changed": bool(git("status", "--porcelain", "--untracked-files=no")),
        }
    except (OSError, subprocess.SubprocessError):
        return None


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(plain(content), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _unused(directory: Path) -> Path:
    """The folder itself, or with -2, -3 … behind when runs start within one second."""
    number, candidate = 1, directory
    while candidate.exists():
        number += 1
        candidate = directory.with_name(f"{directory.name}-{number}")
    return candidate


def _is_empty(directory: Path) -> bool:
    return directory.is_dir() and not any(directory.iterdir())


def _replace(directory: Path, staging: Path) -> None:
    if directory.exists():
        old = directory.parent / f".{directory.name}.{uuid.uuid4().hex[:8]}.old"
        os.replace(directory, old)
        os.replace(staging, directory)
        shutil.rmtree(old)
    else:
        os.replace(staging, directory)
