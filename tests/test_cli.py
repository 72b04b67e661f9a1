"""The command line: what it writes and says, its exit codes, and one line for every expected error."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

import fxlab
from fxlab.cli import main
from fxlab.cli.errors import exit_code_of, is_expected
from fxlab.cli.output import plain
from fxlab.config import load_config
from fxlab.execution import Result

ROOT = Path(__file__).resolve().parents[1]
MA_CROSS = "configs/backtest/ma_cross.yaml"
SHORT = ("--set", "data.start=2017-03", "--set", "data.end=2017-04")
TINY_LSTM = (
    *SHORT,
    "--set",
    "forecaster.horizon=2",
    "--set",
    "forecaster.params={window: 4, units: 2, epochs: 1}",
)
TINY_DQN = (
    *SHORT,
    "--set",
    "agent={n_steps: 600, n_envs: 4, learning_starts: 100, batch_size: 32, hidden: [8], device: cpu}",
    "--set",
    "environment.window=4",
    "--set",
    "environment.episode_bars=100",
)


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A working folder with the shipped configs and strategies in it."""
    for name in ("configs", "strategies"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def fxl(workplace, capsys):
    """`fxl("backtest", …)` → (exit code, standard output, standard error)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        code = main([str(one) for one in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def fxl_json(fxl):
    """`fxl_json("backtest", …)` → what it printed as JSON; the command must succeed and say nothing else."""

    def call(*arguments: object) -> dict:
        code, out, err = fxl(*arguments, "--json")
        assert (code, err) == (0, "")
        return json.loads(out)

    return call


# ------------------------------------------------------------------------------------------- help, version


def test_version(fxl):
    assert fxl("--version") == (0, f"fxlab {fxlab.__version__}\n", "")


def test_help_names_every_command(fxl):
    code, out, _ = fxl("--help")
    assert code == 0
    for command in ("quickstart", "data", "backtest", "train", "evaluate", "paper", "report", "doctor"):
        assert command in out


@pytest.mark.parametrize(
    "command",
    [
        ("quickstart",),
        ("data", "show"),
        ("backtest",),
        ("train",),
        ("evaluate",),
        ("paper", "replay"),
        ("report",),
        ("doctor",),
    ],
)
def test_every_command_has_help_and_json(fxl, command):
    code, out, _ = fxl(*command, "--help")
    assert code == 0
    assert "--json" in out


# --------------------------------------------------------------------------------------------------- data


def test_data_show_tells_span_spread_and_findings(fxl):
    code, out, err = fxl("data", "show", "EURUSD")
    assert (code, err) == (0, "")
    for told in ("6,225", "2017-01-01 22:00 UTC", "2017-12-29 21:00 UTC", "0.80", "completed with a spread"):
        assert told in out
    assert "2 bars missing" not in out
    assert "14 bars missing between 2017-12-25 07:00 UTC and 2017-12-25 22:00 UTC" in out


def test_data_show_as_json_holds_the_same(fxl_json):
    told = fxl_json("data", "show", "EURUSD", "USDJPY", "--source", "ecb", "--start", "2020", "--end", "2020")
    assert list(told["pairs"]) == ["EURUSD", "USDJPY"]
    assert told["bars"] == told["pairs"]["USDJPY"]["bars"] == 257
    assert told["pairs"]["EURUSD"]["first close"] == 1.1193  # the ECB's reference rate of 2 January 2020
    assert told["check"]["ok"] is True
    assert {one["kind"] for one in told["check"]["findings"]} <= {"gap", "flat", "jump"}


def test_json_may_be_asked_for_before_the_command(fxl):
    code, out, _ = fxl("--json", "data", "show", "EURUSD", "--end", "2017-01-03")
    assert code == 0
    assert json.loads(out)["first"] == "2017-01-01 22:00:00+00:00"


def test_data_show_reads_a_file(fxl_json, workplace):
    index = pd.date_range("2021-03-01", periods=30, freq="1h", tz="Europe/London", name="time")
    frame = pd.DataFrame({"open": 1.2, "high": 1.21, "low": 1.19, "close": 1.205}, index=index)
    frame.tz_localize(None).to_csv(workplace / "EURUSD.csv")
    told = fxl_json("data", "show", "EURUSD.csv", "--tz", "Europe/London", "--side", "ask")
    assert told["first"] == "2021-03-01 00:00:00+00:00"
    assert told["pairs"]["EURUSD"]["last close"] == pytest.approx(1.205 - 0.4 * 0.0001)


# ----------------------------------------------------------------------------------------------- backtest


def test_a_backtest_keeps_its_config_result_metrics_and_provenance(fxl_json, workplace):
    told = fxl_json("backtest", MA_CROSS, *SHORT)
    folder = Path(told["run"])
    assert folder.parent == Path("runs")
    assert folder.name.startswith("backtest-ma_cross-20")
    assert sorted(one.name for one in folder.iterdir()) == [
        "config.yaml",
        "metrics.json",
        "provenance.json",
        "result",
    ]
    result = Result.load(folder / "result")
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics == told["stats"]
    assert metrics["Trades"] == len(result.trades) > 0
    assert metrics["Final equity [USD]"] == result.equity.iloc[-1]
    facts = json.loads((folder / "provenance.json").read_text())
    assert facts["fxlab"] == fxlab.__version__
    assert facts["data"] == fxlab.load_bars("EURUSD", start="2017-03", end="2017-04").checksum
    assert facts["packages"]["numpy"]
    assert len(facts["strategy"]["sha256"]) == 64


def test_running_the_stored_config_repeats_the_run_byte_for_byte(fxl, workplace):
    assert fxl("backtest", MA_CROSS, *SHORT, "--set", "strategy.params.fast=12", "--out", "one")[0] == 0
    assert fxl("backtest", "one/config.yaml", "--out", "two")[0] == 0
    assert (workplace / "one/config.yaml").read_bytes() == (workplace / "two/config.yaml").read_bytes()
    for name in ("result.parquet", "trades.parquet", "ledger.parquet"):
        assert (workplace / "one/result" / name).read_bytes() == (
            workplace / "two/result" / name
        ).read_bytes()
    assert load_config("two/config.yaml").strategy.params["fast"] == 12


def test_set_reaches_the_run(fxl_json):
    plain_run = fxl_json("backtest", MA_CROSS, *SHORT)["stats"]
    dear_run = fxl_json("backtest", MA_CROSS, *SHORT, "--set", "costs.spread_pips=8")["stats"]
    assert dear_run["Spread cost [USD]"] == pytest.approx(10 * plain_run["Spread cost [USD]"], rel=0.1)


def test_an_earlier_run_in_the_same_folder_is_replaced_whole(fxl, workplace):
    fxl("backtest", MA_CROSS, *SHORT, "--out", "one", "--report")
    assert (workplace / "one/report.html").is_file()
    fxl("backtest", MA_CROSS, *SHORT, "--out", "one")
    assert not (workplace / "one/report.html").exists()
    assert not [one for one in workplace.iterdir() if one.name.startswith(".")]


def test_runs_within_one_second_get_folders_of_their_own(fxl_json, workplace):
    folders = {fxl_json("backtest", MA_CROSS, *SHORT)["run"] for _ in range(3)}
    assert len(folders) == 3


def test_a_failing_run_leaves_nothing_behind(fxl, workplace):
    (workplace / "bad.py").write_text("def bad(bars):\n    return None\n")
    code, _, err = fxl("backtest", MA_CROSS, "--set", "strategy={path: bad.py:bad}", "--out", "one")
    assert code == 2
    assert "bad returned None" in err
    assert sorted(one.name for one in workplace.iterdir()) == ["bad.py", "configs", "strategies"]


def test_report_writes_the_page_of_a_run(fxl_json, workplace):
    fxl_json("backtest", MA_CROSS, *SHORT, "--out", "one")
    told = fxl_json("report", "one")
    assert told == {"report": "one/report.html", "results": ["ma_cross"]}
    assert "ma_cross" in (workplace / "one/report.html").read_text(encoding="utf-8")
    assert fxl_json("report", "one", "--out", "pages/two.html")["report"] == "pages/two.html"
    assert (workplace / "pages/two.html").is_file()


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "configs/backtest").glob("*.yaml")),
    ids=lambda path: path.stem,
)
@pytest.mark.slow
def test_every_shipped_backtest_runs(fxl_json, path):
    edits = ("--set", "strategy.params.epochs=1") if path.stem == "lstm_trend" else ()
    told = fxl_json("backtest", f"configs/backtest/{path.name}", *edits)
    assert told["stats"]["Trades"] > 0
    assert told["stats"]["Refused orders"] == 0


# -------------------------------------------------------------------------------------------------- paper


def test_a_replay_equals_the_backtest_of_the_same_settings(fxl, workplace):
    days = ("--set", "data.start=2017-03-01", "--set", "data.end=2017-03-15")
    assert fxl("paper", "replay", "configs/paper/ma_cross_replay.yaml", *days, "--out", "paper")[0] == 0
    config = load_config("configs/paper/ma_cross_replay.yaml")
    edits = [f"costs.slippage_pips={config.costs.slippage_pips}", "costs.swap=null"]
    sets = [one for edit in edits for one in ("--set", edit)]
    assert fxl("backtest", MA_CROSS, *days, *sets, "--out", "back")[0] == 0
    paper, back = Result.load(workplace / "paper/result"), Result.load(workplace / "back/result")
    pd.testing.assert_series_equal(paper.equity, back.equity, check_exact=True)
    pd.testing.assert_frame_equal(paper.fills, back.fills, check_exact=True)


def test_a_journal_resumes_where_it_stopped(fxl_json, workplace):
    def replay(end: str, out: str) -> dict:
        return fxl_json(
            "paper",
            "replay",
            "configs/paper/ma_cross_replay.yaml",
            "--set",
            f"data.end={end}",
            "--journal",
            "journal",
            "--out",
            out,
        )

    assert replay("2017-03-05", "one")["stats"]["Bars"] < replay("2017-03-08", "two")["stats"]["Bars"]
    with contextlib.closing(sqlite3.connect("journal/journal.sqlite")) as journal:
        (kept,) = journal.execute("SELECT count(*) FROM bars").fetchone()
    assert kept == json.loads((workplace / "two/metrics.json").read_text())["Bars"]
    assert json.loads((workplace / "two/provenance.json").read_text())["journal"] == "journal"


# ------------------------------------------------------------------------------------- train and evaluate


@pytest.mark.slow
def test_a_forecaster_is_trained_saved_and_judged_on_what_it_has_not_seen(fxl_json, workplace):
    trained = fxl_json("train", "configs/train/lstm.yaml", *TINY_LSTM, "--out", "run")
    assert trained["metrics"]["Epochs"] == 1
    assert (workplace / "run/model/manifest.json").is_file()
    facts = json.loads((workplace / "run/provenance.json").read_text())
    assert facts["training span"][1] < facts["test span"][0]

    judged = fxl_json("evaluate", "run", "--out", "judged")
    assert list(judged["table"]) == ["Flat", "Buy and hold", "Random walk", "lstm"]
    assert judged["table"]["Flat"]["Return [%]"] == 0
    assert judged["table"]["Random walk"]["Trades"] == 0
    assert judged["Forecasts on the test rows"]["Random walk"]["RMSE / random walk"] == 1
    assert judged["verdict"]
    assert (workplace / "judged/report.html").is_file()
    result = Result.load(workplace / "judged/results/lstm")
    assert str(result.equity.index[0]) == facts["test span"][0]
    assert str(result.equity.index[-1]) == facts["test span"][1]


@pytest.mark.slow
def test_evaluating_a_trainings_config_trains_and_judges_the_same(fxl_json, workplace):
    fxl_json("train", "configs/train/lstm.yaml", *TINY_LSTM, "--out", "run")
    of_run = fxl_json("evaluate", "run", "--out", "one")
    of_config = fxl_json("evaluate", "configs/train/lstm.yaml", *TINY_LSTM, "--out", "two")
    assert of_config["table"] == of_run["table"]
    assert (workplace / "two/model/manifest.json").is_file()


@pytest.mark.slow
def test_an_agent_is_trained_saved_and_judged(fxl_json, workplace):
    trained = fxl_json("train", "configs/train/dqn.yaml", *TINY_DQN, "--out", "run")
    assert trained["metrics"]["Frames learned from"] == 600
    judged = fxl_json("evaluate", "run", "--out", "judged")
    assert list(judged["table"]) == ["Flat", "Buy and hold", "dqn"]
    assert judged["table"]["dqn"]["Trades"] == len(Result.load(workplace / "judged/results/dqn").trades)


@pytest.mark.slow
def test_training_writes_nothing_but_its_answer():
    """TensorFlow writes to file descriptor 2, which only a process of its own shows."""
    code = "import sys; from fxlab.cli import main; sys.exit(main())"
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    for config, edits in (("lstm", TINY_LSTM), ("dqn", TINY_DQN)):
        out = ("--out", f"runs/test-quiet-{os.getpid()}")
        try:
            done = subprocess.run(
                (sys.executable, "-c", code, "train", f"configs/train/{config}.yaml", *edits, *out, "--json"),
                cwd=ROOT,
                env=quiet,
                capture_output=True,
                text=True,
                timeout=300,
            )
        finally:
            shutil.rmtree(ROOT / out[1], ignore_errors=True)
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["metrics"]


def test_a_strategy_is_judged_over_all_its_bars(fxl_json):
    told = fxl_json("evaluate", MA_CROSS, *SHORT, "--out", "judged")
    assert list(told["table"]) == ["Flat", "Buy and hold", "ma_cross"]
    again = fxl_json("evaluate", "judged", "--out", "again")
    assert again["table"] == told["table"]
    assert fxl_json("report", "again")["results"] == ["Buy and hold", "Flat", "ma_cross"]


@pytest.mark.slow
def test_a_run_whose_data_has_changed_is_not_judged(fxl, workplace):
    fxl("train", "configs/train/lstm.yaml", *TINY_LSTM, "--out", "run")
    code, out, err = fxl("evaluate", "run", "--set", "data.end=2017-05")
    assert (code, out) == (3, "")
    assert "run was made with other bars than its config loads now" in err


# ----------------------------------------------------------------------------------- quickstart and doctor


@pytest.mark.slow
def test_the_quickstart_prints_its_summary_as_json(fxl, workplace, monkeypatch):
    import fxlab.quickstart

    monkeypatch.setattr(fxlab.quickstart, "Sizes", lambda: fxlab.quickstart.SMALL)
    code, out, err = fxl("quickstart", "--out", "quick", "--seed", "1", "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["seed"] == 1
    assert told["verdict"]
    assert (workplace / "quick/report.html").is_file()


@pytest.mark.slow
def test_the_doctor_names_versions_backends_and_data(fxl, fxl_json):
    told = fxl_json("doctor")
    assert told["ok"] is True
    assert told["packages"]["pandas"] == pd.__version__
    assert told["gpus"] == {"PyTorch": [], "TensorFlow": []}  # tests hide the devices
    code, out, _ = fxl("doctor")
    assert code == 0
    assert "All is well." in out
    assert "EURUSD, 6,225 bars" in out


# ------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (("bactest",), 2, "No such command 'bactest'"),
        (("backtest",), 2, "Missing argument 'config'; see fxlab backtest --help"),
        (("backtest", MA_CROSS, "--nope"), 2, "No such option: --nope; see fxlab backtest --help"),
        (("quickstart", "--seed", "-1"), 2, "see fxlab quickstart --help"),
        (("backtest", "nope.yaml"), 2, "nope.yaml: no such file; check the path"),
        (
            ("backtest", "configs/paper/ma_cross_replay.yaml"),
            2,
            "replay.yaml: kind is paper, and this command reads backtest; try fxlab paper replay",
        ),
        (
            ("train", "configs/train/dqn.yaml", "--set", "agent.gama=0.9"),
            2,
            "configs/train/dqn.yaml: agent.gama is not a field of DQNConfig; did you mean gamma?",
        ),
        (
            ("train", "configs/train/dqn.yaml", "--set", "environment.reward=log_equty"),
            2,
            "did you mean log_equity?",
        ),
        (
            (
                "train",
                "configs/train/lstm.yaml",
                "--set",
                "data={symbols: [EURUSD, USDJPY], source: ecb}",
            ),
            2,
            "data.symbols: a forecaster learns one pair, these are EURUSD, USDJPY",
        ),
        (
            ("backtest", MA_CROSS, "--set", "strategy.params.fats=3"),
            2,
            f"{MA_CROSS}: strategy.params.fats is not a parameter of ma_cross; did you mean fast?",
        ),
        (
            ("backtest", MA_CROSS, "--set", "strategy.path=strategies/mine.py:f"),
            2,
            f"{MA_CROSS}: strategy.path is 'strategies/mine.py:f': no file",
        ),
        (
            ("backtest", MA_CROSS, "--set", "strategy.params.fast=500"),
            2,
            "ma_cross: fast is 500 and slow is 120; give 1 <= fast < slow",
        ),
        (
            ("backtest", MA_CROSS, "--set", "account.currency=CHF"),
            2,
            "CHF",
        ),
        (("backtest", MA_CROSS, "--out", "configs"), 2, "--out configs exists and is not a run's folder"),
        (("evaluate", "configs"), 2, "configs holds no config.yaml; give a config or the folder of a run"),
        (("report", "nowhere"), 2, "nowhere is not a folder; give the folder of a run"),
        (("report", "configs"), 2, "configs holds no result"),
        (("data", "show", "XXXYYY"), 3, "XXXYYY is not in the shipped sample"),
        (("data", "show", "EURUSD", "--source", "ebc"), 3, "did you mean 'ecb'?"),
        (("data", "show", "nope.csv"), 3, "nope.csv: no such file; check the path"),
        (
            ("backtest", MA_CROSS, "--set", "data.start=2019"),
            3,
            "the EURUSD sample covers 2017-01-01 22:00 to 2017-12-29 21:00 UTC; start 2019 is after its end",
        ),
    ],
)
def test_an_expected_error_is_one_line_and_a_code(fxl, arguments, code, complaint):
    found, out, err = fxl(*arguments)
    assert (found, out) == (code, "")
    assert err.startswith("fxlab: ")
    assert complaint in err
    assert err.count("\n") == 1


def test_with_json_an_error_leaves_standard_output_empty(fxl):
    code, out, err = fxl("data", "show", "XXXYYY", "--json")
    assert (code, out) == (3, "")
    assert err.startswith("fxlab: XXXYYY")


def test_a_training_that_was_not_traded_has_no_page(fxl, workplace):
    run = workplace / "run"
    run.mkdir()
    for name in ("config.yaml", "provenance.json"):
        (run / name).write_text("{}")
    assert fxl("report", "run")[2] == "fxlab: run was trained and not yet traded; run fxlab evaluate on it\n"


def test_a_run_without_its_model_says_so(fxl, workplace):
    fxl("evaluate", MA_CROSS, *SHORT, "--out", "run")
    config = yaml.safe_load((workplace / "configs/train/lstm.yaml").read_text())
    config["data"] = {"start": "2017-03", "end": "2017-04"}
    (workplace / "run/config.yaml").write_text(yaml.safe_dump(config))
    assert fxl("evaluate", "run")[2] == (
        "fxlab: run holds no model/; give the folder that fxlab train wrote\n"
    )


def test_damaged_provenance_is_named(fxl, workplace):
    fxl("backtest", MA_CROSS, *SHORT, "--out", "run")
    (workplace / "run/provenance.json").write_text("{")
    code, _, err = fxl("evaluate", "run")
    assert code == 2
    assert "run/provenance.json is missing or damaged; run the command again" in err


def test_a_fault_in_a_strategy_keeps_its_traceback(workplace):
    (workplace / "bad.py").write_text("def bad(bars):\n    return int('three')\n")
    with pytest.raises(ValueError, match="invalid literal"):
        main(["backtest", MA_CROSS, "--set", "strategy={path: bad.py:bad}"])


def test_a_fault_inside_pandas_keeps_its_traceback(workplace):
    (workplace / "bad.py").write_text("def bad(bars):\n    return bars.close.rolling(-3).mean()\n")
    with pytest.raises(ValueError, match="window"):
        main(["backtest", MA_CROSS, "--set", "strategy={path: bad.py:bad}"])


def test_an_interruption_is_told_and_has_its_own_code(capsys):
    def interrupted() -> None:
        raise KeyboardInterrupt

    assert exit_code_of(interrupted) == 130
    assert capsys.readouterr().err == "fxlab: interrupted\n"


def test_an_error_that_was_never_raised_is_not_expected():
    assert not is_expected(ValueError("from nowhere"))


def test_json_holds_no_nan_and_no_foreign_types():
    import numpy as np

    told = plain({"a": float("nan"), "b": np.float64(1.5), "c": (Path("x"), np.int64(3)), "d": pd.NaT})
    assert told == {"a": None, "b": 1.5, "c": ["x", 3], "d": None}
    assert plain(pd.Timestamp("2017-01-01", tz="UTC")) == "2017-01-01 00:00:00+00:00"


def test_the_entry_point_is_main():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"fxlab": "fxlab.cli:main"}
