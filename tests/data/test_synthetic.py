import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxlab.data import DataError, check, load_bars
from fxlab.data.synthetic import KINDS
from fxlab.market import Bars, is_open


def made(symbols="EURUSD", **options) -> Bars:
    return load_bars(symbols, source="synthetic", **options)


def log_returns(bars: Bars) -> np.ndarray:
    return np.diff(np.log(bars.close["EURUSD"].to_numpy()))


@given(st.integers(0, 2**40), st.sampled_from(KINDS))
def test_the_same_seed_gives_the_same_bytes(seed, kind):
    one, two = (made(kind=kind, seed=seed, n_bars=50) for _ in range(2))
    assert one.checksum == two.checksum
    assert one.quotes.tobytes() == two.quotes.tobytes()


@given(st.integers(0, 1000))
def test_another_seed_gives_other_prices(seed):
    assert made(seed=seed, n_bars=20).checksum != made(seed=seed + 1, n_bars=20).checksum


@given(st.integers(0, 1000), st.sampled_from(KINDS))
def test_adding_a_pair_changes_no_other(seed, kind):
    alone = made("EURUSD", kind=kind, seed=seed, n_bars=30)
    joined = made(["USDJPY", "EURUSD", "GBPUSD"], kind=kind, seed=seed, n_bars=30)["EURUSD"]
    np.testing.assert_array_equal(alone.quotes, joined.quotes)
    assert made(["GBPUSD", "EURUSD"], kind=kind, seed=seed, n_bars=30)["GBPUSD"].checksum != alone.checksum


@given(st.sampled_from(KINDS), st.integers(1, 60), st.integers(1, 60))
def test_asking_for_more_bars_changes_none_before(kind, n, more):
    short, long = made(kind=kind, n_bars=n), made(kind=kind, n_bars=n + more)
    np.testing.assert_array_equal(short.quotes, long.quotes[:n])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("every", ["1min", "1h", "4h", "1D"])
