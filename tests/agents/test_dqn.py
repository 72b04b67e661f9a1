from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile

import numpy as np
import pytest

import fxlab as fx
from fxlab.data import DataError

QUICK = {"n_envs": 8, "batch_size": 32, "learning_starts": 64, "hidden": (16,)}


def same_weights(one: fx.DQNAgent, other: fx.DQNAgent) -> bool:
    mine, yours = one.network.arrays(), other.network.arrays()
    return mine.keys() == yours.keys() and all(np.array_equal(mine[name], yours[name]) for name in mine)


@pytest.fixture(scope="module")
def quick(env) -> fx.DQNAgent:
    """One that has learned very little."""
    return fx.DQNAgent(env, seed=5, **QUICK).learn(400)


# --- learning --------------------------------------------------------------------------------------------


def test_it_learns_to_ride_a_wave(agent, env, wave):
    """The best that can be done is to hold the sign of the next move; 90 % of its log return is asked for."""
    ahead = np.sign(wave.close["EURUSD"].diff().shift(-1)).fillna(0.0)
    best = fx.backtest(ahead, wave, costs=env.tape.costs).log_returns().sum()
    earned = fx.backtest(agent, wave, costs=env.tape.costs).log_returns().sum()
    assert best == pytest.approx(1.6, abs=0.1)  # 4 × 1 % in each of 41 periods, less costs
    assert earned > 0.9 * best


def test_the_same_seed_gives_the_same_weights_whatever_else_is_drawn(env, quick):
    random.seed(9)
    np.random.seed(9)  # noqa: NPY002 - SB3 draws from it
    again = fx.DQNAgent(env, seed=5, **QUICK)
    np.random.seed(10)  # noqa: NPY002
    assert same_weights(again.learn(400), quick)
    assert not same_weights(fx.DQNAgent(env, seed=6, **QUICK).learn(400), quick)


def test_learning_again_goes_on_and_is_repeatable(env):
    def twice():
        agent = fx.DQNAgent(env, seed=5, **QUICK).learn(200)
        before = agent.network
        np.random.random(3)  # noqa: NPY002 - what happens in between does not matter
        agent.learn(100)
        assert agent.n_steps == 304  # whole steps of eight accounts
        assert not np.array_equal(before.weights[0], agent.network.weights[0])
        return agent

    assert same_weights(twice(), twice())


def test_a_vector_environment_is_used_as_it_is(wave, pipeline):
    vec = fx.VectorTradingEnv(wave, 4, pipeline, window=3, episode_bars=50)
    agent = fx.DQNAgent(vec, seed=1, **QUICK).learn(200)
    assert agent.n_steps == 200 and agent.observation_size == 2 * 3 + 3


def test_learning_leaves_no_trace_in_the_process(env, capfd, tmp_path, monkeypatch):
    import torch

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    torch.set_num_threads(2)
    before = random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    fx.DQNAgent(env, seed=5, **QUICK).learn(200)
    assert torch.get_num_threads() == 2
    torch.set_num_threads(1)
    assert random.getstate() == before[0]
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), before[2])
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


def test_progress_is_told_up_to_the_end(env):
    told = []
    fx.DQNAgent(env, seed=5, **QUICK).learn(800, progress=lambda done, figures: told.append((done, figures)))
    shares = [done for done, _ in told]
    assert shares == sorted(shares) and shares[-1] == 1.0 and 50 < len(shares) <= 201
    last = told[-1][1]
    assert last["steps"] == 800
    assert last["exploration"] == pytest.approx(0.05)
    assert last["loss"] > 0 and abs(last["reward"]) < 0.01


def test_what_was_learned_before_an_interruption_is_kept(env):
    def stop(done, figures):
        if done > 0.5:
            raise KeyboardInterrupt

    agent = fx.DQNAgent(env, seed=5, **QUICK)
    with pytest.raises(KeyboardInterrupt):
        agent.learn(400, progress=stop)
    assert 200 < agent.n_steps < 300
    assert agent.act(np.zeros(agent.observation_size)) in (0, 1, 2)


