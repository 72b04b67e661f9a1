"""FeaturePipeline: named feature steps, scaled by what the fitting bars showed, saved as readable JSON."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fxlab.features.catalogue import default_features
from fxlab.features.steps import Step, read_steps
from fxlab.market import Bars

FORMAT = 1
FILE = "pipeline.json"
SCALERS = ("standard", None)


class FeaturePipeline:
    """Features side by side, each column scaled with the mean and deviation of the bars it was fitted on.

    Args:
        steps: a list (or one mapping) of steps; each a name "rsi", (name, parameters), (name, function),
            (name, function, parameters) or {"rsi": {"period": 14}}, where a function is a name in
            `fx.features.FEATURES` or a callable `bars, **parameters → Series, DataFrame or array of one
            value (row) a bar`. None takes `default_features()`.
        scaler: "standard" scales each column to (x - mean) / deviation; None leaves columns as they are.
        clip: scaled values are cut to ± clip, so that one freak bar cannot dominate a network; None
            cuts nothing.

    Column names: the step's own for a Series, "step_column" for a frame (time_of_day_sin, or rsi_EURUSD when
    bars hold several symbols). A column that never moved while fitting keeps deviation 1 and so reads 0
    until it moves.

    Scaling is element by element, so the whole pipeline knows only the past once it is fitted:
    `transform(bars[:k])` equals `transform(bars)[:k]` to the bit.

    Attributes, once fitted:
        names: column names, in order.
        warmup: leading rows with a NaN, counted on the fitting bars.
        mean, scale: (columns,) float64 arrays; 0 and 1 without a scaler.
        digest: sha256 of settings and numbers: equal digests, equal columns.

    Raises:
        TypeError, ValueError: steps that cannot be read, unknown features or parameters (with the nearest
            name).
    """

    def __init__(
        self,
        steps: Iterable[Any] | Mapping[str, Any] | None = None,
        scaler: str | None = "standard",
        clip: float | None = 10.0,
    ) -> None:
        if scaler not in SCALERS:
            raise ValueError(f"scaler is {scaler!r}; write 'standard' or None")
        if clip is not None and not 0 < clip < np.inf:
            raise ValueError(f"clip is {clip!r}; give a positive number of deviations, or None")
        self.steps: tuple[Step, ...] = read_steps(default_features() if steps is None else steps)
        self.scaler = scaler
        self.clip = None if clip is None else float(clip)
        self._names: tuple[str, ...] | None = None
        self._warmup = 0
        self._mean = np.empty(0)
        self._scale = np.empty(0)

    def __repr__(self) -> str:
        fitted = f"{len(self.names)} columns" if self.is_fitted else "not fitted"
        return f"FeaturePipeline({', '.join(step.name for step in self.steps)}; {fitted})"

    # --- fit and use -------------------------------------------------------------------------------------

    def fit(self, bars: Bars) -> FeaturePipeline:
        """Measure names, warm-up, means and deviations on these bars; returns the pipeline itself.

        Raises:
            ValueError: a feature fails, is NaN or infinite after its warm-up, or no row is complete.
        """
        frame = self.columns(bars)
        values = frame.to_numpy()
        whole_rows = np.isfinite(values).all(axis=1)
        if not whole_rows.any():
            empty = frame.columns[~np.isfinite(values).any(axis=0)]
            cause = f"{empty[0]} is still warming up" if len(empty) else "in each some pair has no bar"
            raise ValueError(f"no complete row in {len(bars):,} bars: {cause}; fit on more bars")
        mean, scale = np.zeros(values.shape[1]), np.ones(values.shape[1])
        if self.scaler == "standard":
            rows = values[whole_rows]
            mean, deviation = rows.mean(axis=0), rows.std(axis=0)
            # a constant column leaves rounding noise (0.8 pips is an ask less a bid); noise must not become
            # signal
            scale = np.where(deviation <= 1e-9 * np.abs(rows).max(axis=0), 1.0, deviation)
        self._names = tuple(frame.columns)
        self._warmup = int(np.argmax(whole_rows))
        self._mean, self._scale = mean, scale
        return self

    def transform(self, bars: Bars) -> pd.DataFrame:
        """Scaled columns of these bars.

        Returns:
            (bars × names) float64 on bars.index; NaN during warm-up, and where a symbol has no bar.

        Raises:
            RuntimeError: the pipeline is not fitted.
            ValueError: the bars give other columns than the fitting bars did, or a feature is NaN or infinite
                after its warm-up.
        """
        names = self.names
        frame = self.columns(bars)
        if tuple(frame.columns) != names:
            raise ValueError(
                f"these bars ({', '.join(bars.symbols)}) give the columns {_shorten(frame.columns)}; "
                f"the pipeline was fitted on {_shorten(names)}"
            )
        if self.scaler is None:
            return frame
        scaled = (frame.to_numpy() - self._mean) / self._scale
        if self.clip is not None:
            scaled = np.clip(scaled, -self.clip, self.clip)
        return pd.DataFrame(scaled, index=frame.index, columns=frame.columns)

    def fit_transform(self, bars: Bars) -> pd.DataFrame:
        """`fit(bars)`, then `transform(bars)`."""
        return self.fit(bars).transform(bars)

    def columns(self, bars: Bars) -> pd.DataFrame:
        """Unscaled columns in their own units, (bars × names) float64; needs no fitting.

        Raises:
            ValueError: a feature has the wrong length, or is NaN or infinite after its warm-up.
        """
        parts = [step.columns(bars) for step in self.steps]
        names = [name for part in parts for name in part.columns]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two steps give a column {twice}; rename one of them")
        values = np.concatenate([part.to_numpy(dtype=np.float64) for part in parts], axis=1)
        frame = pd.DataFrame(values, index=bars.index, columns=names)
        _no_holes(frame, bars)
        return frame

    @property
    def is_fitted(self) -> bool:
        """Whether `fit` has been called, or the pipeline was loaded."""
        return self._names is not None

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order; RuntimeError before fit."""
        if self._names is None:
            raise RuntimeError("this pipeline is not fitted; call fit(bars) with the training bars first")
        return self._names

    @property
    def warmup(self) -> int:
        """Leading rows in which some column is NaN, counted on the fitting bars; RuntimeError before fit."""
        return self._warmup if self.names else 0

    @property
    def mean(self) -> np.ndarray:
        """(columns,) means taken off; RuntimeError before fit."""
        return self._mean.copy() if self.names else np.empty(0)

    @property
    def scale(self) -> np.ndarray:
        """(columns,) deviations divided by; RuntimeError before fit."""
        return self._scale.copy() if self.names else np.empty(0)

    @property
    def digest(self) -> str:
        """sha256 over steps, settings and fitted numbers; RuntimeError before fit."""
        return _digest(self._content())

    # --- save and load -----------------------------------------------------------------------------------

    def save(self, directory: str | Path) -> Path:
        """Write `pipeline.json` into a directory (made if missing) in one step, so no half file is ever left.

        A step whose function is not in FEATURES is stored by its name only: `load` then asks for the
        function.

        Raises:
            RuntimeError: not fitted.
            ValueError: a step's parameters are not plain numbers, text, lists or mappings.
        """
        content = self._content()
        folder = Path(directory)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / FILE
        part = folder / f".{FILE}.{os.getpid()}.part"
        part.write_text(json.dumps(content | {"digest": _digest(content)}, indent=2) + "\n", encoding="utf-8")
        os.replace(part, path)
        return path

    @classmethod
    def load(
        cls, directory: str | Path, functions: Mapping[str, Callable[..., Any]] | None = None
    ) -> FeaturePipeline:
        """The fitted pipeline saved in a directory. Runs no code that the file names, other than FEATURES.

        Args:
            directory: where `save` wrote.
            functions: step name → callable, for steps whose function is not in FEATURES.

        Raises:
            FileNotFoundError: no pipeline there.
            ValueError: the file is damaged, of another format, or names a function that is not at hand.
        """
        path = Path(directory) / FILE
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no saved pipeline here; give the directory save() wrote")
        content = _read(path)
        steps = []
        for one in content["steps"]:
            function: Any = one["function"]
            if one["custom"]:
                function = (functions or {}).get(one["name"])
                if function is None:
                    raise ValueError(
                        f"{path}: step {one['name']} calls {one['function']}, which is not in FEATURES; "
                        f"pass functions={{'{one['name']}': that function}}"
                    )
            steps.append((one["name"], function, one["parameters"]))
        pipeline = cls(steps, content["scaler"], content["clip"])
        pipeline._names = tuple(content["names"])
        pipeline._warmup = content["warmup"]
        pipeline._mean = np.array(content["mean"], dtype=np.float64)
        pipeline._scale = np.array(content["scale"], dtype=np.float64)
        return pipeline

    def _content(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "steps": [step.settings() for step in self.steps],
            "scaler": self.scaler,
            "clip": self.clip,
            "names": list(self.names),
            "warmup": self._warmup,
            "mean": self._mean.tolist(),  # Python writes a float so that it reads back to the bit
            "scale": self._scale.tolist(),
        }


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        digest = content.pop("digest")
        found = content["format"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"{path} is not a saved pipeline or is damaged; save it again") from None
    if found != FORMAT:
        raise ValueError(f"{path} has format {found!r}, this fxlab reads {FORMAT}; fit and save it again")
    if _digest(content) != digest:
        raise ValueError(f"{path} was changed after it was saved (its sha256 differs); save it again")
    return content


def _digest(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _no_holes(frame: pd.DataFrame, bars: Bars) -> None:
    values = frame.to_numpy()
    finite = np.isfinite(values)
    started = np.logical_or.accumulate(finite, axis=0)
    wrong = (started & ~finite) | np.isinf(values)
    if np.isnan(bars.quotes[:, :, 0]).any():  # an outer join: a symbol without a bar has no value either
        wrong &= ~np.isnan(values)
    if wrong.any():
        i, j = (int(k) for k in np.argwhere(wrong)[0])
        when = f"{bars.index[i]:%Y-%m-%d %H:%M} UTC"
        raise ValueError(
            f"feature {frame.columns[j]} is {values[i, j]} at {when}, after its warm-up; "
            "make it finite there or leave it out"
        )


def _shorten(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:6]) + (f", … ({len(names)} in all)" if len(names) > 6 else "")
