"""A Result is kept whole: equal after a round trip, the same bytes each time, never half written."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fxlab as fx
from fxlab.data.errors import DataError
from tests.execution.scenarios import as_targets, random_run
from tests.execution.test_laws import assert_equal_runs


def run(seed: int = 11) -> fx.Result:
    bars, costs, account, targets, close_at_end = random_run(seed, 60)
    return fx.backtest(
        as_targets(targets, bars), bars, costs=costs, account=account, close_at_end=close_at_end
    )


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    for seed in range(8):
        result = run(seed)
        result.save(tmp_path / "run")
        loaded = fx.Result.load(tmp_path / "run")
        assert_equal_runs(result, loaded)
        pd.testing.assert_frame_equal(result.exposure, loaded.exposure)
        pd.testing.assert_frame_equal(result.close, loaded.close)
        assert loaded.account == result.account
        assert loaded.bars_per_year == result.bars_per_year
        pd.testing.assert_series_equal(result.stats(), loaded.stats())


def test_a_run_without_a_single_fill_is_saved_too(tmp_path: Path) -> None:
    bars = fx.load_bars("EURUSD", start="2017-03-06", end="2017-03-07")
    result = fx.backtest(0.0, bars)
    result.save(tmp_path / "flat")
    assert_equal_runs(result, fx.Result.load(tmp_path / "flat"))


def test_the_same_run_saves_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        run().save(tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert "result.parquet" in files
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


@pytest.mark.parametrize("name", ["result.parquet", "ledger.parquet"])
def test_a_flipped_byte_is_found(tmp_path: Path, name: str) -> None:
    folder = run().save(tmp_path / "run")
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(DataError, match=rf"{name} has changed since it was saved .*; save the result again"):
        fx.Result.load(folder)


def test_a_missing_file_is_found(tmp_path: Path) -> None:
    folder = run().save(tmp_path / "run")
    (folder / "trades.parquet").unlink()
    with pytest.raises(DataError, match=r"trades\.parquet is missing; save the result again"):
        fx.Result.load(folder)


def test_a_folder_without_a_result_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no saved result \(manifest.json is missing\)"):
        fx.Result.load(tmp_path / "nothing")


def test_a_damaged_manifest_is_said(tmp_path: Path) -> None:
    folder = run().save(tmp_path / "run")
    (folder / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match=r"manifest\.json is damaged"):
        fx.Result.load(folder)


def test_a_newer_format_asks_for_a_newer_fxlab(tmp_path: Path) -> None:
    folder = run().save(tmp_path / "run")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "manifest.json").write_text(json.dumps(manifest | {"format": 99}), encoding="utf-8")
    with pytest.raises(ValueError, match=r"saved by a newer fxlab \(format 99\); update fxlab"):
        fx.Result.load(folder)


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "home.txt").write_text("dear all", encoding="utf-8")
    with pytest.raises(DataError, match="letters exists and is not a saved result; choose another folder"):
        run().save(tmp_path / "letters")
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["home.txt"]


def test_a_later_run_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    run(1).save(tmp_path / "run")
    run(2).save(tmp_path / "run")
    assert_equal_runs(fx.Result.load(tmp_path / "run"), run(2))
    assert [path.name for path in tmp_path.iterdir()] == ["run"], "nothing is left beside it"


def test_a_save_that_breaks_off_leaves_the_old_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = run(1)
    old.save(tmp_path / "run")
    write, written = pd.DataFrame.to_parquet, []

    def break_off(self: pd.DataFrame, path: Path, **options: object) -> None:
        if written:
            raise OSError("no space left on device")
        written.append(path)
        write(self, path, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(pd.DataFrame, "to_parquet", break_off)
    with pytest.raises(OSError, match="no space left"):
        run(2).save(tmp_path / "run")
    monkeypatch.undo()
    assert_equal_runs(fx.Result.load(tmp_path / "run"), old)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_exposure_is_notional_at_the_mid_close_over_equity() -> None:
    result = fx.backtest(-2.0, fx.load_bars("EURUSD", start="2017-03-06", end="2017-03-08"))
    notional = result.lots["EURUSD"] * 100_000 * result.close["EURUSD"]
    assert np.allclose(result.exposure["EURUSD"], notional / result.equity)
    assert abs(result.exposure["EURUSD"].iloc[1] + 2.0) < 0.12, "a lot step of 0.01 is a tenth of this equity"


def test_log_returns_are_those_of_equity() -> None:
    result = fx.backtest(1.0, fx.load_bars("EURUSD", start="2017-03-06", end="2017-03-08"))
    logs = np.diff(np.log(result.equity.to_numpy()))
    assert np.allclose(result.log_returns(), logs, rtol=0, atol=1e-14)
    assert np.allclose(result.returns(), np.expm1(logs), rtol=0, atol=1e-14)


def test_a_result_is_a_frozen_value_that_tells_its_name() -> None:
    result = run()
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.equity = result.balance  # type: ignore[misc]
    assert repr(result).startswith("Result(targets: 60 bars, ")
