"""A config file to its dataclass, with edits from the command line, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fxlab.config.errors import ConfigError, did_you_mean
from fxlab.config.reading import read_dataclass
from fxlab.config.schema import KINDS
from fxlab.config.yaml_text import format_yaml, parse_yaml


def load_config(path: str | Path, kind: str | Sequence[str] | None = None, sets: Sequence[str] = ()) -> Any:
    """The config that a YAML file holds.

    Args:
        path: a file whose first line says its kind, such as `kind: backtest`.
        kind: the kind, or kinds, that the caller can use.
        sets: edits made before anything is checked: "costs.spread_pips=1.2", the value in YAML.

    Returns:
        An instance of one of `KINDS`.

    Raises:
        ConfigError: one line that begins with the path: not a file, not YAML, an unknown kind or field (with the
            nearest name), a value of another type or one that its dataclass refuses.
    """
    try:
        content = edited(_mapping(_text(path)), sets)
        return _built(content, (kind,) if isinstance(kind, str) else kind)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def dump_config(config: Any) -> str:
    """A config as YAML with every field written out; `load_config` reads it back equal.

    Raises:
        TypeError: not an instance of one of `KINDS`.
        ConfigError: a value that YAML cannot write, such as a DataFrame of rates.
    """
    for kind, cls in KINDS.items():
        if type(config) is cls:
            return format_yaml({"kind": kind, **_plain(config, "")})
    raise TypeError(f"{type(config).__name__} is not a config; give one of {', '.join(_class_names())}")


def edited(content: dict[str, Any], sets: Sequence[str]) -> dict[str, Any]:
    """`content` with each "a.b=value" put in its place; sections that are missing are made.

    Raises:
        ConfigError: not of that form, or a path through something that is not a section.
    """
    for edit in sets:
        where, equals, text = edit.partition("=")
        names = where.strip().split(".")
        if not (equals and all(names)):
            raise ConfigError(f"--set {edit!r}; write path=value, such as costs.spread_pips=1.2")
        try:
            value = parse_yaml(text)
        except ConfigError as error:
            raise ConfigError(f"--set {edit!r}: {error}") from None
        content = _with(content, names, value, edit)
    return content


def _with(content: Mapping[str, Any], names: Sequence[str], value: Any, edit: str) -> dict[str, Any]:
    first, *rest = names
    if rest:
        section = content.get(first)
        section = {} if section is None else section
        if not isinstance(section, Mapping):
            raise ConfigError(f"--set {edit!r}: {first} is not a section; set it as a whole")
        value = _with(section, rest, value, edit)
    return {**content, first: value}


def _text(path: str | Path) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError("no such file; check the path") from None
    except UnicodeDecodeError:
        raise ConfigError("not text in UTF-8; give a YAML file") from None
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror}); give a YAML file") from None


def _mapping(text: str) -> dict[str, Any]:
    content = parse_yaml(text)
    if not isinstance(content, dict):
        raise ConfigError("holds no settings; begin with a line such as kind: backtest")
    return content


def _built(content: dict[str, Any], wanted: Sequence[str] | None) -> Any:
    kind = content.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        said = "kind is missing" if "kind" not in content else f"kind is {kind!r}"
        raise ConfigError(f"{said}{did_you_mean(str(kind), KINDS)}")
    if wanted is not None and kind not in wanted:
        raise ConfigError(f"kind is {kind}, and this command reads {' or '.join(wanted)}; {_command(kind)}")
    return read_dataclass({name: one for name, one in content.items() if name != "kind"}, KINDS[kind], "")


def _command(kind: str) -> str:
    commands = {"backtest": "fxlab backtest", "paper": "fxlab paper replay"}
    return f"try {commands.get(kind, 'fxlab train')}"


def _plain(value: Any, where: str) -> Any:
    """Dataclasses, tuples and mappings as what YAML holds; a None that is the field's default is left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [
            (one.name, getattr(value, one.name), one.default is None) for one in dataclasses.fields(value)
        ]
        return {
            name: _plain(one, f"{where}.{name}" if where else name)
            for name, one, may_be_left_out in fields
            if not (one is None and may_be_left_out)
        }
    if isinstance(value, Mapping):
        return {str(name): _plain(one, f"{where}.{name}") for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one, f"{where}[{i}]") for i, one in enumerate(value)]
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise ConfigError(
        f"{where} is a {type(value).__name__}, which YAML cannot write; leave it out of the config"
    )


def _class_names() -> list[str]:
    return [cls.__name__ for cls in KINDS.values()]
