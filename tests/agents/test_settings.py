from __future__ import annotations

import dataclasses
import json

import pytest

from fxlab.agents import DQNSettings


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"hidden": ()}, r"hidden is \(\); units of each layer"),
        ({"hidden": (64, 0)}, r"hidden is \(64, 0\); units of each layer"),
        ({"learning_rate": 0}, "learning_rate is 0; a positive number"),
        ({"reward_scale": float("inf")}, "reward_scale is inf; a positive number"),
        ({"gamma": 1.5}, "gamma is 1.5; a share from 0 to 1"),
        ({"exploration_fraction": -0.1}, "exploration_fraction is -0.1; a share"),
        ({"exploration_final_eps": None}, "exploration_final_eps is None; a share"),
        ({"batch_size": 0}, "batch_size is 0; a whole number, 1 or more"),
        ({"n_envs": 2.5}, "n_envs is 2.5; a whole number, 1 or more"),
        ({"threads": True}, "threads is True; a whole number, 1 or more"),
        ({"learning_starts": -1}, "learning_starts is -1; a whole number, 0 or more"),
        ({"device": ""}, "device is ''; 'auto', 'cpu' or 'cuda'"),
    ],
)
def test_a_setting_out_of_range_is_named(changed, complaint):
    with pytest.raises(ValueError, match=f"DQNSettings: {complaint}"):
        DQNSettings(**changed)


def test_settings_survive_json():
    settings = DQNSettings(hidden=(32,), gamma=0.5)
    assert DQNSettings(**json.loads(json.dumps(dataclasses.asdict(settings)))) == settings
    assert DQNSettings(hidden=16).hidden == (16,)
