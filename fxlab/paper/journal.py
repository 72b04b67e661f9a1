"""The journal of a paper session: every closed bar and what was decided on it, in SQLite, one commit a bar.

The account is not stored: it follows from bars and targets by the kernel, so a journal cannot disagree with it.
A process killed at any moment leaves a journal that ends with a whole bar.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fxlab.market import Bars, Instrument
from fxlab.strategy import TargetArrays

FORMAT = 1
_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE bars (
    time INTEGER PRIMARY KEY, known INTEGER NOT NULL, quotes BLOB NOT NULL, volumes BLOB,
    wanted BLOB NOT NULL, brackets BLOB NOT NULL, in_lots INTEGER NOT NULL, min_change REAL NOT NULL,
    sha256 BLOB NOT NULL
);
"""


_ANEW = "keep it aside and start a new journal"


class JournalError(ValueError):
    """A journal that cannot be used: another session's settings, another process, or damage."""


@dataclass(frozen=True, eq=False)
class Entry:
    """One closed bar and the row of targets decided at its close."""

    bar: Bars
    decided: TargetArrays


class Journal:
    """An append-only file `journal.sqlite` in a folder; one process at a time.

    Args:
        directory: the folder, made when absent.
        about: settings of the session. A new journal keeps them; an old one must have been kept with equal ones.
        instruments, every_ns: of the feed.

    Raises:
        JournalError: other settings (naming the first), a file in use by another process, or a damaged file.
    """

    def __init__(
        self,
        directory: str | Path,
        about: dict[str, Any],
        instruments: tuple[Instrument, ...],
        every_ns: int | None,
    ) -> None:
        self.path = Path(directory) / "journal.sqlite"
        self._instruments = instruments
        self._every_ns = every_ns
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(self.path, timeout=1.0, isolation_level=None)
        try:
            self._open(about)
        except sqlite3.OperationalError as error:
            self._db.close()
            raise JournalError(
                f"{self.path} is in use or cannot be written ({error}); end the other session"
            ) from None
        except (sqlite3.DatabaseError, json.JSONDecodeError) as error:
            self._db.close()
            raise JournalError(f"{self.path} is damaged ({error}); {_ANEW}") from None
        except JournalError:
            self._db.close()
            raise

    def _open(self, about: dict[str, Any]) -> None:
        db = self._db
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("BEGIN EXCLUSIVE")
        has_tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not has_tables:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                db.execute(statement)
            told = {"format": FORMAT} | about
            db.executemany("INSERT INTO about VALUES (?, ?)", [(k, json.dumps(v)) for k, v in told.items()])
        db.execute("COMMIT")
        kept = {name: json.loads(value) for name, value in db.execute("SELECT name, value FROM about")}
        if kept.pop("format", None) != FORMAT:
            raise JournalError(f"{self.path} was written by another version of fxlab; start a new journal")
        wanted = json.loads(json.dumps(about))
        for name in sorted(kept.keys() | wanted.keys()):
            if kept.get(name) != wanted.get(name):
                raise JournalError(
                    f"{self.path} belongs to another session: {name} is {wanted.get(name)!r} and was "
                    f"{kept.get(name)!r}; give the same settings, or another journal folder"
                )

    def entries(self) -> list[Entry]:
        """Everything kept so far, oldest first."""
        try:
            rows = self._db.execute("SELECT * FROM bars ORDER BY time").fetchall()
        except sqlite3.DatabaseError as error:
            raise JournalError(f"{self.path} is damaged ({error}); {_ANEW}") from None
        return [self._entry(row) for row in rows]

    def append(self, bar: Bars, decided: TargetArrays) -> None:
        """Keep one closed bar and its decision; on return they are on disk."""
        assert bar.known is not None
        volumes = None if bar.volumes is None else bar.volumes.tobytes()
        row = (
            int(bar.times[0]),
            int(bar.known[0]),
            bar.quotes.tobytes(),
            volumes,
            decided.values[0].tobytes(),
            decided.brackets[0].tobytes(),
            int(decided.in_lots),
            decided.min_change,
        )
        try:
            self._db.execute("INSERT INTO bars VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, _checksum(row)))
        except sqlite3.DatabaseError as error:
            raise JournalError(
                f"{self.path}: the bar of {bar.index[0]} could not be kept ({error})"
            ) from None

    def close(self) -> None:
        """Let another process have the file."""
        self._db.close()

    def _entry(self, row: tuple[Any, ...]) -> Entry:
        *fields, checksum = row
        if checksum != _checksum(fields):
            when = pd.Timestamp(fields[0], unit="ns", tz="UTC")
            raise JournalError(f"{self.path} is damaged (the bar of {when:%Y-%m-%d %H:%M} UTC); {_ANEW}")
        time, known, quotes, volumes, wanted, brackets, in_lots, min_change = fields
        n = len(self._instruments)

        def array(blob: bytes, *shape: int) -> np.ndarray:
            return np.frombuffer(blob, dtype=np.float64).reshape(shape).copy()

        bar = Bars(
            np.array([time]),
            array(quotes, 1, n, 8),
            self._instruments,
            self._every_ns,
            np.array([known]),
            None if volumes is None else array(volumes, 1, n),
        )
        decided = TargetArrays(array(wanted, 1, n), bool(in_lots), array(brackets, 1, n, 5), min_change)
        return Entry(bar, decided)


def _checksum(fields: Iterable[Any]) -> bytes:
    """SQLite tells a torn page from a whole one, not a flipped byte inside a price."""
    digest = hashlib.sha256()
    for field in fields:
        digest.update(field if isinstance(field, bytes) else repr(field).encode())
    return digest.digest()
