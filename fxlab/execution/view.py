"""What a Policy sees of a simulation: closed bars and its account, nothing later."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fxlab.execution.simulation import Simulation
from fxlab.market import Bars


class SimulationView:
    """The `View` of strategy.protocols over a Simulation, always at the bar it last lived through."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._columns: dict[int, tuple[Any, int, np.ndarray]] = {}

    @property
    def bars(self) -> Bars:
        """Closed bars so far."""
        return self._simulation.tape.bars[: self._simulation.i + 1]

    @property
    def time(self) -> pd.Timestamp:
        """When the last bar became known, UTC."""
        return self._simulation.tape.bars.known_at[self._simulation.i]

    @property
    def equity(self) -> float:
        """Balance and open profit, in account currency."""
        return self._simulation.equity

    @property
    def free_margin(self) -> float:
        """Equity less used margin, in account currency."""
        return self._simulation.equity - self._simulation.margin

    @property
    def state(self) -> np.ndarray:
        """(2 × symbols + 1,) target and exposure of each pair, then `unrealised`: what an agent observes."""
        return self._simulation.state

    @property
    def unrealised(self) -> float:
        """Open profit as a fraction of the balance."""
        return float(self._simulation.state[-1])

    @property
    def lots(self) -> dict[str, float]:
        """Signed lots held, by symbol."""
        return self._by_symbol(self._simulation.lots)

    @property
    def exposure(self) -> dict[str, float]:
        """Signed notional at the mid close as a multiple of equity, by symbol."""
        return self._by_symbol(self._simulation.state[1:-1:2])

    @property
    def targets(self) -> dict[str, float]:
        """Last requested target, by symbol."""
        return self._by_symbol(self._simulation.requested)

    def features(self, pipeline: Any) -> np.ndarray:
        """(closed bars, columns) of pipeline.transform. Computed once for all bars of the run: the rows shown are
        the closed ones, and a pipeline that `check_lookahead` finds causal computes no other values for them."""
        bars = self._simulation.tape.bars
        kept = self._columns.get(id(pipeline))
        if kept is None or kept[1] != len(bars):
            values = np.asarray(pipeline.transform(bars), dtype=np.float64)
            kept = (pipeline, len(bars), values)
            self._columns[id(pipeline)] = kept
        return kept[2][: self._simulation.i + 1]

    def _by_symbol(self, values: np.ndarray) -> dict[str, float]:
        return dict(zip(self._simulation.tape.bars.symbols, values.tolist(), strict=True))
