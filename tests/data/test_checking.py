import numpy as np
import pandas as pd
import pytest

from fxlab.data import CheckReport, check, load_bars
from fxlab.market import Bars


def hours(n=400, start="2021-03-01", spread=0.8, every="1h") -> Bars:
    return load_bars("EURUSD", source="synthetic", n_bars=n, start=start, spread_pips=spread, every=every)


def keep(bars: Bars, rows) -> Bars:
    return bars.replace(times=bars.times[rows], quotes=bars.quotes[rows], known=bars.known[rows])


def with_mid(bars: Bars, i: int, factor: float) -> Bars:
    """The same bars with every price of bar i multiplied."""
    quotes = bars.quotes.copy()
    quotes[i] *= factor
    return bars.replace(quotes=quotes)


def only(report: CheckReport):
    assert len(report.findings) == 1, report.table
    return report.findings[0]


def test_the_sample_has_christmas_gaps_and_the_french_election_and_nothing_else():
    report = check(load_bars("EURUSD"))
    assert report.ok
    assert report.summary() == "EURUSD: 6,225 bars, 3 info (gap 2, jump 1)"
    told = {(one.kind, str(one.time)): one for one in report.findings}
    assert told[("gap", "2017-12-25 22:00:00+00:00")].value == 14  # 08:00 to 21:00 on Christmas Day
    assert told[("gap", "2017-12-24 23:00:00+00:00")].value == 1
    election = told[("jump", "2017-04-23 21:00:00+00:00")]
    assert election.value == pytest.approx(0.0178, abs=0.0002) and election.severity == "info"
    assert (
        "+1.78% from the close of 2017-04-21 20:00 UTC to the open of 2017-04-23 21:00 UTC"
        in election.message
    )


def test_ecb_bars_are_flat_by_nature_and_miss_bank_holidays_only():
    report = check(load_bars("EURUSD", source="ecb"))
    flat = [one for one in report.findings if one.kind == "flat"]
    assert len(flat) == 1 and flat[0].severity == "info" and flat[0].value == 6402
    assert {one.severity for one in report.findings if one.kind == "gap"} == {"info"}
    assert report.ok


def test_checking_changes_nothing():
    bars = load_bars("EURUSD", end="2017-02")
    before = bars.checksum
    check(bars)
    assert bars.checksum == before


def test_a_missing_bar_on_a_tuesday_is_a_warning():
    bars = hours()
    found = only(check(keep(bars, np.delete(np.arange(400), [30, 31]))))
    assert (found.kind, found.severity, found.value) == ("gap", "warning", 2)
    assert found.time == bars.index[32]
    assert found.message == "EURUSD: 2 bars missing between 2021-03-02 05:00 UTC and 2021-03-02 08:00 UTC"


def test_weekends_are_no_gaps_through_both_changes_of_the_clocks():
    for start in ("2021-03-08", "2021-03-22", "2021-10-25", "2021-11-01"):
        assert check(hours(start=start, n=240)).findings == ()


def test_a_missing_day_is_a_gap_unless_it_is_a_bank_holiday():
    days = hours(n=30, start="2021-03-22", every="1D")
    tuesday, good_friday = (days.index.get_loc(day) for day in ("2021-03-30", "2021-04-02"))
    found = check(keep(days, np.delete(np.arange(30), [tuesday, good_friday]))).findings
    assert [(one.kind, one.value, one.severity) for one in found] == [
        ("gap", 1, "warning"),
        ("gap", 1, "info"),
    ]
    assert found[1].message.endswith("on bank holidays")


def test_easter_monday_and_may_day_are_bank_holidays():
    days = hours(n=60, start="2021-03-22", every="1D")
    rows = [days.index.get_loc(day) for day in ("2021-04-02", "2021-04-05")]
    assert only(check(keep(days, np.delete(np.arange(60), rows)))).severity == "info"
    days = hours(n=60, start="2023-04-17", every="1D")
    assert (
        only(check(keep(days, np.delete(np.arange(60), days.index.get_loc("2023-05-01"))))).severity == "info"
    )


def test_one_bar_on_a_saturday_is_a_warning_and_many_are_another_zone():
    index = pd.date_range("2021-03-01", "2021-03-14 23:00", freq="1h", tz="UTC")
    walk = 1.2 + np.cumsum(np.random.default_rng(0).normal(0, 1e-4, len(index)))
    frame = pd.DataFrame({"open": walk, "high": walk + 1e-4, "low": walk - 1e-4, "close": walk}, index=index)
    closed = [one for one in check(Bars.from_frame(frame, "EURUSD")).findings if one.kind == "weekend"]
    assert [one.value for one in closed] == [
        48,
        47,
    ]  # the second Sunday opens at 21:00: summer time in New York
    assert str(closed[0].time) == "2021-03-05 22:00:00+00:00"
    assert all(one.severity == "error" and "another zone" in one.message for one in closed)
    one_saturday = frame[(index.day_of_week < 4) | (index == "2021-03-06 12:00")]
    found = [one for one in check(Bars.from_frame(one_saturday, "EURUSD")).findings if one.kind == "weekend"]
    assert [(one.value, one.severity) for one in found] == [(1, "warning")]


