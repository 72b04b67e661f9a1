"""A world with a known optimum, and agents that have learned in it; learned once a session."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import fxlab as fx


@pytest.fixture(scope="session")
def wave() -> fx.Bars:
    """2,000 hours of a price that follows a sine of 48 bars and one percent, nothing else."""
    price = 1.1 * np.exp(0.01 * np.sin(2 * np.pi * np.arange(2_001) / 48))
    index = pd.date_range("2017-01-02", periods=2_000, freq="1h", tz="UTC")
    frame = pd.DataFrame({"open": price[:-1], "close": price[1:]}, index=index)
    frame["high"], frame["low"] = frame.max(axis=1), frame.min(axis=1)
    return fx.Bars.from_frame(frame, "EURUSD", side="mid", spread_pips=0.8, every="1h")


@pytest.fixture(scope="session")
def pipeline(wave) -> fx.features.FeaturePipeline:
    """The last return, scaled."""
    return fx.features.FeaturePipeline(["log_return", "rsi"]).fit(wave)


@pytest.fixture(scope="session")
def env(wave, pipeline) -> fx.TradingEnv:
    """Trade the wave."""
    return fx.TradingEnv(wave, pipeline, window=6, costs=fx.Costs(slippage_pips=0.2))


@pytest.fixture(scope="session")
def agent(env) -> fx.DQNAgent:
    """One that has learned the wave; nobody may teach it more."""
    return fx.DQNAgent(env, seed=0, learning_rate=2e-3, gamma=0.9).learn(10_000)


@pytest.fixture(scope="session")
def trio() -> fx.Bars:
    """Three pairs, 150 made-up hours."""
    return fx.load_bars(["EURUSD", "USDJPY", "GBPUSD"], source="synthetic", n_bars=150, seed=1)


@pytest.fixture(scope="session")
def trader_of_three(trio) -> fx.DQNAgent:
    """One with an action for each of 27 combinations."""
    pipeline = fx.features.FeaturePipeline(["log_return"]).fit(trio)
    env = fx.TradingEnv(trio, pipeline, window=4, account=fx.Account(currency="JPY", balance=1e6))
    return fx.DQNAgent(env, seed=3, n_envs=16, batch_size=64, learning_starts=64).learn(1_600)
