from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import fxlab as fx

SHORT, FLAT, LONG = 0, 1, 2


@pytest.mark.parametrize("random_start", [False, True])
@pytest.mark.parametrize("episode_bars", [None, 20])
@pytest.mark.parametrize("pairs", ["euro", "trio"])
@pytest.mark.parametrize(
    "reward", ["log_equity", "equity_change", lambda before, after: float(after > before)]
)
def test_gymnasium_finds_no_fault(request, pairs, random_start, episode_bars, reward):
    env = fx.TradingEnv(
        request.getfixturevalue(pairs),
        window=5,
        reward=reward,
        random_start=random_start,
        episode_bars=episode_bars,
    )
    check_env(env, skip_render_check=True)


def test_stable_baselines3_finds_no_fault(euro, trio):
    from stable_baselines3.common.env_checker import check_env as check_for_sb3

    for bars in (euro, trio):
        check_for_sb3(fx.TradingEnv(bars, window=5, episode_bars=10, random_start=True))


def test_an_action_is_filled_at_the_open_of_the_next_bar(euro):
    env = fx.TradingEnv(euro, window=3)
    env.reset(options={"start": 10})
    env.step(LONG)
    fill = env.result().fills.iloc[0]
    assert fill["time"] == euro.index[11]
    assert fill["price"] == euro.ask.open["EURUSD"].iloc[11]
    assert fill["side"] == "buy"


def test_a_reward_is_the_log_return_of_equity_and_they_sum_to_that_of_the_episode(euro):
    env = fx.TradingEnv(euro, window=3)
    _, info = env.reset()
    first, rewards, ended = info["equity"], [], False
    while not ended:
        before = info["equity"]
        _, reward, terminated, truncated, info = env.step(LONG)
        assert reward == pytest.approx(np.log(info["equity"] / before), rel=1e-12, abs=1e-15)
        rewards.append(reward)
        ended = terminated or truncated
    assert sum(rewards) == pytest.approx(np.log(info["equity"] / first), abs=1e-12)
    assert np.array_equal(np.array(rewards), env.result().log_returns().to_numpy())


def test_a_reward_may_be_the_change_of_equity_or_a_function(euro):
    plain = fx.TradingEnv(euro, window=3, reward="equity_change")
    own = fx.TradingEnv(euro, window=3, reward=lambda before, after: 2 * (after - before))
    plain.reset()
    own.reset()
    for _ in range(10):
        change = plain.step(LONG)[1]
        assert own.step(LONG)[1] == 2 * change
        assert plain.step(SHORT)[1] == own.step(SHORT)[1] / 2


def test_an_observation_is_a_window_of_features_then_target_exposure_and_open_profit(euro):
    env = fx.TradingEnv(euro, window=3)
    observation, _ = env.reset()
    close = euro.close["EURUSD"]
    moves = (np.log(close / close.shift(1)) * 1_000).to_numpy()
    assert env.first_start == 3  # the first return is unknown, and three are wanted
    assert observation == pytest.approx(np.array([*moves[1:4], 0, 0, 0], np.float32))
    observation, *_ = env.step(SHORT)
    assert observation[:3] == pytest.approx(moves[2:5].astype(np.float32))
    assert observation[3] == -1.0
    assert observation[4] == pytest.approx(env.result().exposure["EURUSD"].iloc[-1], rel=1e-6)
    worth = env.simulation.equity / env.simulation.balance - 1
    assert observation[5] == pytest.approx(worth, rel=1e-5)


def test_bars_before_the_first_read_as_zero(euro):
    env = fx.TradingEnv(euro, window=6)
    observation, _ = env.reset(options={"start": 1})
    assert np.array_equal(observation[:5], np.zeros(5, np.float32))
    assert observation[5] != 0


def test_features_may_be_a_fitted_pipeline_or_functions_of_bars(euro):
    def body(bars):
        return (bars.close - bars.open).iloc[:, 0] * 1e4

    def hour(bars):
        return bars.index.hour.to_numpy() / 24.0

    env = fx.TradingEnv(euro, features=[body, hour], window=1)
    observation, _ = env.reset(options={"start": 4})
    assert observation[0] == pytest.approx(body(euro).iloc[4], rel=1e-6)
    assert observation[1] == np.float32(euro.index.hour[4] / 24)
    pipeline = fx.features.FeaturePipeline(["rsi", "time_of_day"]).fit(euro)
    env = fx.TradingEnv(euro, features=pipeline, window=2)
    observation, _ = env.reset()
    wanted = pipeline.transform(euro).to_numpy()[env.first_start - 1 : env.first_start + 1]
    assert np.array_equal(observation[:-3], wanted.astype(np.float32).ravel())


def test_an_episode_is_truncated_at_the_last_bar(euro):
    env = fx.TradingEnv(euro, window=3)
    env.reset(options={"start": len(euro) - 3})
    assert env.step(FLAT)[2:4] == (False, False)
    assert env.step(FLAT)[2:4] == (False, True)
    with pytest.raises(RuntimeError, match=r"the episode has ended; call reset\(\)"):
        env.step(FLAT)


def test_an_episode_is_truncated_after_episode_bars(euro):
    env = fx.TradingEnv(euro, window=3, episode_bars=4)
    env.reset()
    flags = [env.step(FLAT)[3] for _ in range(4)]
    assert flags == [False, False, False, True]
    assert len(env.result().equity) == 5


