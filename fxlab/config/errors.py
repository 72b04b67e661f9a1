"""The one error of this room, and the hint that goes with an unknown name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ConfigError(ValueError):
    """Raised for every fault of a config file: where it is, what was found, what to do; one line."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """'; did you mean gamma?', or the names there are when none is near.

    >>> did_you_mean("gama", ["gamma", "seed"])
    '; did you mean gamma?'
    >>> did_you_mean("x", ["gamma", "seed"])
    '; there are gamma, seed'
    """
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; there are {', '.join(names)}" if names else "; it takes none"
