"""CPU seconds and peak memory, measured fairly: one thread for everybody, in turn, each after a warm-up."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
THREADS = (
    "OMP_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "RAYON_NUM_THREADS",
)


def one_thread() -> None:
    """Keep numpy, numba and Rust to one thread; call it before they are imported."""
    for name in THREADS:
        os.environ[name] = "1"


@dataclass(frozen=True)
class Seconds:
    """CPU seconds of repeats of one piece of work."""

    all: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.all)

    @property
    def spread(self) -> str:
        """Least and most, e.g. "0.021–0.034"."""
        return f"{min(self.all):.3g}–{max(self.all):.3g}"


def cpu_seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """User and system seconds of this process, and what the work returned."""
    began = time.process_time()
    value = work()
    return time.process_time() - began, value


def alternated(works: Mapping[str, Callable[[], Any]], repeats: int) -> dict[str, Seconds]:
    """Each work `repeats` times, taking turns, after one run that is not counted.

    What a work returns is dropped after the clock has stopped: freeing it is not part of it.
    """
    for work in works.values():
        work()
    told: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            seconds, value = cpu_seconds(work)
            told[name].append(seconds)
            del value
    return {name: Seconds(tuple(seconds)) for name, seconds in told.items()}


def process_seconds(*arguments: str) -> tuple[float, str]:
    """User and system seconds of a new Python process, its start included, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def peak_megabytes() -> float:
    """Largest resident size of this process so far, in units of 2²⁰ bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux tells it here without what the parent process had grown to before the start
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return float(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)
