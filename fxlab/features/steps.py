"""One step of a pipeline: a name, a feature function and its parameters, in every spelling users write."""

from __future__ import annotations

import difflib
import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from fxlab.features.catalogue import FEATURES
from fxlab.market import Bars


@dataclass(frozen=True)
class Step:
    """A feature under a name of its own.

    Args:
        name: prefix (or whole) of its column names.
        function: `bars, **parameters → Series, DataFrame or array`, one row a bar.
        parameters: keyword arguments for the function, checked against its signature here.

    Raises:
        TypeError: the function cannot be called.
        ValueError: it has no such parameter (with the nearest name).
    """

    name: str
    function: Callable[..., Any]
    parameters: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise TypeError(
                f"step {self.name}: {self.function!r} is not a function; give one or a name in FEATURES"
            )
        try:
            known = inspect.signature(self.function).parameters
        except (TypeError, ValueError):  # some builtins have no signature; the call itself will tell
            return
        if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in known.values()):
            return
        for name in self.parameters:
            if name not in list(known)[1:]:
                raise ValueError(
                    f"step {self.name} has no parameter {name}{_did_you_mean(name, list(known)[1:])}"
                )

    @property
    def is_custom(self) -> bool:
        """Whether the function is the user's own, not one of FEATURES."""
        return not any(self.function is one for one in FEATURES.values())

    def columns(self, bars: Bars) -> pd.DataFrame:
        """The step's columns, named; ValueError when it does not give one row a bar on bars.index."""
        result = self.function(bars, **self.parameters)
        if isinstance(result, pd.Series):
            frame = result.to_frame(self.name)
        elif isinstance(result, pd.DataFrame):
            frame = result.set_axis([f"{self.name}_{column}" for column in result.columns], axis=1)
        else:
            array = np.asarray(result)
            if array.shape != (len(bars),):
                raise ValueError(
                    f"feature {self.name} returned {_describe(result)}; "
                    f"return one value or row a bar ({len(bars):,})"
                )
            frame = pd.DataFrame({self.name: array}, index=bars.index)
        if len(frame) != len(bars) or not frame.index.equals(bars.index):
            raise ValueError(
                f"feature {self.name} returned {len(frame):,} rows on another index for {len(bars):,} bars; "
                "index it by bars.index"
            )
        try:
            return frame.astype(np.float64)
        except (TypeError, ValueError):
            raise ValueError(
                f"feature {self.name} holds something that is not a number; return numbers"
            ) from None

    def settings(self) -> dict[str, Any]:
        """JSON-ready description; ValueError when a parameter cannot be written as JSON."""
        try:
            parameters = json.loads(json.dumps(self.parameters, allow_nan=False))
        except (TypeError, ValueError):
            raise ValueError(
                f"step {self.name}: parameters {self.parameters!r} cannot be saved; use numbers, text, lists "
                "and mappings, and bind anything else into the function"
            ) from None
        return {
            "name": self.name,
            "function": _title(self.function),
            "custom": self.is_custom,
            "parameters": parameters,
        }


def read_steps(steps: Iterable[Any] | Mapping[str, Any]) -> tuple[Step, ...]:
    """Steps from every spelling `FeaturePipeline` documents.

    Raises:
        TypeError: something that is no step.
        ValueError: none at all, one name twice, an unknown feature or parameter.
    """
    if isinstance(steps, str) or callable(steps):
        steps = [steps]
    if isinstance(steps, Mapping):
        steps = [{name: parameters} for name, parameters in steps.items()]
    found = tuple(one for step in steps for one in _read(step))
    if not found:
        raise ValueError("a pipeline needs at least one step; give a list such as ['log_return', 'rsi']")
    names = [step.name for step in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(
            f"two steps are called {twice}; name one of them apart, as in ('{twice}_slow', '{twice}', {{…}})"
        )
    return found


def _read(step: Any) -> list[Step]:
    if isinstance(step, Step):
        return [step]
    if isinstance(step, str):
        return [Step(step, _function(step))]
    if isinstance(step, Mapping):
        return [Step(str(name), _function(name), _parameters(name, value)) for name, value in step.items()]
    if callable(step):
        return [Step(_title(step).rpartition(":")[2].rpartition(".")[2], step)]
    if isinstance(step, (tuple, list)) and 2 <= len(step) <= 3 and isinstance(step[0], str):
        name, second = step[0], step[1]
        if len(step) == 2 and (second is None or isinstance(second, Mapping)):
            return [Step(name, _function(name), _parameters(name, second))]
        function = _function(second) if isinstance(second, str) else second
        return [Step(name, function, _parameters(name, step[2] if len(step) == 3 else None))]
    raise TypeError(
        f"{step!r} is not a feature step; write 'rsi', {{'rsi': {{'period': 14}}}} or "
        "(name, function, parameters)"
    )


def _function(name: object) -> Callable[..., Any]:
    if name not in FEATURES:
        raise ValueError(f"{name} is not a feature{_did_you_mean(str(name), list(FEATURES))}")
    return FEATURES[str(name)]


def _parameters(name: object, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise TypeError(f"step {name}: parameters are {value!r}; give a mapping such as {{'period': 14}}")
    return dict(value)


def _did_you_mean(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; there is {', '.join(known)}" if known else "; it takes none"


def _title(function: Callable[..., Any]) -> str:
    """Name in FEATURES, else module:qualified name, for people to read."""
    for name, one in FEATURES.items():
        if one is function:
            return name
    kind = type(function)
    name = getattr(function, "__qualname__", kind.__qualname__)
    return f"{getattr(function, '__module__', None) or kind.__module__}:{name}"


def _describe(result: Any) -> str:
    shape = getattr(result, "shape", None)
    return f"an array of shape {shape}" if shape is not None else f"a {type(result).__name__}"
