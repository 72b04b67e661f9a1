from __future__ import annotations

import dataclasses
import math
import sys
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

import fxlab as fx
from fxlab.report import verdict
from fxlab.validation import minimum_track_record_length, sharpe_difference_interval, sharpe_interval


def noise(seed: int, n: int = 1_500, mean: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, 1e-3, n)


def test_nothing_that_trades_means_no_strategy(flat):
    judged = verdict({"one": flat, "two": flat})
    assert judged.sentence == "No strategy traded, so there is nothing here that beats staying flat."
    assert not judged.has_edge and judged.best is None
    assert judged.table["Sharpe ratio"].isna().all()


def test_real_runs_do_not_beat_staying_flat(runs):
    judged = verdict(runs)
    assert not judged.has_edge
    assert judged.sentence.startswith("Cross does not beat staying flat after costs: it made ")
    assert "Never traded: Flat." in judged.evidence


def test_the_intervals_are_those_of_the_statistics(runs):
    table = verdict(runs, seed=7, level=0.8).table
    for name in ("Buy and hold", "Cross"):
        run = runs[name]
        expected = sharpe_interval(run.returns(), run.bars_per_year, level=0.8, seed=7)
        found = table.loc[name, ["Sharpe ratio", "Sharpe 80 % low", "Sharpe 80 % high"]]
        assert found.tolist() == [expected.estimate, expected.low, expected.high]
        assert found.iloc[0] == run.stats()["Sharpe ratio"]


def test_the_table_tells_the_figures_of_the_runs(runs):
    table = verdict(runs).table
    for name, run in runs.items():
        stats = run.stats()
        for label in ("Return [%]", "Max drawdown [%]", "Trades", "Costs [USD]"):
            assert table.loc[name, label] == stats[label]
    holding = runs["Buy and hold"].stats()
    gross = holding["Final equity [USD]"] - 10_000 + holding["Costs [USD]"]
    share = holding["Costs [USD]"] / gross * 100 if gross > 0 else math.nan
    assert table.loc["Buy and hold", "Costs [% of gross]"] == pytest.approx(share, nan_ok=True)


def test_the_difference_to_buy_and_hold_is_paired(runs):
    judged = verdict(runs)
    cross, hold = runs["Cross"], runs["Buy and hold"]
    expected = sharpe_difference_interval(cross.returns(), hold.returns(), cross.bars_per_year, seed=0)
    assert judged.table.loc["Cross", "Sharpe − Buy and hold"] == expected.estimate
    assert np.isnan(judged.table.loc["Buy and hold", "Sharpe − Buy and hold"])
    assert any("bar paired with bar" in line for line in judged.evidence)


def test_a_strong_planted_edge_is_found(planted):
    runs = {f"noise {n}": planted(noise(n)) for n in range(4)} | {"planted": planted(noise(9, mean=3e-4))}
    judged = verdict(runs)
    assert judged.has_edge and judged.best == "planted"
    assert judged.sentence.startswith("planted earned ")
    assert (
        "even after allowing for 5 tried strategies: worth a longer test, not yet money." in judged.sentence
    )


def test_a_single_run_with_an_edge_is_told_so(planted):
    judged = verdict(planted(noise(9, mean=3e-4)))
    assert judged.has_edge
    assert "stays above zero: worth a longer test, not yet money." in judged.sentence
    assert any("if this was the only strategy tried" in line for line in judged.evidence)


def test_noise_rarely_has_an_edge(planted):
    found = [
        verdict({f"run {n}": planted(noise(100 * seed + n)) for n in range(5)}, n_resamples=300).has_edge
        for seed in range(10)
    ]
    assert sum(found) <= 1


def test_the_more_were_tried_the_more_is_asked(planted):
    run = planted(noise(3, mean=0.8e-4))
    few, many = verdict(run), verdict(run, tried=1_000)
    few_probability = few.table["Deflated Sharpe [%]"].iloc[0]
    assert few_probability > 95 > many.table["Deflated Sharpe [%]"].iloc[0]
    assert not many.has_edge
    assert "1000 strategies were tried" in " ".join(many.evidence)


