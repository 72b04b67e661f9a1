import numpy as np
import pandas as pd
import pytest

from fxlab.data import load_bars
from fxlab.market import Bars, Instrument

HOUR = pd.Timedelta("1h").as_unit("ns").value


def hourly(n=6, start="2021-03-01", symbol="EURUSD", base=1.2, **options) -> Bars:
    """Mid closes base, base + 0.001, …; highs 0.0005 above, lows 0.0005 below."""
    index = pd.date_range(start, periods=n, freq="1h", tz="UTC")
    close = base + 0.001 * np.arange(n)
    frame = pd.DataFrame(
        {
            "open": close - 0.0002,
            "high": close + 0.0005,
            "low": close - 0.0005,
            "close": close,
            "volume": 1.0,
        },
        index=index,
    )
    return Bars.from_frame(frame, symbol, **({"spread_pips": 2.0} | options))


def test_bid_and_ask_stand_half_a_spread_around_mid():
    bars = hourly()
    assert bars.close["EURUSD"].round(6).tolist() == [1.2, 1.201, 1.202, 1.203, 1.204, 1.205]
    assert bars.bid.close["EURUSD"].iloc[0] == pytest.approx(1.1999)
    assert bars.ask.close["EURUSD"].iloc[0] == pytest.approx(1.2001)
    assert bars.high["EURUSD"].iloc[0] == pytest.approx(1.2005) and bars.low["EURUSD"].iloc[
        0
    ] == pytest.approx(1.1995)
    assert bars.open["EURUSD"].iloc[0] == pytest.approx(1.1998)
    np.testing.assert_allclose(bars.spread_pips["EURUSD"], 2.0, atol=1e-9)


def test_the_nouns_of_a_bar():
    bars = hourly()
    assert bars.symbols == ("EURUSD",) and len(bars) == 6
    assert bars.every == pd.Timedelta("1h") and bars.bars_per_year == 6240
    assert str(bars.index[0]) == "2021-03-01 00:00:00+00:00" and bars.index.name == "time"
    assert (bars.known_at == bars.index + pd.Timedelta("1h")).all()
    assert bars.volume["EURUSD"].tolist() == [1.0] * 6
    assert repr(bars) == "Bars(EURUSD: 6 bars, every 1h, 2021-03-01 00:00 to 2021-03-01 05:00 UTC)"
    assert bars.instrument("eur/usd") == Instrument("EURUSD")


def test_without_volume_it_is_nan():
    assert hourly().replace(volumes=None).volume["EURUSD"].isna().all()