def test_high_and_low_span_a_path_finer_than_the_bar(kind, every):
    bars = made(kind=kind, every=every, n_bars=500)
    high, low = bars.high["EURUSD"], bars.low["EURUSD"]
    assert (high >= bars[["EURUSD"]].open["EURUSD"]).all() and (low <= bars.close["EURUSD"]).all()
    assert (high > low).mean() > 0.5
    np.testing.assert_allclose(
        bars.open["EURUSD"].iloc[1:], bars.close["EURUSD"].iloc[:-1], rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("every", ["5min", "1h", "4h", "1D"])
def test_nothing_looks_wrong_with_made_up_bars(every):
    report = check(made(["EURUSD", "USDJPY"], every=every, n_bars=1500))
    assert report.findings == ()


def test_hours_open_in_the_fx_week_and_days_on_weekdays():
    hours, days = made(n_bars=400), made(every="1D", n_bars=30)
    assert is_open(hours.times).all()
    assert str(hours.index[0]) == "2020-01-06 00:00:00+00:00"  # a Monday
    assert set(days.index.day_of_week) == {0, 1, 2, 3, 4} and set(days.index.hour) == {0}
    assert len(made(every="1W", n_bars=10, start="2020-01-04")) == 10  # a Saturday: moved to Monday
    assert made(every="1W", n_bars=10, start="2020-01-04").index[0].day_of_week == 0


def test_the_number_of_bars_comes_from_n_bars_or_the_end():
    assert len(made()) == 5000
    assert [len(made(every=every, n_bars=7)) for every in ("1min", "1h", "1D", "2D", "1W")] == [7] * 5
    day = made(start="2021-03-03", end="2021-03-03")
    assert len(day) == 24 and str(day.index[-1]) == "2021-03-03 23:00:00+00:00"
    assert len(made(start="2021-03-03 00:30", end="2021-03-03 02:00")) == 2  # on the grid: 01:00 and 02:00


def test_a_year_of_returns_has_the_volatility_asked_for():
    for every in ("1h", "1D"):
        bars = made(every=every, n_bars=6000, volatility=0.10)
        assert log_returns(bars).std() * np.sqrt(bars.bars_per_year) == pytest.approx(0.10, rel=0.03)


def test_a_trend_drifts_a_tenth_of_a_deviation_a_bar():
    returns, walk = log_returns(made(kind="trend")), log_returns(made())
    # the same shocks, so the difference is the drift alone, to the rounding of prices
    assert (returns - walk).mean() == pytest.approx(0.1 * 0.08 / np.sqrt(6240), rel=0.01)


def test_a_mean_reverting_price_halves_its_distance_in_48_bars():
    level = np.log(made(kind="mean_reverting", n_bars=50_000).close["EURUSD"]).to_numpy()
    level = level - np.log(1.12)
    slope = (level[48:] @ level[:-48]) / (level[:-48] @ level[:-48])
    assert slope == pytest.approx(0.5, abs=0.06)
    walk = np.log(made(n_bars=50_000).close["EURUSD"]).to_numpy() - np.log(1.12)
    assert (walk[48:] @ walk[:-48]) / (walk[:-48] @ walk[:-48]) > 0.95


def test_a_sine_returns_after_240_bars():
    returns = log_returns(made(kind="sine", n_bars=2400))
    assert np.corrcoef(returns[240:], returns[:-240])[0, 1] > 0.95
    assert np.corrcoef(returns[120:], returns[:-120])[0, 1] < -0.95  # half a wave later the other way
    assert (
        abs(np.corrcoef(log_returns(made(n_bars=2400))[240:], log_returns(made(n_bars=2400))[:-240])[0, 1])
        < 0.1
    )


def test_prices_begin_where_one_would_expect():
    first = made(["EURUSD", "USDJPY", "GBPJPY", "USDXYZ"], n_bars=1).open.iloc[0]
    assert first.round(2).tolist() == [1.12, 110.0, 143.0, 1.0]


def test_made_up_prices_say_so():
    bars = made(["EURUSD", "USDJPY"], kind="trend", seed=3, n_bars=5)
    assert bars.notes[0] == "EURUSD, USDJPY: synthetic prices (trend, seed 3), not a market"
    assert "EURUSD: mid prices completed with a spread of 0.8 pips" in bars.notes
    np.testing.assert_allclose(made(spread_pips=2.5, n_bars=5).spread_pips, 2.5, atol=1e-9)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"kind": "walk"}, "kind is 'walk', which is not one of random_walk, trend, mean_reverting, sine"),
        ({"kind": "mean_revert"}, r"did you mean 'mean_reverting'\?"),
        ({"seed": -1}, "seed is -1; give a whole number, zero or more"),
        ({"seed": 1.5}, "seed is 1.5; give a whole number"),
        ({"n_bars": 0}, "n_bars is 0; give 1 to 20,000,000"),
        ({"n_bars": 10, "end": "2021"}, "both end 2021 and n_bars 10 are given; leave one of them out"),
        ({"volatility": 0.0}, "volatility is 0.0; give a positive number"),
        ({"volatility": float("nan")}, "volatility is nan; give a positive number"),
        ({"every": "0h"}, "every is '0h'; write the length of a bar"),
        ({"start": "2021", "end": "2020"}, "start 2021 is after end 2020; exchange them"),
        (
            {"start": "2021-03-06", "end": "2021-03-06"},
            "no bar opens from 2021-03-06 to 2021-03-06: .* closed",
        ),
        ({"end": "2100", "every": "1s"}, "bars from 2020-01-06 to 2100 are too many; choose a longer every"),
        ({"spread_pips": -1}, "spread_pips is -1; zero or more"),
    ],
)
def test_what_cannot_be_made_up_is_told(options, complaint):
    with pytest.raises(DataError, match=complaint):
        made(**options)


def test_the_stream_is_the_documented_one():
    rng = np.random.default_rng([7, *b"EURUSD"])
    shocks = rng.standard_normal(24).reshape(2, 12) * (0.08 / np.sqrt(6240) / np.sqrt(12))
    closes = np.round(1.12 * np.exp(np.cumsum(shocks)[[11, 23]]) * 1e5) / 1e5
    np.testing.assert_allclose(made(seed=7, n_bars=2).close["EURUSD"], closes, rtol=0, atol=1e-12)
    assert made(seed=7, n_bars=2).index.equals(
        pd.DatetimeIndex(["2020-01-06 00:00", "2020-01-06 01:00"], tz="UTC", name="time")
    )