def test_the_deflated_ratio_is_the_one_worked_out_here(planted):
    runs = {"a": planted(noise(1, mean=1e-4)), "b": planted(noise(2)), "c": planted(noise(3, mean=-1e-4))}
    table = verdict(runs).table
    year = runs["a"].bars_per_year
    trials = table["Sharpe ratio"].to_numpy() / np.sqrt(year)
    z, gamma = NormalDist().inv_cdf, 0.5772156649015329
    luck = np.sqrt(trials.var(ddof=1)) * ((1 - gamma) * z(1 - 1 / 3) + gamma * z(1 - 1 / (3 * math.e)))
    returns = runs["a"].returns().to_numpy()
    standard = (returns - returns.mean()) / returns.std()
    g3, g4, sharpe = (standard**3).mean(), (standard**4).mean(), trials[0]
    error = math.sqrt((1 - g3 * sharpe + (g4 - 1) / 4 * sharpe**2) / (len(returns) - 1))
    expected = NormalDist().cdf((sharpe - luck) / error) * 100
    assert table.loc["a", "Deflated Sharpe [%]"] == pytest.approx(expected, rel=1e-9)


def test_an_interval_above_zero_that_luck_explains_is_no_edge(planted):
    runs = {"lucky": planted(noise(3, mean=0.8e-4)), "poor": planted(noise(4, mean=-3e-4))}
    judged = verdict(runs)
    assert judged.table.loc["lucky", "Sharpe 90 % low"] > 0
    assert not judged.has_edge
    assert (
        "is above zero by itself, but as the best of 2 tried it has a probability of skill of"
        in judged.sentence
    )


def test_an_interval_that_reaches_below_zero_is_no_edge_however_likely_the_skill(planted):
    returns = noise(3)
    run = planted(returns - returns.mean() + 0.05 * returns.std())  # 1.94 standard errors above zero
    strict = verdict(run, level=0.9999)
    assert strict.table["Deflated Sharpe [%]"].iloc[0] > 95
    assert strict.table["Sharpe 99.99 % low"].iloc[0] < 0
    assert not strict.has_edge and strict.sentence.endswith("includes zero.")
    assert verdict(run, level=0.90).has_edge


def test_a_loss_beyond_doubt_is_told_as_one(planted):
    judged = verdict(planted(noise(5, mean=-3e-4), name="loser"))
    assert judged.sentence.startswith("loser does not beat staying flat after costs")
    assert judged.sentence.endswith("lies below zero.")
    assert any("proves nothing, however long the test" in line for line in judged.evidence)


def test_the_length_of_record_that_is_needed_is_told(planted):
    from fxlab import metrics

    run = planted(noise(3, mean=0.2e-4))
    returns = run.returns().to_numpy()
    needed = minimum_track_record_length(
        returns.mean() / returns.std(ddof=1),
        skew=metrics.skewness(returns),
        kurtosis=metrics.kurtosis(returns),
    )
    line = next(line for line in verdict(run).evidence if line.startswith("To tell this"))
    assert f"takes {math.ceil(needed):,} bars" in line
    assert ("too short" in line) == (needed > len(returns))


def test_a_few_bars_are_too_few_to_judge(planted):
    judged = verdict(planted(noise(0, n=10), name="short"))
    assert "short gained or lost on 10 bars only, too few to tell skill from luck" in judged.sentence
    assert not judged.has_edge and np.isnan(judged.table["Sharpe ratio"].iloc[0])


def test_a_single_bar_does_not_break_it(bars):
    assert not verdict(fx.backtest(1.0, bars[:1])).has_edge


def test_ruin_is_called_by_its_name(crossing, planted):
    run = planted(noise(0))
    equity = run.equity.copy()
    equity.iloc[800:] = -50.0
    judged = verdict(dataclasses.replace(run, equity=equity))
    assert judged.sentence.endswith("it lost the whole account.")
    assert not judged.has_edge