def test_the_wrong_length_of_a_bar_shows_as_missing_coverage():
    bars = hours(n=240)
    report = check(bars.replace(every_ns=bars.every_ns // 4, known=bars.times + bars.every_ns // 4))
    coverage = [one for one in report.findings if one.kind == "coverage"]
    assert len(coverage) == 1 and not report.ok
    assert coverage[0].value == pytest.approx(0.25, abs=0.01)
    assert "only 25% of the bars" in coverage[0].message


def test_three_still_bars_are_a_flat_run_and_two_are_not():
    bars = hours()
    quotes = bars.quotes.copy()
    quotes[10:13] = quotes[10, :, [3, 3, 3, 3, 7, 7, 7, 7]].T
    found = only(check(bars.replace(quotes=quotes)))
    assert (found.kind, found.severity, found.value, found.time) == ("flat", "warning", 3, bars.index[10])
    quotes = bars.quotes.copy()
    quotes[10:12] = quotes[10, :, [3, 3, 3, 3, 7, 7, 7, 7]].T
    assert check(bars.replace(quotes=quotes)).findings == ()


def test_a_close_that_is_off_and_back_is_a_spike():
    bars = hours()
    found = only(check(with_mid(bars, 100, 1.02)))
    assert (found.kind, found.severity, found.time) == ("spike", "warning", bars.index[100])
    assert found.value == pytest.approx(0.02, abs=0.003)


def test_a_new_level_is_a_jump_and_no_spike():
    bars = hours()
    quotes = bars.quotes.copy()
    quotes[200:] *= 0.97
    found = only(check(bars.replace(quotes=quotes)))
    assert (found.kind, found.severity, found.time) == ("jump", "info", bars.index[200])
    assert found.value == pytest.approx(np.log(0.97), abs=1e-4)


def test_a_spread_beyond_eight_medians_is_named():
    bars = hours(spread=1.0)
    quotes = bars.quotes.copy()
    quotes[50, :, 4:] += 0.0009  # 10 pips in all
    found = only(check(bars.replace(quotes=quotes)))
    assert (found.kind, found.time) == ("spread", bars.index[50])
    assert found.value == pytest.approx(10) and found.message.endswith("is 10.0 pips; 1.0 is usual")


def test_free_trading_is_a_warning():
    found = only(check(hours(spread=0.0)))
    assert (found.kind, found.severity) == ("spread", "warning") and "zero" in found.message


def test_bars_without_volume_are_counted():
    bars = hours(n=50)
    some = np.ones((50, 1))
    some[[3, 9]] = 0
    found = only(check(bars.replace(volumes=some)))
    assert (found.kind, found.value, found.severity) == ("volume", 2, "warning")
    found = only(check(bars.replace(volumes=np.zeros((50, 1)))))
    assert (found.severity, found.message) == ("info", "EURUSD: no bar has volume")


def test_prices_in_points_are_an_error():
    bars = hours(n=50)
    report = check(bars.replace(quotes=bars.quotes * 1e5))
    found = next(one for one in report.findings if one.kind == "scale")
    assert found.severity == "error" and not report.ok and "points, or another pair?" in found.message


def test_each_pair_is_looked_at_where_it_has_bars():
    euro = hours(n=100)
    yen = load_bars("USDJPY", source="synthetic", n_bars=100, start="2021-03-01")
    both = Bars.join([euro, keep(yen, np.delete(np.arange(100), [40]))], how="outer")
    found = only(check(both))
    assert (found.symbol, found.kind) == ("USDJPY", "gap")


def test_ticks_have_no_gaps_and_two_bars_no_moves():
    bars = hours(n=100)
    ticks = keep(bars.replace(every_ns=None), np.r_[0:20, 60:100])
    assert check(ticks).findings == ()
    assert check(hours(n=2)).findings == () and check(bars[0:0]).findings == ()


def test_the_table_and_the_line_tell_the_same():
    report = check(keep(with_mid(hours(), 100, 1.02), np.delete(np.arange(400), [30])))
    assert list(report.table.columns) == ["kind", "symbol", "time", "value", "severity", "message"]
    assert report.table["kind"].tolist() == ["gap", "spike"]
    assert report.summary() == "EURUSD: 399 bars, 2 warnings (gap 1, spike 1)"
    assert check(hours(n=10)).summary() == "EURUSD: 10 bars, nothing to report"
    with pytest.raises(AttributeError):
        report.n_bars = 0
