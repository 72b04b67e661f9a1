"""Columns that many parameter combinations have in common, computed once while a sweep runs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from fxlab.market import Bars

Column = TypeVar("Column", bound=Callable[..., Any])

_memories: dict[int, tuple[Bars, dict[Any, Any]]] = {}  # by id of the bars that a sweep runs on


def shared(function: Column) -> Column:
    """Decorate a function of bars so that `fx.sweep` calls it once for each set of arguments.

    Outside a sweep it is called as ever. Arguments must be hashable, and the value must not be changed by those
    who get it: everyone gets the same one.

    >>> import fxlab as fx
    >>> @fx.strategy.shared
    ... def average(bars, length):
    ...     return bars.close.rolling(length).mean()
    """

    @functools.wraps(function)
    def once(bars: Bars, *args: Any, **kwargs: Any) -> Any:
        memory = _memories.get(id(bars))
        if memory is None:
            return function(bars, *args, **kwargs)
        key = (function, args, tuple(sorted(kwargs.items())))
        if key not in memory[1]:
            memory[1][key] = function(bars, *args, **kwargs)
        return memory[1][key]

    return once  # type: ignore[return-value]


@contextmanager
def remembering(bars: Bars) -> Iterator[None]:
    """While this lasts, `shared` functions of these bars keep what they computed."""
    if id(bars) in _memories:  # a sweep within a sweep shares its memory
        yield
        return
    _memories[id(bars)] = (bars, {})  # holding the bars keeps their id from being given to others
    try:
        yield
    finally:
        del _memories[id(bars)]