def test_costs_that_eat_the_profit_are_told(crossing, planted):
    run = planted(np.r_[noise(0, n=200) * 0, -1e-5])
    assert 0 > run.equity.iloc[-1] - 10_000 > -run.stats()["Costs [USD]"]
    assert any(
        line.startswith("Costs turned a profit into a loss for planted") for line in verdict(run).evidence
    )


def test_a_named_benchmark_is_the_one_to_beat(planted):
    base = noise(1, mean=4e-4)
    better = base + noise(2, mean=3e-4)
    runs = {"old": planted(base), "new": planted(better), "same": planted(base + noise(3) / 10)}
    judged = verdict(runs, benchmark="old")
    assert judged.best == "new" and not judged.sentence.startswith("old")
    assert "its Sharpe ratio less that of old" in judged.sentence


def test_a_benchmark_that_never_traded_is_flat(flat, crossing):
    runs = {"Idle": flat, "Cross": crossing}
    assert verdict(runs, benchmark="Idle").sentence == verdict(runs).sentence


def test_one_lucky_bar_among_idle_ones_is_no_edge(planted):
    spike = np.zeros(1_000)
    spike[300] = 0.013  # every resample that holds it has a positive Sharpe ratio
    judged = verdict(planted(spike))
    assert not judged.has_edge and "gained or lost on 1 bar only" in judged.sentence
    assert judged.table["Sharpe ratio"].iloc[0] > 0 and np.isnan(judged.table["Sharpe 90 % low"].iloc[0])


@pytest.mark.parametrize("n", [1_000, 5_000, 6_000, 20_000])
def test_moments_on_the_bound_of_all_distributions_are_accepted(planted, n):
    from fxlab.report.measured import measure

    spike = np.zeros(n)
    spike[n // 3] = 0.013
    moments = measure("spike", planted(spike), 0.9, 0, n_resamples=1).moments()
    assert moments["kurtosis"] >= 1 + moments["skew"] ** 2
    assert moments["kurtosis"] == pytest.approx(n - 2, rel=1e-3)  # of one spike among n equal returns


def test_buy_and_hold_is_told_but_does_not_compete(planted):
    runs = {"buy_and_hold": planted(noise(9, mean=5e-4)), "idea": planted(noise(1))}
    judged = verdict(runs)
    assert judged.best == "idea" and not judged.has_edge


def test_a_run_that_is_excluded_cannot_win(planted):
    runs = {"made-up news": planted(noise(9, mean=5e-4)), "idea": planted(noise(1))}
    assert verdict(runs).best == "made-up news"
    assert verdict(runs, exclude=["made-up news"]).best == "idea"


def test_unknown_names_and_no_runs_are_errors(runs):
    with pytest.raises(ValueError, match="'Hold' is not among the runs; they are Flat, Buy and hold, Cross"):
        verdict(runs, benchmark="Hold")
    with pytest.raises(ValueError, match="'news' is not among the runs"):
        verdict(runs, exclude=["news"])
    with pytest.raises(ValueError, match="verdict needs a run or more, got none"):
        verdict({})


def test_it_is_repeatable_and_reads_as_text(runs):
    first, second = verdict(runs, seed=3), verdict(runs, seed=3)
    pd.testing.assert_frame_equal(first.table, second.table)
    assert str(first) == str(second)
    assert str(first).splitlines()[0] == first.sentence


def test_without_arch_the_blocks_follow_a_rule_of_thumb(crossing, monkeypatch):
    monkeypatch.setitem(sys.modules, "arch", None)
    monkeypatch.setitem(sys.modules, "arch.bootstrap", None)
    n = len(crossing.equity) - 1
    told = next(line for line in verdict(crossing).evidence if "blocks of" in line)
    assert f"blocks of {n ** (1 / 3):.1f} bars" in told
