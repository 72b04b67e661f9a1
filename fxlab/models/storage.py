"""Models on disk: a manifest in JSON, arrays in npz, a sha256 of both; nothing that could run code.

A folder holds `manifest.json` and, named by its checksum, `weights-<sha256>.npz`. Saving writes the weights
beside the old ones and then replaces the manifest, so that a reader finds the old model or the new one,
never a mixture.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fxlab.models.catalogue import MODELS

if TYPE_CHECKING:
    from fxlab.models.forecaster import Forecaster

FORMAT = 1
MANIFEST = "manifest.json"


def save(model: Forecaster, folder: Path) -> Path:
    """Write a fitted forecaster; see `Forecaster.save`. Returns the manifest's path."""
    numbers, arrays = model._state()
    settings = {
        name: value for name, value in model.get_params(deep=False).items() if name not in model.unsaved
    }
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    weights = buffer.getvalue()
    checksum = hashlib.sha256(weights).hexdigest()
    names = getattr(model, "feature_names_in_", None)
    content: dict[str, Any] = {
        "format": FORMAT,
        "model": _name_of(type(model)),
        "settings": settings,
        "n_features_in": model.n_features_in_,
        "feature_names_in": None if names is None else list(names),
        "n_samples": model.n_samples_,
        "n_dropped": model.n_dropped_,
        "fitted": numbers,
        "files": {f"weights-{checksum[:16]}.npz": checksum},
    }
    try:
        content = json.loads(json.dumps(content, default=_plain, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{type(model).__name__}: a setting cannot be written as JSON ({error})") from None
    text = json.dumps(content | {"checksum": _checksum(content)}, indent=2) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    for name in content["files"]:
        _replace(folder / name, weights)
    _replace(folder / MANIFEST, text.encode())
    for old in folder.glob("weights-*.npz"):
        if old.name not in content["files"]:
            old.unlink()
    return folder / MANIFEST


def load(directory: str | Path) -> Forecaster:
    """The forecaster saved in a directory, of the class that saved it.

    Reads JSON and plain arrays only; names a class from `fx.models.MODELS` and nothing else.

    Raises:
        FileNotFoundError: no manifest there, or a file it names is missing.
        ValueError: a file is damaged (its sha256 differs), of another format, or of an unknown class.
    """
    folder = Path(directory)
    path = folder / MANIFEST
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no saved model here; give the directory save() wrote")
    content = _read_manifest(path)
    if content["model"] not in MODELS:
        raise ValueError(f"{path} holds a {content['model']!r} model; this fxlab knows {', '.join(MODELS)}")
    arrays: dict[str, np.ndarray] = {}
    for name, checksum in content["files"].items():
        arrays |= _read_arrays(folder, name, checksum)
    module, _, name = MODELS[content["model"]].partition(":")
    model: Forecaster = getattr(importlib.import_module(module), name)(**content["settings"])
    model.n_features_in_ = content["n_features_in"]
    if content["feature_names_in"] is not None:
        model.feature_names_in_ = np.array(content["feature_names_in"], dtype=object)
    model.n_dropped_ = content["n_dropped"]
    model._restore(content["fitted"], arrays)
    model.n_samples_ = content["n_samples"]
    return model


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        checksum, found = content.pop("checksum"), content["format"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"{path} is not a saved model or is damaged; save it again") from None
    if found != FORMAT:
        raise ValueError(f"{path} has format {found!r}, this fxlab reads {FORMAT}; fit and save it again")
    if _checksum(content) != checksum:
        raise ValueError(f"{path} was changed after it was saved (its sha256 differs); save it again")
    return content


def _read_arrays(folder: Path, name: str, checksum: str) -> dict[str, np.ndarray]:
    path = folder / name
    if Path(name).name != name:
        raise ValueError(f"{folder / MANIFEST} names a file outside its folder, {name}; save the model again")
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing beside its manifest; save the model again")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != checksum:
        raise ValueError(f"{path} is damaged (its sha256 differs from the manifest's); save the model again")
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


def _name_of(model: type) -> str:
    path = f"{model.__module__}:{model.__qualname__}"
    for name, known in MODELS.items():
        if known == path:
            return name
    raise TypeError(f"{path} is not in fx.models.MODELS, so load() could not find it again; add it there")


def _replace(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_bytes(data)
    os.replace(part, path)


def _checksum(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _plain(value: object) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} is neither a number nor text")
