"""YAML ↔ dataclasses: nothing is lost either way, and every fault is one line that says where and what to do."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxlab.config import (
    KINDS,
    BacktestConfig,
    ConfigError,
    DataConfig,
    DQNConfig,
    EnvironmentConfig,
    FeaturesConfig,
    ForecasterConfig,
    SplitConfig,
    StrategyConfig,
    TradingConfig,
    dump_config,
    load_config,
    load_strategy,
)
from fxlab.config.yaml_text import format_yaml, parse_yaml
from fxlab.execution import Account, Costs

ROOT = Path(__file__).resolve().parents[1]
CONFIGS = sorted((ROOT / "configs").rglob("*.yaml"))
BACKTEST = "kind: backtest\nname: one\nstrategy: {path: strategies/ma_cross.py:ma_cross}\n"


def loaded(tmp_path: Path, text: str, *sets: str):
    path = tmp_path / "one.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, sets=sets)


# --------------------------------------------------------------------------------------- shipped configs


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_shipped_config_loads_and_survives_being_written(path, tmp_path):
    config = load_config(path)
    assert loaded(tmp_path, dump_config(config)) == config


def test_configs_are_foldered_by_command():
    folders = {load_config(path).__class__: path.parent.name for path in CONFIGS}
    assert {KINDS[kind]: folder for kind, folder in _FOLDERS.items()} == folders


_FOLDERS = {"backtest": "backtest", "dqn": "train", "forecaster": "train", "paper": "paper"}


def test_a_config_holds_the_objects_that_users_construct(tmp_path):
    text = BACKTEST + "costs: {slippage_pips: 0.1, swap: {EURUSD: [-0.6, 0.3]}}\naccount: {balance: 10_000}\n"
    config = loaded(tmp_path, text)
    assert config == BacktestConfig(
        name="one",
        strategy=StrategyConfig("strategies/ma_cross.py:ma_cross"),
        costs=Costs(slippage_pips=0.1, swap={"EURUSD": (-0.6, 0.3)}),
        account=Account(balance=10_000.0),
    )


# ------------------------------------------------------------------------ the schema follows the code


def arguments(function) -> dict[str, object]:
    return {
        name: one.default
        for name, one in inspect.signature(function).parameters.items()
        if name not in ("self", "bars", "features", "costs", "account", "forecaster", "random_start")
    }


def fields(cls) -> dict[str, object]:
    return {one.name: one.default for one in dataclasses.fields(cls)}


def test_data_takes_the_arguments_of_load_bars():
    from fxlab.data import load_bars

    assert fields(DataConfig) == arguments(load_bars)


def test_trading_takes_the_arguments_of_from_forecaster():
    from fxlab.strategy import from_forecaster

    assert fields(TradingConfig) == arguments(from_forecaster)


def test_the_environment_takes_the_arguments_of_trading_env():
    from fxlab.envs import TradingEnv

    assert fields(EnvironmentConfig) == arguments(TradingEnv)


def test_features_take_the_arguments_of_the_pipeline():
    from fxlab.features import FeaturePipeline

    assert fields(FeaturesConfig) == arguments(FeaturePipeline)


def test_an_agent_takes_the_settings_of_the_agent():
    settings = DQNConfig(gamma=0.5, n_steps=7).settings()
    assert settings.gamma == 0.5
    assert not hasattr(settings, "n_steps")


def test_a_forecaster_is_built_with_its_arguments_and_the_labels_horizon():
    from fxlab.models import LSTMForecaster, RidgeForecaster

    lstm = ForecasterConfig("lstm", {"window": 8, "units": 4}, horizon=6).build(progress=print)
    assert isinstance(lstm, LSTMForecaster)
    assert (lstm.window, lstm.units, lstm.horizon, lstm.progress) == (8, 4, 6, print)
    ridge = ForecasterConfig("ridge", {"alpha": 2.0}, horizon=6).build(progress=print)
    assert isinstance(ridge, RidgeForecaster)
    assert ridge.alpha == 2.0


# ------------------------------------------------------------------------------------------- bad files


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "holds no settings; begin with a line such as kind: backtest"),
        ("- a\n- b\n", "holds no settings"),
        ("name: x\n", "kind is missing; there are backtest, dqn, forecaster, paper"),
        ("kind: bcktest\n", "kind is 'bcktest'; did you mean backtest?"),
        ("kind: [backtest]\n", "kind is ['backtest']"),
        ("kind: backtest\nname: x\n", "strategy is missing; BacktestConfig needs it"),
        (
            "kind: dqn\nname: x\nagent: {gama: 0.9}\n",
            "agent.gama is not a field of DQNConfig; did you mean gamma?",
        ),
        ("kind: dqn\nname: x\nagent: {gamma: high}\n", "agent.gamma is 'high' (text); expected a number"),
        ("kind: dqn\nname: x\nagent: {gamma: 1.5}\n", "agent.gamma is 1.5; a share from 0 to 1"),
        ("kind: dqn\nname: x\nagent: {n_steps: 1.5}\n", "agent.n_steps is 1.5; expected a whole number"),
        ("kind: dqn\nname: x\nagent: {n_steps: true}\n", "agent.n_steps is true; expected a whole number"),
        (
            "kind: dqn\nname: x\nagent: {hidden: [64, a]}\n",
            "agent.hidden[1] is 'a' (text); expected a whole number",
        ),
        ("kind: dqn\nname: x\nagent: 3\n", "agent is 3; expected the fields of DQNConfig"),
        ("kind: dqn\nname: x\nsplit: {train: 2}\n", "split.train is 2.0; give a share between 0 and 1"),
        ("kind: dqn\nname: x\nsplit: {embargo: -1}\n", "split.embargo is -1; give a number of bars"),
        ("kind: dqn\nname: 'a b'\n", "name is 'a b'; letters, digits, - and _"),
        ("kind: dqn\nname:\n", "name is empty; expected text"),
        ("kind: dqn\nname: x\ncosts: {slippage_pips: -1}\n", "costs.slippage_pips is -1.0; zero or more"),
        (
            "kind: dqn\nname: x\ncosts: {spread_pips: [1]}\n",
            "costs.spread_pips is a list; expected a number or a mapping of name to a number or nothing",
        ),
        (
            "kind: dqn\nname: x\ncosts: {spread_pips: {EURUSD: wide}}\n",
            "costs.spread_pips.EURUSD is 'wide' (text); expected a number",
        ),
        (
            "kind: dqn\nname: x\ncosts: {swap: {EURUSD: [1]}}\n",
            "costs.swap.EURUSD has 1 entries; expected a list of 2: a number, a number",
        ),
        ("kind: dqn\nname: x\ncosts: {rates: here}\n", "costs.rates is 'here' (text); expected nothing"),
        ("kind: dqn\nname: x\naccount: {currency: dollars}\n", "account.currency is 'dollars'"),
        (
            "kind: dqn\nname: x\naccount: {balance: 1e999}\n",
            "account.balance is inf; expected a finite number",
        ),
        (f"kind: dqn\nname: x\naccount: {{balance: 1{'0' * 390}}}\n", "expected a finite number"),
        (f"kind: dqn\nname: x\naccount: {{balance: 1{'0' * 400}}}\n", "line 3: a number of 401 digits"),
        (
            "kind: forecaster\nname: x\nforecaster: {model: lstn}\n",
            "forecaster.model is 'lstn'; did you mean lstm?",
        ),
        (
            "kind: forecaster\nname: x\nforecaster: {params: {windw: 3}}\n",
            "forecaster.params.windw is not a parameter of LSTMForecaster; did you mean window?",
        ),
        (
            "kind: forecaster\nname: x\nforecaster: {params: {window: wide}}\n",
            "forecaster.params.window is 'wide' (text); expected a whole number",
        ),
        (
            "kind: forecaster\nname: x\nforecaster: {params: {horizon: 2}}\n",
            "forecaster.params.horizon: set forecaster.horizon",
        ),
        ("kind: forecaster\nname: x\nforecaster: {horizon: 0}\n", "forecaster.horizon is 0"),
        ("kind: forecaster\nname: x\ntrading: {threshold: -1}\n", "trading.threshold is -1.0; a log return"),
        (
            "kind: forecaster\nname: x\ntrading: {exposure: 0}\n",
            "trading.exposure is 0.0; a positive multiple",
        ),
        (
            "kind: forecaster\nname: x\ntrading: {between: wait}\n",
            "trading.between is 'wait' (text); there are hold, flat",
        ),
        (
            "kind: forecaster\nname: x\nfeatures: {steps: [rsi, {momentum: {lokback: 4}}]}\n",
            "features: step momentum has no parameter lokback; did you mean lookback?",
        ),
        (
            "kind: forecaster\nname: x\nfeatures: {scaler: minmax}\n",
            "features.scaler is 'minmax' (text); expected 'standard' or nothing",
        ),
        ("kind: backtest\nname: &a x\n", "line 2: anchors and aliases are not read; write the value out"),
        ("kind: backtest\nname: *a\n", "line 2: anchors and aliases are not read"),
        ("kind: backtest\n<<: {a: 1}\n", "line 2: merge keys (<<) are not read; write the values out"),
        (
            "kind: !!python/name:os.system x\n",
            "line 1: the tag tag:yaml.org,2002:python/name:os.system is not read",
        ),
        ("kind: dqn\nname: a\nname: b\n", "line 3: name is given twice; keep one"),
        ("kind: dqn\n[a]: b\n", "line 2: a key is a list or mapping; write a name"),
        ("kind: [\n", "not readable as YAML"),
        ("kind: dqn\n---\nkind: dqn\n", "not readable as YAML"),
        ("kind: \x07\n", "not readable as YAML"),
    ],
)
def test_a_fault_is_one_line_with_its_place(tmp_path, text, complaint):
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'one.yaml'}: ")
    assert complaint in message
    assert "\n" not in message


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml: no such file; check the path"):
        load_config(tmp_path / "none.yaml")


def test_a_folder_or_bytes_are_no_config(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not text in UTF-8"):
        load_config(tmp_path / "b.yaml")


def test_a_config_of_another_command_says_which_command_reads_it():
    with pytest.raises(
        ConfigError, match="kind is dqn, and this command reads backtest or paper; try fxlab train"
    ):
        load_config(ROOT / "configs/train/dqn.yaml", ("backtest", "paper"))


# ----------------------------------------------------------------------------------------------- edits


def test_set_edits_before_anything_is_checked(tmp_path):
    config = loaded(
        tmp_path,
        BACKTEST + "costs: {spread_pips: wrong}\n",
        "costs.spread_pips=1.2",
        "strategy.params.fast=5",
        "account.leverage={EURUSD: 20}",
        "data.start=2017-03",
        "close_at_end=true",
    )
    assert config.costs.spread_pips == 1.2
    assert config.strategy.params == {"fast": 5}
    assert config.account.leverage == {"EURUSD": 20.0}
    assert config.data.start == "2017-03"
    assert config.close_at_end is True


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        ("costs.spread_pips", "--set 'costs.spread_pips'; write path=value, such as costs.spread_pips=1.2"),
        ("=3", "write path=value"),
        ("costs..x=3", "write path=value"),
        ("name.x=3", "name is not a section; set it as a whole"),
        ("costs.spread_pips=[1", "not readable as YAML"),
        ("costs.spred=1", "costs.spred is not a field of Costs; did you mean spread_pips?"),
    ],
)
def test_an_edit_that_cannot_be_made_is_named(tmp_path, edit, complaint):
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, BACKTEST, edit)
    assert complaint in str(caught.value)


# ------------------------------------------------------------------------------------------------ YAML

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\u2028\u2029"), max_size=20
)
names = st.text(st.characters(categories=["Ll", "Lu", "Nd"], max_codepoint=127), min_size=1, max_size=8)
contents = st.recursive(
    scalars | texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)
)


@given(contents)
def test_what_is_written_is_read_back_equal(content):
    assert parse_yaml(format_yaml(content)) == content


@pytest.mark.parametrize(
    "text",
    ["no", "on", "y", "1e-3", "12:30", "2017-01-01", "0x10", "null", "~", "1_000", "-", "<<", "=", ".5", ""],
)
def test_text_that_looks_like_something_else_stays_text(text):
    assert parse_yaml(format_yaml({"a": text})) == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("1e-3", 0.001),
        ("12:30", "12:30"),
        ("2017-01-01", "2017-01-01"),
        ("10_000", 10_000),
        ("-.5", -0.5),
        ("2.", 2.0),
        ("+7", 7),
        ("true", True),
        ("~", None),
    ],
)
def test_scalars_follow_yaml_1_2(text, value):
    parsed = parse_yaml(text)
    assert parsed == value
    assert type(parsed) is type(value)


@given(
    spread=st.none() | st.floats(0, 100),
    slippage=st.floats(0, 100) | st.dictionaries(st.sampled_from(["EURUSD", "USDJPY"]), st.floats(0, 9)),
    balance=st.floats(1, 1e9),
    params=st.dictionaries(names, scalars | texts, max_size=3),
)
def test_a_dumped_config_loads_back_equal(tmp_path_factory, spread, slippage, balance, params):
    config = BacktestConfig(
        name="x",
        strategy=StrategyConfig("a.py:f", params),
        costs=Costs(spread_pips=spread, slippage_pips=slippage),
        account=Account(balance=balance),
    )
    assert loaded(tmp_path_factory.getbasetemp(), dump_config(config)) == config


def test_only_configs_are_dumped():
    with pytest.raises(TypeError, match="Costs is not a config; give one of BacktestConfig"):
        dump_config(Costs())


def test_a_table_of_rates_cannot_be_written():
    costs = Costs(swap="rates", rates=pd.DataFrame({"EUR": [1.0]}))
    with pytest.raises(ConfigError, match=r"costs\.rates is a DataFrame, which YAML cannot write"):
        dump_config(BacktestConfig(name="x", strategy=StrategyConfig("a.py:f"), costs=costs))


def test_a_split_is_a_share_and_a_gap():
    with pytest.raises(ValueError, match=r"train is 1\.0; give a share"):
        SplitConfig(train=1.0)


# ---------------------------------------------------------------------------------------- strategy files


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ideas").mkdir()
    (tmp_path / "ideas" / "mine.py").write_text(
        "import math\n\ndef always_long(bars, size: float = 1.0):\n    return size\n\nnumber = 3\n"
    )
    return tmp_path


def test_a_strategy_is_a_function_in_a_file_of_the_working_folder(folder):
    assert load_strategy("ideas/mine.py:always_long")(None) == 1.0


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("ideas/mine.py", r"write file\.py:function, such as strategies/ma_cross\.py:ma_cross"),
        ("ideas.mine:always_long", r"write file\.py:function"),
        ("ideas/mine.py:not a name", r"write file\.py:function"),
        ("ideas/other.py:f", "no file ideas/other.py in "),
        ("../mine.py:f", "outside the working folder"),
        ("/etc/mine.py:f", "outside the working folder"),
        ("ideas/mine.py:always_lng", "has no function always_lng; did you mean always_long?"),
        ("ideas/mine.py:number", "has no function number; there are always_long"),
    ],
)
def test_a_path_that_names_no_strategy_says_why(folder, path, complaint):
    with pytest.raises(ConfigError, match=complaint):
        load_strategy(path)


def test_a_link_does_not_lead_out_of_the_working_folder(folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "far.py"
    outside.write_text("def f(bars): return 0\n")
    (folder / "near.py").symlink_to(outside)
    with pytest.raises(ConfigError, match="outside the working folder"):
        load_strategy("near.py:f")


def test_a_file_that_is_not_python_names_the_line(folder):
    (folder / "broken.py").write_text("x = 1\ndef f(:\n")
    with pytest.raises(ConfigError, match=r"broken\.py: line 2: invalid syntax; mend the strategy"):
        load_strategy("broken.py:f")


def test_strategy_params_are_checked_against_the_function(folder):
    path = "ideas/mine.py:always_long"
    assert StrategyConfig(path, {"size": 2.0}).load()(None, size=2.0) == 2.0
    with pytest.raises(
        ConfigError, match=r"strategy\.params\.sise is not a parameter of always_long; did you mean size\?"
    ):
        StrategyConfig(path, {"sise": 1}).load()
    with pytest.raises(ConfigError, match=r"strategy\.params\.size is 'big' \(text\); expected a number"):
        StrategyConfig(path, {"size": "big"}).load()
