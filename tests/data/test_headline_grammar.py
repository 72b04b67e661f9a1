import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxlab.data import DataError, load_bars, synthetic_headlines
from fxlab.market import is_open


@pytest.fixture(scope="module")
def bars():
    return load_bars("EURUSD")


def test_the_columns_and_their_types(bars):
    news = synthetic_headlines(bars)
    assert list(news) == ["published_at", "available_at", "headline", "source", "currency", "direction"]
    assert str(news["published_at"].dtype) == str(news["available_at"].dtype) == "datetime64[ns, UTC]"
    assert set(news["source"]) == {"synthetic"}
    assert set(news["currency"]) == {"EUR", "USD"}
    assert set(news["direction"]) == {-1, 0, 1}
    assert news["published_at"].is_monotonic_increasing


def test_about_four_a_day_come_while_the_week_is_open(bars):
    news = synthetic_headlines(bars)
    assert is_open(pd.DatetimeIndex(news["published_at"]).asi8).all()
    assert 4 * 260 * 0.95 < len(news) < 4 * 260 * 1.05
    assert len(synthetic_headlines(bars, n_per_day=8)) == pytest.approx(2 * len(news), rel=0.05)


def test_a_headline_is_available_a_minute_after_publication(bars):
    news = synthetic_headlines(bars)
    assert set(news["available_at"] - news["published_at"]) == {pd.Timedelta("1min")}
    later = synthetic_headlines(bars, latency="30s")
    assert set(later["available_at"] - later["published_at"]) == {pd.Timedelta("30s")}


@given(st.integers(0, 10_000))
def test_the_same_seed_gives_the_same_headlines(seed):
    bars = load_bars("EURUSD", end="2017-01-14")
    pd.testing.assert_frame_equal(synthetic_headlines(bars, seed=seed), synthetic_headlines(bars, seed=seed))
    assert not synthetic_headlines(bars, seed=seed).equals(synthetic_headlines(bars, seed=seed + 1))


def test_headlines_before_a_time_know_nothing_of_the_bars_after_it(bars):
    whole, early = synthetic_headlines(bars), synthetic_headlines(bars[:"2017-06-30"])
    pd.testing.assert_frame_equal(whole.iloc[: len(early)], early)
    quotes = bars.quotes.copy()
    quotes[3000:] *= 1.1
    pd.testing.assert_frame_equal(whole, synthetic_headlines(bars.replace(quotes=quotes)))


def test_a_later_start_keeps_the_headlines_it_shares(bars):
    late = synthetic_headlines(bars["2017-06-01":])
    whole = synthetic_headlines(bars)
    shared = whole[whole["published_at"] >= pd.Timestamp("2017-06-01", tz="UTC")].reset_index(drop=True)
    pd.testing.assert_frame_equal(late, shared)


def next_day_agreement(news, bars):
    """Share of headlines whose direction is that of the euro over the next 24 bars, among those that have one."""
    close = bars.close["EURUSD"].to_numpy()
    now = np.searchsorted(bars.known, pd.DatetimeIndex(news["published_at"]).asi8, side="right") - 1
    inside = (now >= 0) & (now + 24 < len(bars)) & (news["direction"] != 0).to_numpy()
    change = close[now[inside] + 24] - close[now[inside]]
    told = news["direction"].to_numpy()[inside] * np.where(news["currency"][inside] == "EUR", 1, -1)
    return (np.sign(change) == told)[change != 0].mean()


def test_without_signal_the_labels_are_a_coin(bars):
    agreement = [next_day_agreement(synthetic_headlines(bars, seed=seed), bars) for seed in range(5)]
    assert np.mean(agreement) == pytest.approx(0.5, abs=0.03)


def test_the_signal_is_the_share_that_knows_the_next_day(bars):
    assert next_day_agreement(synthetic_headlines(bars, signal=1.0), bars) == 1.0
    half = next_day_agreement(synthetic_headlines(bars, signal=0.5, n_per_day=20), bars)
    assert half == pytest.approx(
        (0.5 + 0.4 * 0.5) / (1 - 0.5 * 0.2), abs=0.03
    )  # a neutral label never agrees


def test_words_follow_the_label(bars):
    news = synthetic_headlines(bars, n_per_day=40)
    up, down = (news[news["direction"] == one]["headline"] for one in (1, -1))
    assert not up.str.contains("Dovish|falls|slides|slips|misses|signals rate cuts").any()
    assert not down.str.contains("Hawkish|rises|gains|beats|rate hikes").any()
    euro = news[news["currency"] == "EUR"]["headline"]
    assert euro.str.contains("euro|ECB", case=False).all() and not euro.str.contains("Fed|US dollar").any()
    risk_off = news[news["headline"].str.contains("Risk-off|recession fears")]
    assert (
        risk_off["direction"] == np.where(risk_off["currency"] == "USD", 1, -1)
    ).all()  # the dollar is a haven


def test_a_currency_without_a_name_goes_by_its_code():
    bars = load_bars("USDPLN", source="ecb", start="2023")
    zloty = synthetic_headlines(bars)
    zloty = zloty[zloty["currency"] == "PLN"]["headline"]
    assert len(zloty) > 100 and zloty.str.contains("PLN").all()


def test_daily_bars_get_headlines_and_a_signal_too():
    bars = load_bars("EURUSD", source="ecb", start="2023")
    news = synthetic_headlines(bars, signal=1.0)
    close = bars.close["EURUSD"].to_numpy()
    now = np.searchsorted(bars.known, pd.DatetimeIndex(news["published_at"]).asi8, side="right") - 1
    rows = now < len(bars) - 1
    told = news["direction"][rows] * np.where(news["currency"][rows] == "EUR", 1, -1)
    change = np.sign(close[now[rows] + 1] - close[now[rows]])
    assert (told[change != 0] == change[change != 0]).all()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"n_per_day": 0}, "n_per_day is 0; give 1 to 10,000"),
        ({"seed": -1}, "seed is -1; give a whole number, zero or more"),
        ({"signal": 1.5}, "signal is 1.5; give a share from 0 to 1"),
        ({"signal": float("nan")}, "signal is nan; give a share"),
        ({"latency": "-1min"}, "latency is '-1min'; write how long a reader waits"),
        ({"latency": "soon"}, "latency is 'soon'; write how long a reader waits"),
    ],
)
def test_what_cannot_be_written_is_told(bars, options, complaint):
    with pytest.raises(DataError, match=complaint):
        synthetic_headlines(bars, **options)


def test_no_bars_no_headlines(bars):
    with pytest.raises(DataError, match="no bars to write headlines for; widen the span"):
        synthetic_headlines(bars[0:0])