def test_random_actions_are_drawn_for_each_account(env, rng):
    agent = fx.DQNAgent(env, seed=5, **{**QUICK, "n_envs": 64}).learn(640)
    model = agent._training.model
    rows = rng.normal(size=(64, agent.observation_size)).astype(np.float32)
    greedy, _ = model.predict(rows, deterministic=True)
    model.exploration_rate = 0.5
    changed = [int((model.predict(rows)[0] != greedy).sum()) for _ in range(20)]
    assert all(
        5 < n < 45 for n in changed
    )  # about a third: half explore, a third of those as the greedy action


def test_q_values_of_a_row_do_not_depend_on_its_company(agent, env):
    observations, _ = fx.VectorTradingEnv(env.bars, 64, env.pipeline, env.window).reset(seed=1)
    together = agent.q_values(observations)
    assert np.array_equal(agent.q_values(observations[:7]), together[:7])
    for k in range(64):
        assert np.array_equal(agent.q_values(observations[k : k + 1])[0], together[k])


def test_it_values_actions_as_the_network_of_torch_does(agent, rng):
    import torch

    rows = rng.normal(size=(20, agent.observation_size)).astype(np.float32)
    with torch.no_grad():
        wanted = agent._training.model.q_net(torch.from_numpy(rows)).numpy()
    assert np.allclose(agent.q_values(rows), wanted, rtol=1e-4, atol=1e-3)


# --- files -----------------------------------------------------------------------------------------------


def test_a_loaded_agent_values_and_trades_to_the_bit_as_the_saved_one(
    agent, trader_of_three, env, tmp_path, rng
):
    for k, one in enumerate((agent, trader_of_three)):
        folder = one.save(tmp_path / str(k))
        assert sorted(path.name for path in folder.iterdir()) == [
            "manifest.json",
            "pipeline.json",
            "weights.npz",
        ]
        loaded = fx.DQNAgent.load(folder)
        rows = rng.normal(size=(50, one.observation_size)).astype(np.float32)
        assert np.array_equal(loaded.q_values(rows), one.q_values(rows))
        assert (loaded.symbols, loaded.window, loaded.seed) == (one.symbols, one.window, one.seed)
        assert loaded.settings == one.settings and loaded.n_steps == one.n_steps
        assert repr(loaded) == repr(one)
    loaded = fx.DQNAgent.load(tmp_path / "0")
    results = [fx.backtest(one, env.bars[:200]) for one in (agent, loaded)]
    assert np.array_equal(results[0].equity.to_numpy(), results[1].equity.to_numpy())