def test_ruin_terminates_an_episode():
    bars = fx.load_bars("EURUSD", source="synthetic", every="1D", n_bars=200, seed=2, volatility=2.0)
    env = fx.TradingEnv(
        bars, window=1, exposures=(-90.0, 90.0), account=fx.Account(leverage=100.0, stop_out=0.0)
    )
    env.reset()
    terminated = truncated = False
    while not (terminated or truncated):
        observation, reward, terminated, truncated, info = env.step(0)
        assert env.observation_space.contains(observation) and not np.isnan(reward)
    assert terminated and not truncated
    assert info["equity"] <= 0 and not info["lots"].any()
    with pytest.raises(RuntimeError, match="the episode has ended"):
        env.step(0)


def test_seeds_choose_the_start_and_the_global_generator_does_not(euro):
    env = fx.TradingEnv(euro, window=3, random_start=True)

    def starts(seed):
        first = env.reset(seed=seed)[1]["time"]
        return [first, *(env.reset()[1]["time"] for _ in range(5))]

    one = starts(7)
    np.random.seed(1)  # noqa: NPY002 - what it must not listen to
    assert starts(7) == one
    assert starts(8) != one
    assert min(one) >= euro.index[env.first_start]


def test_random_starts_leave_room_for_a_whole_episode_and_use_all_of_it(euro):
    env = fx.TradingEnv(euro, window=3, random_start=True, episode_bars=len(euro) - 7)
    env.reset(seed=0)
    starts = {euro.index.get_loc(env.reset()[1]["time"]) for _ in range(60)}
    assert starts == {3, 4, 5, 6}


def test_the_same_environment_on_other_bars_keeps_its_fitted_features(euro):
    march, april = (fx.load_bars("EURUSD")[month] for month in ("2017-03", "2017-04"))
    pipeline = fx.features.FeaturePipeline(["rsi"]).fit(march)
    costs, account = fx.Costs(slippage_pips=0.5), fx.Account(balance=777.0)
    env = fx.TradingEnv(
        march, pipeline, window=5, costs=costs, account=account, exposures=(0, 1), episode_bars=9
    )
    other = env.with_bars(april)
    assert other.pipeline is pipeline and other.bars is april
    assert (other.window, other.episode_bars, other.random_start) == (5, 9, False)
    assert other.tape.costs == costs and other.tape.account == account
    assert np.array_equal(other.exposures, [0.0, 1.0])


def test_several_pairs_take_an_action_each(trio):
    env = fx.TradingEnv(trio, window=2)
    assert isinstance(env.action_space, gymnasium.spaces.MultiDiscrete)
    env.reset()
    env.step([LONG, FLAT, SHORT])
    lots = env.simulation.lots
    assert lots[0] > 0 and lots[1] == 0 and lots[2] < 0
    assert np.array_equal(env.targets[env.first_start], [1.0, 0.0, -1.0])


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"window": 0}, "window is 0; a number of bars, 1 or more"),
        ({"window": 2.5}, "window is 2.5"),
        ({"window": 5_000}, "a warm-up of 1 and a window of 5000 bars leave nothing to trade of 1"),
        ({"episode_bars": 0}, "episode_bars is 0; these bars allow 1 to"),
        ({"episode_bars": 9_999}, "episode_bars is 9999; these bars allow 1 to"),
        ({"reward": "log_equty"}, "reward 'log_equty' is not known; did you mean log_equity?"),
        ({"reward": "sharpe"}, "reward 'sharpe' is not known; there are log_equity, equity_change"),
        ({"exposures": (1.0,)}, "two or more finite numbers"),
        ({"exposures": (0.0, np.inf)}, "two or more finite numbers"),
        ({"features": fx.features.FeaturePipeline(["rsi"])}, "the FeaturePipeline is not fitted"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_one_line(euro, options, complaint):
    with pytest.raises(ValueError, match=complaint.replace("?", r"\?")):
        fx.TradingEnv(euro, **options)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"reward": 3}, "reward is 3; give a name or a function of"),
        ({"features": 5}, "features is 5; give a fitted FeaturePipeline or functions of bars"),
        ({"features": "rsi"}, "features is 'rsi'; give a fitted FeaturePipeline"),
    ],
)
def test_settings_of_a_wrong_kind_are_refused_in_one_line(euro, options, complaint):
    with pytest.raises(TypeError, match=complaint):
        fx.TradingEnv(euro, **options)


def test_a_start_outside_the_bars_is_refused(euro):
    env = fx.TradingEnv(euro, window=3)
    last = len(euro) - 2
    for start in (-1, last + 1):
        with pytest.raises(ValueError, match=f"options start is {start}; these bars allow 0 to {last}"):
            env.reset(options={"start": start})


def test_an_action_outside_the_space_is_refused_and_not_counted_from_the_end(euro, trio):
    env = fx.TradingEnv(euro, window=3)
    with pytest.raises(RuntimeError, match=r"no episode has begun; call reset\(\) first"):
        env.step(LONG)
    env.reset()
    for action in (-1, 3):
        with pytest.raises(ValueError, match=f"action {action} is not 1 of 0 to 2"):
            env.step(action)
    several = fx.TradingEnv(trio, window=3)
    several.reset()
    with pytest.raises(ValueError, match="action 1 is not 3 of 0 to 2, one for each pair"):
        several.step(1)
