"""What a strategy and a policy are: a function of bars, or something that decides bar by bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from fxlab.market import Bars

Strategy = Callable[..., Any]  # strategy(bars, **params) -> DataFrame | Series | ndarray | Targets


class View(Protocol):
    """What a Policy sees at the close of a bar: the past and its account, nothing later."""

    @property
    def bars(self) -> Bars:
        """Closed bars so far, the last of them the one just closed."""

    @property
    def time(self) -> pd.Timestamp:
        """When the last bar became known, UTC."""

    @property
    def equity(self) -> float:
        """Balance and open profit, in account currency."""

    @property
    def free_margin(self) -> float:
        """Equity less used margin, in account currency."""

    @property
    def lots(self) -> dict[str, float]:
        """Signed lots held, by symbol."""

    @property
    def targets(self) -> dict[str, float]:
        """Last requested target of each symbol; it differs from the position once a target is spent."""

    @property
    def exposure(self) -> dict[str, float]:
        """Signed notional at the mid close as a multiple of equity, by symbol."""

    @property
    def unrealised(self) -> float:
        """Open profit as a fraction of the balance."""

    @property
    def state(self) -> np.ndarray:
        """(2 × symbols + 1,) float64: last requested target and exposure of each pair, then `unrealised`."""

    def features(self, pipeline: Any) -> np.ndarray:
        """(rows, columns) of a fitted pipeline for the closed bars; the driver computes them once a run."""


@runtime_checkable
class Policy(Protocol):
    """A stateful strategy. `decide` returns one row of targets, {symbol: exposure} or Targets of scalars."""

    def reset(self) -> None:
        """Forget everything; a run begins."""

    def decide(self, view: View) -> Any:
        """Targets after the bar just closed; an omitted symbol keeps its target."""
