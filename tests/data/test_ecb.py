import numpy as np
import pandas as pd
import pytest

from fxlab.data import DataError, load_bars


def test_the_last_rates_of_2023_and_their_cross_are_the_published_ones():
    bars = load_bars(["EURUSD", "USDJPY", "EURGBP", "GBPUSD"], source="ecb", start="2023-12-29")
    assert bars.close.iloc[0].tolist() == pytest.approx([1.1050, 156.33 / 1.105, 0.86905, 1.105 / 0.86905])


def test_one_price_a_day_is_open_high_low_and_close():
    bars = load_bars("EURUSD", source="ecb")
    for side in (bars.bid, bars.ask):
        for field in ("open", "high", "low"):
            np.testing.assert_array_equal(getattr(side, field), side.close)
    assert any("one ECB rate a day" in note for note in bars.notes)
    assert bars.every == pd.Timedelta("1D")


def test_a_rate_opens_and_is_known_at_16_frankfurt():
    bars = load_bars("EURUSD", source="ecb", start="2023")
    local = bars.index.tz_convert("Europe/Berlin")
    assert set(local.hour) == {16} and set(local.minute) == {0}
    assert (bars.known_at == bars.index).all()
    assert str(bars.index[0]) == "2023-01-02 15:00:00+00:00"  # winter: UTC + 1
    assert str(bars["2023-07-03":"2023-07-03"].index[0]) == "2023-07-03 14:00:00+00:00"


def test_the_spread_is_one_pip_of_the_quote_currency():
    bars = load_bars(["EURUSD", "USDJPY"], source="ecb", start="2023-12")
    np.testing.assert_allclose(bars.spread_pips, 1.0, atol=1e-9)
    assert (bars.ask.close - bars.bid.close)["USDJPY"].iloc[0] == pytest.approx(0.01)


def test_history_begins_in_1999_and_a_late_currency_later():
    assert len(load_bars("EURUSD", source="ecb")) == 6402
    both = load_bars(["EURUSD", "USDINR"], source="ecb")
    assert str(both.index[0].date()) == "2009-01-02"
    assert any("EURUSD lost" in note for note in both.notes)


def test_both_ends_are_included():
    bars = load_bars("EURUSD", source="ecb", start="2015", end="2020")
    assert str(bars.index[0].date()) == "2015-01-02"
    assert str(bars.index[-1].date()) == "2020-12-31"


def test_any_cross_agrees_with_its_legs_and_its_inverse():
    bars = load_bars(["EURSEK", "EURNOK", "NOKSEK", "SEKNOK"], source="ecb", start="2020", end="2020")
    close = bars.close
    np.testing.assert_allclose(close["EURNOK"] * close["NOKSEK"], close["EURSEK"], rtol=1e-12)
    np.testing.assert_allclose(close["NOKSEK"] * close["SEKNOK"], 1.0, rtol=1e-12)


def test_weeks_are_made_of_the_days_that_open_in_them():
    weeks = load_bars("EURUSD", source="ecb", start="2020", end="2020", every="1W")
    days = load_bars("EURUSD", source="ecb", start="2020", end="2020")
    first = weeks.index[0]
    inside = days.close["EURUSD"][first : first + pd.Timedelta("7D")]
    assert weeks.high["EURUSD"].iloc[0] == pytest.approx(inside.max())
    assert weeks.known_at[0] == first + pd.Timedelta("7D")


@pytest.mark.parametrize(
    ("symbols", "options", "complaint"),
    [
        ("ABCUSD", {}, "ABCUSD: the ECB quotes no ABC; it quotes EUR, USD, JPY, .*ZAR"),
        ("USDJPX", {}, r"USDJPX: the ECB quotes no JPX \(did you mean JPY\?\)"),
        ("TRLTRY", {}, "quoted TRL and TRY on no common day; take another pair"),
        (
            "EURRUB",
            {"start": "2023"},
            r"EURRUB of source='ecb' covers .* to 2022-03-01 15:00 UTC; start 2023 is after",
        ),
        ("EURUSD", {"end": "1990"}, "covers 1999-01-04 15:00 to .*; end 1990 is before its start"),
        ("EURUSD", {"start": "2023-12-30"}, "start 2023-12-30 is after its end"),
        (
            "EURUSD",
            {"start": "2020-01-04", "end": "2020-01-05"},
            "has no bar from 2020-01-04 to 2020-01-05; widen",
        ),
        ("IDRUSD", {}, r"IDRUSD: a spread of 1 pips \(0.0001\) is more than a tenth .*; ask for USDIDR"),
        ("EURUSD", {"every": "1h"}, "every is 1h; give a whole multiple of 1D"),
        (["EURUSD", "EUR/USD"], {}, "EURUSD is asked for twice"),
        (
            ["EURHRK", "EURUSD"],
            {"start": "2023"},
            "EURHRK of source='ecb' covers .* start 2023 is after its end",
        ),
    ],
)
def test_what_the_ecb_cannot_give_is_told(symbols, options, complaint):
    with pytest.raises(DataError, match=complaint):
        load_bars(symbols, source="ecb", **options)
