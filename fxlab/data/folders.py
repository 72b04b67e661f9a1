"""Folders written whole or not at all, with a manifest of checksums that tells a flipped byte from a good file."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fxlab.data.errors import DataError

MANIFEST = "manifest.json"


@contextmanager
def whole_folder(directory: str | Path, kind: str, content: dict[str, Any]) -> Iterator[Path]:
    """Write a folder in one go: files go into a neighbour, which takes its place once all of them are there.

    Args:
        directory: the folder; an older one of the same kind is replaced, anything else in the way is refused.
        kind: what the folder holds, e.g. "result"; `read_manifest` asks for it.
        content: JSON-able settings for the manifest, which gets the sha256 of each file as well.

    Yields:
        An empty folder to write into. On an exception it goes and the old folder stays as it was.

    Raises:
        DataError: `directory` exists and is not an earlier folder of this kind.
    """
    directory = Path(directory)
    if directory.exists() and not _may_replace(directory, kind):
        raise DataError(f"{directory} exists and is not a saved {kind}; choose another folder or remove it")
    directory.parent.mkdir(parents=True, exist_ok=True)
    mark = uuid.uuid4().hex[:8]
    staging = directory.parent / f".{directory.name}.{mark}.new"
    staging.mkdir()
    try:
        yield staging
        sums = {path.name: sha256(path) for path in sorted(staging.iterdir())}
        text = json.dumps({"kind": kind, **content, "sha256": sums}, indent=2, sort_keys=True)
        (staging / MANIFEST).write_text(text + "\n", encoding="utf-8")
        if directory.exists():
            old = directory.parent / f".{directory.name}.{mark}.old"
            os.replace(directory, old)
            os.replace(staging, directory)
            shutil.rmtree(old)
        else:
            os.replace(staging, directory)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def read_manifest(directory: str | Path, kind: str) -> dict[str, Any]:
    """The manifest of a folder that `whole_folder` wrote, after every file's checksum was found right.

    Raises:
        DataError: no such folder, no manifest, another kind, a file missing or changed: naming it.
    """
    directory = Path(directory)
    path = directory / MANIFEST
    if not path.is_file():
        raise DataError(f"{directory} holds no saved {kind} ({MANIFEST} is missing)")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        found, sums = manifest["kind"], manifest["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is damaged ({error}); save the {kind} again") from None
    if found != kind:
        raise DataError(f"{directory} holds a saved {found}, not a {kind}")
    for name, expected in sums.items():
        file = directory / name
        if not file.is_file():
            raise DataError(f"{file} is missing; save the {kind} again")
        if sha256(file) != expected:
            raise DataError(
                f"{file} has changed since it was saved (its sha256 differs); save the {kind} again"
            )
    return manifest


def sha256(path: Path) -> str:
    """Checksum of a file's bytes, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _may_replace(directory: Path, kind: str) -> bool:
    if directory.is_dir() and not any(directory.iterdir()):
        return True
    try:
        return json.loads((directory / MANIFEST).read_text(encoding="utf-8"))["kind"] == kind
    except (OSError, ValueError, KeyError, TypeError):
        return False