def test_a_saved_agent_acts_in_another_process_without_torch(agent, env, root, tmp_path):
    agent.save(tmp_path / "agent")
    np.save(tmp_path / "rows.npy", np.linspace(-2, 2, 5 * agent.observation_size).reshape(5, -1))
    code = """
import sys
sys.modules["torch"] = sys.modules["stable_baselines3"] = None  # not installed
import numpy as np, fxlab as fx
agent = fx.DQNAgent.load(sys.argv[1])
np.save(sys.argv[3], agent.q_values(np.load(sys.argv[2])))
agent.save(sys.argv[1])
"""
    paths = [str(tmp_path / name) for name in ("agent", "rows.npy", "values.npy")]
    environment = os.environ | {"PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *paths],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (done.stdout, done.stderr) == ("", "")
    rows = np.load(tmp_path / "rows.npy")
    assert np.array_equal(np.load(tmp_path / "values.npy"), agent.q_values(rows))


def test_a_loaded_agent_learns_on_in_an_environment_that_fits(quick, env, tmp_path):
    quick.save(tmp_path / "agent")
    with pytest.raises(
        RuntimeError, match=r"loaded without an environment; .*DQNAgent.load\(directory, env=env\)"
    ):
        fx.DQNAgent.load(tmp_path / "agent").learn(100)
    loaded = fx.DQNAgent.load(tmp_path / "agent", env=env)
    assert same_weights(loaded, quick)
    loaded.learn(64)
    assert loaded.n_steps == 464
    assert same_weights(loaded, quick)  # the new replay buffer is filled before the first gradient step
    loaded.learn(64)
    assert not same_weights(loaded, quick)
    moved = np.abs(loaded.network.weights[0] - quick.network.weights[0]).max()
    assert 0 < moved < 0.1  # on from the saved weights, not from random ones


def test_an_environment_that_does_not_fit_a_loaded_agent_is_refused(
    quick, env, wave, pipeline, trio, tmp_path
):
    quick.save(tmp_path / "agent")
    other = fx.features.FeaturePipeline(["log_return", "macd"]).fit(wave)
    for wrong, complaint in (
        (fx.TradingEnv(wave, pipeline, window=7), "window is 7, the agent's 6"),
        (
            fx.TradingEnv(wave, pipeline, window=6, exposures=(0, 1)),
            r"exposures is \(0.0, 1.0\), the agent's",
        ),
        (fx.TradingEnv(wave, other, window=6), "pipeline digest is"),
        (fx.TradingEnv(trio, window=6), r"symbols is \('EURUSD', 'USDJPY', 'GBPUSD'\), the agent's"),
    ):
        with pytest.raises(ValueError, match=f"does not fit the saved agent: {complaint}"):
            fx.DQNAgent.load(tmp_path / "agent", env=wrong)
    with pytest.raises(TypeError, match="needs a TradingEnv or VectorTradingEnv, got Bars"):
        fx.DQNAgent.load(tmp_path / "agent", env=wave)


@pytest.mark.parametrize("name", ["weights.npz", "pipeline.json"])
def test_a_flipped_byte_is_detected(quick, tmp_path, name):
    path = quick.save(tmp_path / "agent") / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"{name} has changed since it was saved"):
        fx.DQNAgent.load(tmp_path / "agent")
    path.unlink()
    with pytest.raises(DataError, match=f"{name} is missing; save the DQN agent again"):
        fx.DQNAgent.load(tmp_path / "agent")


def test_a_changed_manifest_is_detected(quick, tmp_path):
    path = quick.save(tmp_path / "agent") / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"exposures": [1.0, 0.0, -1.0]}))
    with pytest.raises(ValueError, match="was changed after it was saved"):
        fx.DQNAgent.load(tmp_path / "agent")
    path.write_text(json.dumps(manifest | {"format": 99}))
    with pytest.raises(ValueError, match=r"saved by a newer fxlab \(format 99\); update fxlab"):
        fx.DQNAgent.load(tmp_path / "agent")


def test_only_folders_of_agents_are_read_and_replaced(quick, tmp_path):
    with pytest.raises(DataError, match="holds no saved DQN agent"):
        fx.DQNAgent.load(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match="exists and is not a saved DQN agent"):
        quick.save(tmp_path)
    quick.save(tmp_path / "agent")
    quick.save(tmp_path / "agent")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["agent", "notes.txt"]


def test_a_save_that_fails_leaves_the_old_agent_whole(quick, agent, tmp_path, monkeypatch):
    quick.save(tmp_path / "agent")

    def full(*args, **kwargs):
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="no space left"):
        agent.save(tmp_path / "agent")
    assert same_weights(fx.DQNAgent.load(tmp_path / "agent"), quick)
    assert [path.name for path in tmp_path.iterdir()] == ["agent"]


