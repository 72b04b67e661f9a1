"""Plain data into dataclasses, by their type hints: every fault told with its path, what was found and expected."""

from __future__ import annotations

import dataclasses
import inspect
import sys
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin

from fxlab.config.errors import ConfigError, did_you_mean

_PLAIN = {bool: "true or false", int: "a whole number", float: "a number", str: "text", type(None): "nothing"}


def read_value(value: Any, hint: Any, where: str) -> Any:
    """`value` as the type `hint` says; lists become tuples where a tuple is asked for, nothing else is converted.

    Args:
        value: what YAML held.
        hint: a dataclass, bool, int, float, str, None, Any, Literal, tuple, Sequence, Mapping or a union of them.
        where: dotted path for messages.

    Raises:
        ConfigError: naming the path, what was found, and what was expected.
    """
    if hint is Any:
        return value
    if dataclasses.is_dataclass(hint):
        return read_dataclass(value, hint, where)
    if hint in _PLAIN:
        return _plain(value, hint, where)
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _union(value, inner, where)
    if origin is Literal:
        if value not in inner:
            hint_text = did_you_mean(str(value), [str(one) for one in inner])
            raise ConfigError(f"{where} is {_found(value)}{hint_text}")
        return value
    if origin is tuple and isinstance(value, (list, tuple)):
        return _tuple(value, inner, hint, where)
    if _is(origin, Mapping) and isinstance(value, Mapping):
        return {key: read_value(one, inner[1], f"{where}.{key}") for key, one in value.items()}
    if _is(origin, Sequence) and origin is not tuple and isinstance(value, (list, tuple)):
        return [read_value(one, inner[0], f"{where}[{i}]") for i, one in enumerate(value)]
    raise ConfigError(f"{where} is {_found(value)}; expected {expected(hint)}")


def read_dataclass(value: Any, cls: Any, where: str) -> Any:
    """An instance of the dataclass `cls` from a mapping of its fields; None stands for no fields.

    Raises:
        ConfigError: unknown or missing fields, values of another type, or values that `cls` itself refuses.
    """
    value = {} if value is None else value
    if not isinstance(value, Mapping):
        raise ConfigError(
            f"{where or cls.__name__} is {_found(value)}; expected the fields of {cls.__name__}"
        )
    fields = {one.name: one for one in dataclasses.fields(cls) if one.init}
    hints = typing.get_type_hints(cls)
    for name in value:
        if name not in fields:
            raise ConfigError(
                f"{_join(where, name)} is not a field of {cls.__name__}{did_you_mean(name, fields)}"
            )
    for name, one in fields.items():
        lacks_default = one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
        if lacks_default and name not in value:
            raise ConfigError(f"{_join(where, name)} is missing; {cls.__name__} needs it")
    given = {name: read_value(one, hints[name], _join(where, name)) for name, one in value.items()}
    try:
        return cls(**given)
    except ConfigError:
        raise
    except (ValueError, TypeError, ImportError) as error:
        raise ConfigError(_placed(str(error), cls, where)) from None


def read_arguments(value: Mapping[str, Any], function: Callable[..., Any], where: str, skip: int = 0) -> None:
    """Check keyword arguments against a function's signature and type hints.

    Args:
        skip: leading parameters that the caller fills, such as `bars`.

    Raises:
        ConfigError: an unknown name, or a value of another type.
    """
    parameters = list(inspect.signature(function).parameters.values())[skip:]
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        return
    names = [one.name for one in parameters if one.kind in (one.KEYWORD_ONLY, one.POSITIONAL_OR_KEYWORD)]
    target = function.__init__ if inspect.isclass(function) else function
    try:
        hints = typing.get_type_hints(target)
    except NameError:  # an annotation that names something imported for type checkers only
        hints = {}
    for name, one in value.items():
        if name not in names:
            called = getattr(function, "__name__", str(function))
            raise ConfigError(f"{where}.{name} is not a parameter of {called}{did_you_mean(name, names)}")
        if _is_readable(hints.get(name, Any)):
            read_value(one, hints.get(name, Any), f"{where}.{name}")


def expected(hint: Any) -> str:
    """A type hint in words."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    if dataclasses.is_dataclass(hint):
        return f"the fields of {getattr(hint, '__name__', hint)}"
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        # nothing goes last: "a number or nothing"
        arms = sorted((one for one in inner if _is_readable(one)), key=lambda one: one is type(None))
        return " or ".join(dict.fromkeys(expected(one) for one in arms))
    if origin is Literal:
        return " or ".join(repr(one) for one in inner)
    if origin is tuple:
        if len(inner) == 2 and inner[1] is Ellipsis:
            return f"a list of {expected(inner[0]).removeprefix('a ')}"
        return f"a list of {len(inner)}: {', '.join(expected(one) for one in inner)}"
    if _is(origin, Mapping):
        return f"a mapping of name to {expected(inner[1])}"
    if _is(origin, Sequence):
        return f"a list of {expected(inner[0]).removeprefix('a ')}"
    return "something" if hint is Any else "nothing that YAML can write"


def _plain(value: Any, hint: Any, where: str) -> Any:
    wrong = ConfigError(f"{where} is {_found(value)}; expected {_PLAIN[hint]}")
    if hint is float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise wrong
        if not abs(value) <= sys.float_info.max:  # nor an integer too large for a float
            raise ConfigError(f"{where} is {_found(value)}; expected a finite number")
        return float(value)
    if hint is int and isinstance(value, bool):
        raise wrong
    if not isinstance(value, hint):
        raise wrong
    return value


def _union(value: Any, arms: tuple[Any, ...], where: str) -> Any:
    complaints: list[ConfigError] = []
    for arm in arms:
        try:
            return read_value(value, arm, where)
        except ConfigError as error:
            complaints.append(error)
    if isinstance(value, (Mapping, list, tuple)):  # the fault lies inside: let the arm of that shape tell it
        for complaint in complaints:
            if not str(complaint).startswith(f"{where} is "):
                raise complaint
    raise ConfigError(f"{where} is {_found(value)}; expected {expected(Union[arms])}")  # noqa: UP007


def _tuple(value: Sequence[Any], inner: tuple[Any, ...], hint: Any, where: str) -> tuple[Any, ...]:
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(read_value(one, inner[0], f"{where}[{i}]") for i, one in enumerate(value))
    if len(value) != len(inner):
        raise ConfigError(f"{where} has {len(value)} entries; expected {expected(hint)}")
    pairs = zip(value, inner, strict=True)
    return tuple(read_value(one, kind, f"{where}[{i}]") for i, (one, kind) in enumerate(pairs))


def _is_readable(hint: Any) -> bool:
    """Whether YAML can write some value of this type: a callable or a DataFrame it cannot."""
    if hint is Any or hint in _PLAIN or dataclasses.is_dataclass(hint):
        return True
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_is_readable(one) for one in inner if one is not type(None))
    return origin is Literal or origin is tuple or _is(origin, Mapping) or _is(origin, Sequence)


def _is(origin: Any, kind: type) -> bool:
    return isinstance(origin, type) and issubclass(origin, kind)


def _found(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, str):
        return f"{value!r} (text)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"


def _join(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _placed(message: str, cls: type, where: str) -> str:
    """A complaint of the dataclass itself, at its path: 'Costs: spread_pips is -1' → 'costs.spread_pips is -1'."""
    for base in cls.__mro__:
        own = f"{base.__name__}: "
        if where and message.startswith(own):
            return f"{where}.{message.removeprefix(own)}"
    return f"{where}: {message}" if where else message
