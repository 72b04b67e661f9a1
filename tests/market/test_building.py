import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxlab.data import load_bars
from fxlab.market import Bars, Instrument
from fxlab.market.building import complete, spell, utc_ns


def frame(n=4, start="2021-03-01", freq="1h", tz="UTC", **columns) -> pd.DataFrame:
    prices = {"open": 1.2, "high": 1.25, "low": 1.15, "close": 1.21}
    return pd.DataFrame(prices | columns, index=pd.date_range(start, periods=n, freq=freq, tz=tz))


# --- one frame ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "bid", "ask"), [("mid", 1.2095, 1.2105), ("bid", 1.21, 1.211), ("ask", 1.209, 1.21)]
)
def test_the_side_that_is_known_stays_and_the_other_is_a_spread_away(side, bid, ask):
    bars = Bars.from_frame(frame(), "EURUSD", side=side, spread_pips=10)
    assert bars.bid.close["EURUSD"].iloc[0] == pytest.approx(bid, abs=1e-12)
    assert bars.ask.close["EURUSD"].iloc[0] == pytest.approx(ask, abs=1e-12)
    assert bars.notes == (f"EURUSD: {side} prices completed with a spread of 10 pips",)


def test_a_yen_pip_is_a_hundredth():
    bars = Bars.from_frame(frame() * 100, "USDJPY", side="bid", spread_pips=1)
    assert (bars.ask.close - bars.bid.close)["USDJPY"].iloc[0] == pytest.approx(0.01)


def test_a_spread_column_needs_no_spread_and_names_go_in_any_case():
    bars = Bars.from_frame(
        frame(spread=0.0003).rename(columns=str.upper), "EURUSD", side="bid", spread_pips=None
    )
    np.testing.assert_allclose(bars.spread_pips, 3.0, atol=1e-9)
    assert bars.notes == ()


def test_the_length_of_a_bar_is_the_commonest_step_or_the_callers():
    gaps = frame(6).iloc[[0, 1, 2, 5]]
    assert Bars.from_frame(gaps, "EURUSD").every == pd.Timedelta("1h")
    assert Bars.from_frame(frame(1), "EURUSD", every="1h").every == pd.Timedelta("1h")


def test_naive_times_are_read_in_the_zone_given():
    bars = Bars.from_frame(frame(tz=None), "EURUSD", tz="America/New_York")
    assert str(bars.index[0]) == "2021-03-01 05:00:00+00:00"
    assert str(Bars.from_frame(frame(tz="Europe/Berlin"), "EURUSD").index[0]) == "2021-02-28 23:00:00+00:00"


def test_known_at_may_be_told():
    index = frame().index
    bars = Bars.from_frame(frame(), "EURUSD", known_at=index)
    assert (bars.known_at == index).all() and bars.every == pd.Timedelta("1h")


HOLE = [1.2, np.nan, 1.2, 1.2]
NO_TIME = pd.DatetimeIndex([*frame().index[:3], pd.NaT])
BAD_FRAMES = [
    ([1], {}, "EURUSD: expected a DataFrame, got list"),
    (frame().reset_index(drop=True), {}, "the index holds int64, not times; set a DatetimeIndex"),
    (frame().set_axis(NO_TIME), {}, "row 3 has no time; drop the row"),
    (frame(tz=None), {}, "times have no time zone; say which with tz='UTC'"),
    (frame(), {"tz": "Asia/Tokyo"}, "already carry the zone UTC; leave out tz='Asia/Tokyo'"),
    (frame(tz=None), {"tz": "Mars"}, "times cannot be read as Mars"),
    (frame().drop(columns="close"), {}, "column close is missing; needs open high low close"),
    (frame(close=["a", "b", "c", "d"]), {}, "column close holds 'a', not numbers"),
    (frame(close=HOLE), {}, "at 2021-03-01 01:00 UTC close is nan; drop or fill the row"),
    (frame(low=[1.1, 1.1, 0, 1.1]), {}, "at 2021-03-01 02:00 UTC low is 0; prices are positive"),
    (frame(), {"side": "left"}, "side is 'left'; write 'mid', 'bid' or 'ask'"),
    (frame(), {"spread_pips": None}, "only mid prices; give spread_pips"),
    (frame(), {"spread_pips": -1}, "EURUSD: spread_pips is -1; zero or more"),
    (frame(spread=-1.0), {}, r"spread is -1\.0; zero or more, in price"),
    (frame(1), {}, "1 bars do not tell their length; pass every='1h'"),
    (frame(), {"every": "0h"}, "every is '0h'; write a length of time such as"),
    (frame().iloc[::-1], {}, "are out of order; sort by time"),
    (frame().iloc[[0, 0, 1]], {}, "2021-03-01 00:00 UTC appears twice; keep one row"),
    (pd.concat([frame(), frame()], axis=1), {}, "column open appears twice"),
]