def test_features_of_ones_own_are_given_again_on_loading(wave, tmp_path):
    def body(bars):
        return ((bars.close - bars.open) * 1e4).iloc[:, 0]

    agent = fx.DQNAgent(fx.TradingEnv(wave, features=body, window=2), seed=0, **QUICK).learn(80)
    agent.save(tmp_path / "own")
    with pytest.raises(ValueError, match=r"step body calls .*; pass functions="):
        fx.DQNAgent.load(tmp_path / "own")
    loaded = fx.DQNAgent.load(tmp_path / "own", functions={"body": body})
    results = [fx.backtest(one, wave[:50]) for one in (agent, loaded)]
    assert np.array_equal(results[0].equity.to_numpy(), results[1].equity.to_numpy())
    plain = fx.DQNAgent(fx.TradingEnv(wave, window=2), seed=0, **QUICK).learn(80)
    fx.DQNAgent.load(plain.save(tmp_path / "plain"))  # the environment's own feature needs no giving


# --- bad input -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_steps", [0, -5, 2.5, True, "many"])
def test_steps_must_be_a_whole_number(quick, n_steps):
    with pytest.raises(
        ValueError, match=f"learn: n_steps is {n_steps!r}; a whole number of frames, 1 or more"
    ):
        quick.learn(n_steps)


def test_an_agent_that_has_not_learned_says_so(env, tmp_path):
    agent = fx.DQNAgent(env)
    for use in (
        lambda: agent.act(np.zeros(15)),
        lambda: agent.save(tmp_path / "agent"),
        lambda: fx.backtest(agent, env.bars[:50]),
    ):
        with pytest.raises(
            RuntimeError, match=r"this DQNAgent has not learned yet; call learn\(n_steps\) first"
        ):
            use()


def test_what_an_agent_cannot_be_made_of_is_named(env, wave):
    with pytest.raises(TypeError, match="DQNAgent needs a TradingEnv or VectorTradingEnv, got Bars"):
        fx.DQNAgent(wave)
    with pytest.raises(TypeError, match=r"DQNAgent has no setting gama; did you mean gamma\?"):
        fx.DQNAgent(env, gama=0.9)
    with pytest.raises(TypeError, match="DQNAgent has no setting xyz; there are hidden, learning_rate"):
        fx.DQNAgent(env, xyz=1)
    with pytest.raises(TypeError, match="settings is dict; give a DQNSettings"):
        fx.DQNAgent(env, settings={})
    with pytest.raises(ValueError, match="DQNSettings: gamma is 2; a share from 0 to 1"):
        fx.DQNAgent(env, gamma=2)
    for seed in (-1, 1.5, True, 2**32):
        with pytest.raises(ValueError, match=rf"seed is {seed}; a whole number from 0 to 2\*\*32 - 1"):
            fx.DQNAgent(env, seed=seed)
    seven = ["EURUSD", "USDJPY", "GBPUSD", "AUDUSD", "NZDUSD", "USDCAD", "USDCHF"]
    many = fx.TradingEnv(fx.load_bars(seven, source="synthetic", n_bars=40), window=2)
    with pytest.raises(ValueError, match="2,187 actions"):
        fx.DQNAgent(many)


def test_observations_of_another_size_are_refused(quick):
    with pytest.raises(
        ValueError, match=r"shape \(1, 3\); this agent takes \(rows, 15\): a window of 6 bars of 2"
    ):
        quick.act(np.zeros(3))


@pytest.mark.parametrize("missing", ["torch", "stable_baselines3"])
def test_missing_libraries_are_told_in_one_line(env, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=r'needs stable-baselines3 and torch: pip install "fxlab\[rl\]"'):
        fx.DQNAgent(env)


def test_the_room_imports_neither_torch_nor_gymnasium(root):
    code = "import sys, fxlab.agents as a; a.DQNSettings(); print({'torch', 'gymnasium'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
    code = "import sys; sys.modules['gymnasium'] = None; import fxlab as fx; fx.DQNAgent"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    last = done.stderr.strip().splitlines()[-1]
    assert last == 'ImportError: environments and agents need gymnasium: pip install "fxlab[rl]"'
