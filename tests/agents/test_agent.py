"""What an agent does in a run: it sees and does what it saw and did in its environment."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import fxlab as fx
from fxlab.agents.agent import action_levels


def lived(agent: fx.DQNAgent, bars: fx.Bars, env: fx.TradingEnv) -> tuple[fx.Result, np.ndarray, int]:
    """An episode in the environment from its first start to its end: result, observations, first start."""
    env = env.with_bars(bars)
    observation, _ = env.reset()
    seen, ended = [], False
    while not ended:
        seen.append(observation)
        observation, _, terminated, truncated, _ = env.step(agent.act(observation))
        ended = terminated or truncated
    return env.result(), np.array(seen), env.first_start


def watched(agent: fx.DQNAgent, monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """The observations that the agent decides on from now on."""
    seen: list[np.ndarray] = []
    q_values = agent.q_values

    def remember(observations):
        seen.extend(observations)
        return q_values(observations)

    monkeypatch.setattr(agent, "q_values", remember)
    return seen


@pytest.fixture(params=["agent", "trader_of_three"])
def case(request, env, wave, trio, trader_of_three):
    """An agent, bars and its environment."""
    if request.param == "agent":
        return request.getfixturevalue("agent"), wave[:400], env
    return trader_of_three, trio, trader_of_three._env


def test_a_backtest_of_an_agent_is_its_episode_in_the_environment_to_the_bit(case, monkeypatch):
    agent, bars, env = case
    episode, observations, first = lived(agent, bars, env)
    seen = watched(agent, monkeypatch)
    result = fx.backtest(agent, bars, costs=env.tape.costs, account=env.tape.account)
    assert len(episode.fills) > 3
    assert np.array_equal(np.array(seen), observations)
    assert np.array_equal(result.equity.to_numpy()[first:], episode.equity.to_numpy())
    assert (result.equity.iloc[:first] == env.tape.account.balance).all()
    for name in ("fills", "trades"):
        pd.testing.assert_frame_equal(getattr(result, name), getattr(episode, name), check_exact=True)


def test_a_paper_session_of_an_agent_is_its_backtest_to_the_bit(case):
    agent, bars, env = case
    bars, terms = bars[:90], {"costs": env.tape.costs, "account": env.tape.account}
    expected = fx.backtest(agent, bars, **terms)
    paper = fx.paper_trade(agent, fx.paper.ReplayFeed(bars), **terms)
    assert len(expected.fills) > 0
    assert np.array_equal(paper.equity.to_numpy(), expected.equity.to_numpy())
    assert paper.fills.equals(expected.fills) and paper.ledger.equals(expected.ledger)


def test_many_accounts_act_as_one_does(agent, env, wave):
    vec = fx.VectorTradingEnv(wave, 7, env.pipeline, env.window, costs=env.tape.costs)
    observations, _ = vec.reset(seed=4)
    for _ in range(30):
        actions = agent.act(observations)
        assert actions.shape == (7,)
        assert [agent.act(one) for one in observations] == actions.tolist()
        observations, *_ = vec.step(actions)


def test_an_agent_is_flat_until_its_window_is_complete(agent, env, wave):
    result = fx.backtest(agent, wave[: env.first_start + 5])
    assert env.first_start == 14 + 6 - 1  # RSI warms up for 14 bars, and six are wanted
    targets = []
    agent.reset()

    class Watch:
        def reset(self):
            agent.reset()

        def decide(self, view):
            targets.append(agent.decide(view)["EURUSD"])
            return {"EURUSD": targets[-1]}

    fx.backtest(Watch(), wave[: env.first_start + 5])
    assert targets[: env.first_start] == [0.0] * env.first_start
    assert any(targets[env.first_start :])
    assert len(result.fills) > 0


def test_an_agent_is_a_policy(agent):
    assert isinstance(agent, fx.strategy.Policy)


def test_an_agent_refuses_other_pairs_than_it_learned(agent, trio):
    with pytest.raises(
        ValueError, match="DQNAgent learned on EURUSD; these bars hold EURUSD, USDJPY, GBPUSD"
    ):
        fx.backtest(agent, trio)


def test_actions_of_several_pairs_count_the_last_pair_fastest():
    assert action_levels(2, 2).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert action_levels(3, 1).tolist() == [[0], [1], [2]]
    assert action_levels(3, 6).shape == (729, 6)


def test_too_many_actions_are_refused():
    with pytest.raises(
        ValueError, match="3 exposures for each of 7 pairs are 2,187 actions; an agent takes 729"
    ):
        action_levels(3, 7)


def test_acting_takes_one_observation_or_rows_of_them(agent, trader_of_three):
    one = np.zeros(agent.observation_size, np.float32)
    assert agent.act(one).shape == () and agent.act(one[None]).shape == (1,)
    three = np.zeros(trader_of_three.observation_size, np.float32)
    assert trader_of_three.act(three).shape == (3,)
    assert trader_of_three.act(np.stack([three] * 5)).shape == (5, 3)
    assert trader_of_three.q_values(three[None]).shape == (1, 27)
