from __future__ import annotations

import numpy as np
import pytest

import fxlab as fx


def test_the_sb3_form_passes_on_what_the_vector_environment_gives(euro):
    vec = fx.VectorTradingEnv(euro, 4, window=4, episode_bars=3)
    plain = fx.VectorTradingEnv(euro, 4, window=4, episode_bars=3)
    sb3 = vec.as_sb3(reward_scale=100.0)
    sb3.seed(3)
    assert np.array_equal(sb3.reset(), plain.reset(seed=3)[0])
    for _ in range(7):
        observations, rewards, dones, infos = sb3.step(np.array([0, 1, 2, 2]))
        wanted, raw, terminated, truncated, told = plain.step(np.array([0, 1, 2, 2]))
        assert np.array_equal(observations, wanted)
        assert rewards.dtype == np.float32 and np.array_equal(rewards, (raw * 100).astype(np.float32))
        assert np.array_equal(dones, terminated | truncated)
        for k in range(4):
            assert ("terminal_observation" in infos[k]) == dones[k]
            if dones[k]:
                assert np.array_equal(infos[k]["terminal_observation"], told["final_obs"][k])
                assert infos[k]["TimeLimit.truncated"] == truncated[k]


def test_the_sb3_form_answers_for_each_account(euro):
    sb3 = fx.VectorTradingEnv(euro, 3, window=4).as_sb3()
    assert sb3.get_attr("window") == [4, 4, 4]
    assert sb3.get_attr("window", indices=1) == [4]
    assert sb3.env_is_wrapped(object, indices=[0, 2]) == [False, False]
    sb3.reset()
    assert [len(one.equity) for one in sb3.env_method("result", 0)] == [1, 1, 1]
    with pytest.raises(NotImplementedError, match="accounts share one environment; set window on it"):
        sb3.set_attr("window", 5)
    sb3.close()
