from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import fxlab as fx


@pytest.mark.parametrize("pairs", ["euro", "trio"])
@pytest.mark.parametrize("episode_bars", [None, 7])
def test_each_account_lives_as_a_single_environment_does(request, rng, pairs, episode_bars):
    """Starts, observations, rewards, ends and the next episodes, to the bit."""
    bars, n = request.getfixturevalue(pairs), 4
    options = {"window": 5, "costs": fx.Costs(slippage_pips=0.2), "episode_bars": episode_bars}
    vec = fx.VectorTradingEnv(bars, n, random_start=True, **options)
    singles = [fx.TradingEnv(bars, random_start=True, **options) for _ in range(n)]
    observations, infos = vec.reset(seed=11)
    for k, env in enumerate(singles):
        first, info = env.reset(seed=11 + k)
        assert np.array_equal(observations[k], first)
        assert bars.index[infos["bar"][k]] == info["time"]
    n_ended = 0
    for _ in range(60):
        actions = rng.integers(0, 3, vec.action_space.shape)
        observations, rewards, terminated, truncated, infos = vec.step(actions)
        for k, env in enumerate(singles):
            last, reward, is_terminated, is_truncated, info = env.step(actions[k])
            assert rewards[k] == reward
            assert (terminated[k], truncated[k]) == (is_terminated, is_truncated)
            if is_terminated or is_truncated:
                n_ended += 1
                assert infos["_final_obs"][k] and np.array_equal(infos["final_obs"][k], last)
                assert infos["final_info"]["equity"][k] == info["equity"]
                assert np.array_equal(vec.result(k).equity.to_numpy(), env.result().equity.to_numpy())
                last, info = env.reset()
            assert np.array_equal(observations[k], last)
            assert infos["equity"][k] == info["equity"]
    assert n_ended > 0


def test_an_ended_episode_hands_out_its_last_observation_and_the_first_of_the_next(euro):
    vec = fx.VectorTradingEnv(euro, 3, window=4, random_start=False, episode_bars=5)
    assert vec.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP
    first, _ = vec.reset(seed=0)
    for _ in range(4):
        _, _, _, truncated, infos = vec.step([2, 1, 0])
        assert not truncated.any() and "final_obs" not in infos
    observations, _, terminated, truncated, infos = vec.step([2, 1, 0])
    assert truncated.all() and not terminated.any()
    assert np.array_equal(observations, first)
    finals = np.stack(list(infos["final_obs"]))
    assert not np.array_equal(finals, first)
    assert finals[:, 4].tolist() == [1.0, 0.0, -1.0]  # the target last requested
    assert (infos["equity"] == 10_000).all()


def test_a_result_is_of_the_running_episode_or_of_the_one_just_ended(euro):
    vec = fx.VectorTradingEnv(euro, 2, window=4, random_start=False, episode_bars=3)
    vec.reset(seed=0)
    vec.step([2, 1])
    assert len(vec.result(0).equity) == 2
    vec.step([2, 1])
    vec.step([2, 1])
    assert len(vec.result(0).equity) == 4 and len(vec.result(0).fills) == 1
    vec.step([1, 1])
    assert len(vec.result(0).equity) == 2 and len(vec.result(0).fills) == 0


def test_ruin_terminates_one_account_and_leaves_the_others_alone():
    bars = fx.load_bars("EURUSD", source="synthetic", every="1D", n_bars=200, seed=2, volatility=2.0)
    vec = fx.VectorTradingEnv(
        bars,
        2,
        window=1,
        exposures=(-90.0, 0.0),
        account=fx.Account(leverage=100.0, stop_out=0.0),
        random_start=False,
    )
    vec.reset(seed=0)
    for _ in range(190):
        _, _, terminated, _, infos = vec.step([0, 1])
        assert not terminated[1] and infos["equity"][1] == 10_000
        if terminated[0]:
            break
    assert terminated[0]
    assert infos["final_info"]["equity"][0] <= 0 and infos["equity"][0] == 10_000
    assert vec.result(0).equity.iloc[-1] == infos["final_info"]["equity"][0]


def test_the_same_seed_gives_the_same_episodes(euro):
    vec = fx.VectorTradingEnv(euro, 8, window=4, episode_bars=3)

    def starts(seed):
        found = [vec.reset(seed=seed)[1]["bar"]]
        for _ in range(9):
            found.append(vec.step(np.ones(8, int))[4]["bar"])
        return np.array(found)

    assert np.array_equal(starts(5), starts(5))
    assert not np.array_equal(starts(5), starts(6))
    by_name = [5 + k for k in range(8)]
    assert np.array_equal(vec.reset(seed=by_name)[1]["bar"], starts(5)[0])


def test_starts_may_be_given_for_each_account(euro):
    vec = fx.VectorTradingEnv(euro, 3, window=4)
    assert vec.reset(seed=0, options={"start": [5, 50, 7]})[1]["bar"].tolist() == [5, 50, 7]
    assert vec.reset(options={"start": 0})[1]["bar"].tolist() == [0, 0, 0]
    last = len(euro) - 2
    with pytest.raises(ValueError, match=rf"options start is \[0, 1, 999\]; these bars allow 0 to {last}"):
        vec.reset(options={"start": [0, 1, 999]})
    with pytest.raises(ValueError, match="2 seeds for 3 accounts"):
        vec.reset(seed=[1, 2])


def test_spaces_are_those_of_the_single_environment_in_a_batch(euro, trio):
    one, many = fx.VectorTradingEnv(euro, 6, window=4), fx.VectorTradingEnv(trio, 6, window=4)
    assert one.single_action_space == gymnasium.spaces.Discrete(3)
    assert one.observation_space.shape == (6, 7)
    assert many.action_space.shape == (6, 3)
    observations, _ = many.reset(seed=0)
    assert many.observation_space.contains(observations)


def test_a_reward_may_be_a_function(euro):
    vec = fx.VectorTradingEnv(euro, 4, window=4, reward=lambda before, after: after - before)
    _, infos = vec.reset(seed=0)
    before = infos["equity"]
    _, rewards, _, _, infos = vec.step([2, 2, 0, 1])
    assert np.array_equal(rewards, infos["equity"] - before)


def test_bad_calls_are_named(euro):
    for count in (0, 2.5):
        with pytest.raises(ValueError, match=f"num_envs is {count}; 1 or more"):
            fx.VectorTradingEnv(euro, count)
    with pytest.raises(ValueError, match="200 exposures; 127 or fewer"):
        fx.VectorTradingEnv(euro, 2, exposures=np.linspace(-1, 1, 200))
    vec = fx.VectorTradingEnv(euro, 2, window=4)
    with pytest.raises(RuntimeError, match=r"no episode has begun; call reset\(\) first"):
        vec.step([0, 0])
    vec.reset(seed=0)
    with pytest.raises(ValueError, match=r"actions have shape \(3,\); 2 accounts of 1 pairs need one each"):
        vec.step([0, 0, 0])
    for action in (-1, 3):
        with pytest.raises(ValueError, match=f"action {action} is outside 0 to 2"):
            vec.step([0, action])
