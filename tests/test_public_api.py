"""The names that users import: pinned, so that none comes or goes by accident."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import fxlab

NAMES = [
    "Account",
    "Bars",
    "Costs",
    "DQNAgent",
    "Instrument",
    "LSTMForecaster",
    "Result",
    "Targets",
    "TradingEnv",
    "VectorTradingEnv",
    "backtest",
    "check_lookahead",
    "load_bars",
    "paper_trade",
    "sweep",
    "walk_forward",
]
ROOMS = [
    "agents",
    "backtesting",
    "data",
    "envs",
    "execution",
    "features",
    "market",
    "metrics",
    "models",
    "paper",
    "report",
    "sentiment",
    "strategy",
    "validation",
]


def test_the_public_names_are_these():
    assert fxlab.__all__ == NAMES
    assert dir(fxlab) == sorted([*NAMES, *ROOMS, "__version__"])


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_there_and_explained(name):
    value = getattr(fxlab, name)
    assert value.__name__ == name
    assert value.__doc__


@pytest.mark.parametrize("name", ROOMS)
def test_every_room_is_there_and_explained(name):
    room = getattr(fxlab, name)
    assert room is importlib.import_module(f"fxlab.{name}")
    assert room.__doc__


@pytest.mark.parametrize("name", [room for room in ROOMS if room != "metrics"])
def test_every_name_that_a_room_offers_is_there(name):
    room = importlib.import_module(f"fxlab.{name}")
    assert room.__all__
    for one in room.__all__:
        assert getattr(room, one, None) is not None, f"fxlab.{name}.{one}"


def test_no_module_shares_the_import_path_of_a_public_verb():
    modules = {one.name for one in pkgutil.iter_modules(fxlab.__path__)}
    assert not modules & set(NAMES)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'fxlab' has no attribute 'back_test'"):
        fxlab.back_test  # noqa: B018
