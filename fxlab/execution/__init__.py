"""Targets become fills and equity: the only place where money is counted.

`kernel` is the arithmetic, `terms` what a run is charged, `tape` both as arrays, `simulation` one account that
lives bar by bar, `result` what came of it.
"""

from fxlab.execution.batch import run_targets
from fxlab.execution.kernel import run, step, step_many
from fxlab.execution.result import Result, result_of, result_of_simulation
from fxlab.execution.simulation import Simulation
from fxlab.execution.tape import Tape, extend_tape, make_tape
from fxlab.execution.terms import Account, Costs
from fxlab.execution.view import SimulationView

__all__ = [
    "Account",
    "Costs",
    "Result",
    "Simulation",
    "SimulationView",
    "Tape",
    "extend_tape",
    "make_tape",
    "result_of",
    "result_of_simulation",
    "run",
    "run_targets",
    "step",
    "step_many",
]