@pytest.mark.parametrize(("table", "options", "complaint"), BAD_FRAMES)
def test_a_frame_that_is_no_prices_is_told(table, options, complaint):
    with pytest.raises((ValueError, TypeError), match=complaint):
        Bars.from_frame(table, "EURUSD", **options)


@given(st.floats(0, 0.01), st.sampled_from(["mid", "bid", "ask"]))
def test_completed_quotes_are_never_crossed(spread, side):
    quotes = complete(np.array([[1.2, 1.25, 1.15, 1.21]]), spread, side)
    assert (quotes[:, :4] <= quotes[:, 4:]).all()
    np.testing.assert_allclose(quotes[:, 4:] - quotes[:, :4], spread, atol=1e-15)


def test_nanoseconds_do_not_depend_on_the_unit_of_the_index():
    index = pd.DatetimeIndex(["2021-03-01"], tz="UTC")
    assert (
        utc_ns(index.as_unit("s"))[0]
        == utc_ns(index.as_unit("ns"))[0]
        == pd.Timestamp("2021-03-01").as_unit("ns").value
    )
    with pytest.raises(ValueError, match="times have no time zone; localize them first"):
        utc_ns(pd.DatetimeIndex(["2021-03-01"]))


@pytest.mark.parametrize(("length", "text"), [("1h", "1h"), ("90min", "90min"), ("48h", "2D"), ("7s", "7s")])
def test_lengths_are_spelled_as_people_write_them(length, text):
    assert spell(pd.Timedelta(length)) == text


# --- several frames ----------------------------------------------------------------------------------------


def test_an_inner_join_keeps_common_times_and_counts_what_is_lost():
    euro, yen = (
        Bars.from_frame(frame(5), "EURUSD"),
        Bars.from_frame(frame(4, "2021-03-01 02:00") * 100, "USDJPY"),
    )
    both = Bars.join([euro, yen])
    assert both.symbols == ("EURUSD", "USDJPY") and len(both) == 3
    assert str(both.index[0]) == "2021-03-01 02:00:00+00:00"
    assert (
        "EURUSD lost 2 bars in the inner join" in both.notes
        and "USDJPY lost 1 bar in the inner join" in both.notes
    )
    assert both.close.iloc[0].tolist() == pytest.approx([1.21, 121.0])


def test_an_outer_join_keeps_every_time_with_nan_where_a_bar_lacks():
    euro, yen = (
        Bars.from_frame(frame(2), "EURUSD"),
        Bars.from_frame(frame(2, "2021-03-01 01:00") * 100, "USDJPY"),
    )
    both = Bars.join([euro, yen], how="outer")
    assert len(both) == 3
    assert both.close["EURUSD"].isna().tolist() == [False, False, True]
    assert both.close["USDJPY"].isna().tolist() == [True, False, False]
    assert "EURUSD lacks 1 bar in the outer join" in both.notes
    np.testing.assert_array_equal(both["EURUSD"][0:2].quotes, euro.quotes)


def test_a_bar_is_known_when_all_of_its_pairs_are():
    late = frame().index + pd.Timedelta("2h")
    both = Bars.join([Bars.from_frame(frame(), "EURUSD"), Bars.from_frame(frame(), "GBPUSD", known_at=late)])
    assert (both.known_at == late).all()