def test_arrays_and_attributes_cannot_be_changed():
    bars = hourly()
    with pytest.raises(ValueError, match="read-only"):
        bars.quotes[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        bars[2:].times[0] = 1
    with pytest.raises(AttributeError):
        bars.times = bars.times


def test_a_slice_of_times_includes_its_end():
    bars = load_bars("EURUSD")
    months = bars["2017-03":"2017-06"]
    assert str(months.index[0]) == "2017-03-01 00:00:00+00:00"
    assert str(months.index[-1]) == "2017-06-30 20:00:00+00:00"  # a Friday in summer
    assert len(bars["2017-03-01"]) == 24
    assert len(bars["2017-03-01 05:00":"2017-03-01 07:00"]) == 3
    assert len(bars[pd.Timestamp("2017-03-01 05:00") : pd.Timestamp("2017-03-01 07:00", tz="UTC")]) == 3
    assert len(bars["2018":]) == 0


def test_a_slice_of_positions_leaves_its_end_out():
    bars = hourly()
    assert len(bars[1:3]) == 2 and bars[1:3].index[0] == bars.index[1]
    assert len(bars[-2:]) == 2 and bars[-2:].known_at[-1] == bars.known_at[-1]


def test_pairs_are_taken_by_name_in_the_order_asked_for():
    both = Bars.join([hourly(), hourly(symbol="USDJPY", base=110.0)])
    assert both["USDJPY"].symbols == ("USDJPY",)
    assert both[["USDJPY", "eur/usd"]].symbols == ("USDJPY", "EURUSD")
    np.testing.assert_array_equal(both["EURUSD"].quotes, hourly().quotes)


@pytest.mark.parametrize("key", ["GBPUSD", "x", ["EURUSD", "GBPUSD"], 3])
def test_what_the_bars_do_not_hold_is_named(key):
    with pytest.raises(KeyError, match="not in these bars; they hold EURUSD"):
        hourly()[key]


def test_a_step_is_refused():
    with pytest.raises(ValueError, match="bars are sliced without a step, got 2; resample them instead"):
        hourly()[::2]


@pytest.mark.parametrize("span", [slice("soon", None), slice(None, "2017-99"), slice("2021-03", object())])
def test_a_span_that_is_no_times_is_refused(span):
    with pytest.raises(
        ValueError, match=r"EURUSD bars: .* is no span of times; write bars\['2017-03':'2017-06'\]"
    ):
        hourly()[span]


def test_a_side_has_four_prices():
    with pytest.raises(AttributeError, match="a side has open, high, low and close, not mid"):
        _ = hourly().bid.mid


def test_the_frame_of_one_pair_is_plain_and_of_two_has_two_levels():
    assert hourly().frame.columns.tolist() == [
        *(f"{side}_{field}" for side in ("bid", "ask") for field in ("open", "high", "low", "close")),
        "volume",
    ]
    both = Bars.join([hourly(), hourly(symbol="USDJPY", base=110.0)]).frame
    assert both["USDJPY", "bid_close"].iloc[0] == pytest.approx(109.99)
    assert both.columns.names == ["symbol", "field"]


def test_a_frame_of_two_sides_comes_back_to_the_bit():
    bars = hourly()
    again = Bars.from_frame(bars.frame, "EURUSD")
    assert again.checksum == bars.checksum


def test_equal_bars_have_equal_checksums_and_others_do_not():
    assert hourly().checksum == hourly().checksum
    others = [
        hourly(n=5),
        hourly(base=1.3),
        hourly(symbol="GBPUSD"),
        hourly(start="2021-03-02"),
        hourly()[1:],
    ]
    assert len({bars.checksum for bars in [hourly(), *others]}) == 6


def test_bars_of_no_fixed_length_count_their_year():
    ticks = hourly().replace(every_ns=None)
    assert ticks.every is None
    assert ticks.bars_per_year == pytest.approx(365.25 * 24)  # five steps in five hours
    with pytest.raises(ValueError, match="bars of no fixed length need known_at"):
        Bars(ticks.times, ticks.quotes, ticks.instruments, None)


def with_price(i, j, value):
    bars = hourly()
    quotes = bars.quotes.copy()
    quotes[i, 0, j] = value
    return lambda: bars.replace(quotes=quotes)


def with_times(change):
    bars = hourly()
    times = bars.times.copy()
    change(times)
    return lambda: bars.replace(times=times, known=times + HOUR)


def swap_rows(times):
    times[[2, 3]] = times[[3, 2]]


def repeat_row(times):
    times[3] = times[2]


IMPOSSIBLE = {
    "a hole": (
        with_price(2, 1, np.nan),
        "EURUSD bars: at 2021-03-01 02:00 UTC bid high is nan; drop or fill the row",
    ),
    "infinity": (with_price(2, 5, np.inf), "at 2021-03-01 02:00 UTC ask high is inf; not a price"),
    "zero": (with_price(1, 2, 0.0), r"at 2021-03-01 01:00 UTC bid low is 0\.0; prices are positive"),
    "negative": (with_price(1, 2, -1.0), r"bid low is -1\.0; prices are positive"),
    "high under close": (
        with_price(1, 1, 1.0),
        "at 2021-03-01 01:00 UTC the bid high and low do not span the bar",
    ),
    "low over open": (with_price(1, 6, 1.9), "the ask high and low do not span the bar"),
    "crossed": (
        with_price(3, 3, 1.2033),
        "at 2021-03-01 03:00 UTC the bid close 1.2033 is above the ask 1.2031",
    ),
    "unsorted": (
        with_times(swap_rows),
        "2021-03-01 03:00 UTC and 2021-03-01 02:00 UTC are out of order; sort by time",
    ),
    "twice": (
        with_times(repeat_row),
        "EURUSD bars: 2021-03-01 02:00 UTC appears twice; keep one row for each time",
    ),
    "known too soon": (
        lambda: hourly().replace(known=hourly().times - 1),
        r"the bar of 2021-03-01 00:00 UTC is known before it opens",
    ),
    "known out of order": (
        lambda: hourly().replace(known=hourly().times + HOUR * np.array([5, 1, 1, 2, 2, 2])),
        "the bar of 2021-03-01 01:00 UTC is known before the one ahead of it",
    ),
    "shape": (
        lambda: hourly().replace(quotes=np.ones((5, 1, 8))),
        r"quotes have shape \(5, 1, 8\), expected \(6, 1, 8\)",
    ),
    "known shape": (
        lambda: hourly().replace(known=np.arange(3)),
        "known_at needs one time for each of the 6 bars",
    ),
    "volume shape": (
        lambda: hourly().replace(volumes=np.ones((6, 2))),
        r"volumes have shape \(6, 2\), expected \(6, 1\)",
    ),
    "no pair": (
        lambda: hourly().replace(instruments=()),
        "bars need one or more pairs, none twice; got none",
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_bars_that_cannot_be_are_named_by_time_and_value(case):
    make, complaint = IMPOSSIBLE[case]
    with pytest.raises(ValueError, match=complaint):
        make()


def test_a_symbol_may_lack_a_whole_bar():
    bars = hourly()
    quotes = bars.quotes.copy()
    quotes[2] = np.nan
    assert np.isnan(bars.replace(quotes=quotes).close["EURUSD"].iloc[2])