def test_what_cannot_be_joined_is_told():
    euro = Bars.from_frame(frame(), "EURUSD")
    days = Bars.from_frame(frame(freq="1D"), "GBPUSD")
    elsewhere = Bars.from_frame(frame(start="2022-03-01"), "GBPUSD")
    for parts, how, complaint in (
        ([], "inner", "nothing to join; give a list of Bars"),
        ([euro], "left", "how is 'left'; write 'inner' or 'outer'"),
        (
            [euro, days],
            "inner",
            r"different lengths cannot be joined \(EURUSD 1h, GBPUSD 1D\); resample them first",
        ),
        ([euro, elsewhere], "inner", "EURUSD, GBPUSD have no common time; try how='outer'"),
        ([euro, euro], "inner", "one or more pairs, none twice; got EURUSD, EURUSD"),
    ):
        with pytest.raises(ValueError, match=complaint):
            Bars.join(parts, how=how)


# --- longer bars -------------------------------------------------------------------------------------------


def test_a_longer_bar_has_the_first_open_the_extremes_and_the_last_close():
    rows = [
        (1.0, 1.5, 0.9, 1.1),
        (1.1, 1.2, 0.8, 1.15),
        (1.15, 1.3, 1.1, 1.2),
        (1.2, 1.25, 1.0, 1.05),
        (1.05, 1.1, 1.0, 1.02),
    ]
    prices = pd.DataFrame(rows, columns=["open", "high", "low", "close"]).assign(volume=[1, 2, 3, 4, 5])
    bars = Bars.from_frame(
        prices.set_axis(frame(5, "2021-03-01 01:00").index), "EURUSD", side="bid", spread_pips=1
    )
    blocks = bars.resample("4h")
    assert [str(time) for time in blocks.index] == ["2021-03-01 00:00:00+00:00", "2021-03-01 04:00:00+00:00"]
    assert blocks.quotes[0, 0, :4].tolist() == [1.0, 1.5, 0.8, 1.2]  # 01:00, 02:00 and 03:00
    assert blocks.quotes[1, 0, :4].tolist() == [1.2, 1.25, 1.0, 1.02]
    assert blocks.volume["EURUSD"].tolist() == [6, 9]
    assert (blocks.known_at == blocks.index + pd.Timedelta("4h")).all()
    assert blocks.every == pd.Timedelta("4h")


@given(st.integers(1, 200), st.sampled_from(["2h", "4h", "12h", "1D"]), st.integers(0, 5))
def test_resampling_keeps_extremes_volume_and_the_last_close(n, every, seed):
    bars = load_bars("EURUSD", source="synthetic", n_bars=n, seed=seed)
    longer = bars.resample(every)
    assert longer.quotes[:, 0, 1].max() == bars.quotes[:, 0, 1].max()
    assert longer.quotes[:, 0, 6].min() == bars.quotes[:, 0, 6].min()
    assert longer.quotes[-1, 0, 3] == bars.quotes[-1, 0, 3]
    assert longer.quotes[0, 0, 0] == bars.quotes[0, 0, 0]
    assert (longer.times % pd.Timedelta(every).as_unit("ns").value == 0).all()


def test_pandas_resamples_the_sample_to_the_same_days():
    bars = load_bars("EURUSD")
    days = bars.frame.resample("1D").agg(
        {"ask_open": "first", "ask_high": "max", "ask_low": "min", "ask_close": "last"}
    )
    np.testing.assert_array_equal(bars.resample("1D").quotes[:, 0, 4:], days.dropna().to_numpy())


def test_a_missing_bar_belongs_to_no_longer_bar():
    euro, yen = Bars.from_frame(frame(4), "EURUSD"), Bars.from_frame(frame(2) * 100, "USDJPY")
    longer = Bars.join([euro, yen], how="outer").resample("2h")
    assert longer.close["USDJPY"].isna().tolist() == [False, True]


@pytest.mark.parametrize("every", ["30min", "90min"])
def test_a_length_that_does_not_fit_is_refused(every):
    with pytest.raises(ValueError, match=f"every is {every}; give a whole multiple of 1h"):
        Bars.from_frame(frame(), "EURUSD").resample(every)


def test_a_length_that_is_no_length_is_told():
    with pytest.raises(
        ValueError, match="every is 'often'; write a length of time such as '15min', '1h' or '1D'"
    ):
        Bars.from_frame(frame(), "EURUSD").resample("often")


def test_ticks_are_not_resampled():
    bars = Bars.from_frame(frame(), Instrument("EURUSD")).replace(every_ns=None)
    with pytest.raises(ValueError, match="bars of no fixed length cannot be resampled"):
        bars.resample("1D")
