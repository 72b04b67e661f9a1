"""Scores as columns beside bars: decay worked by hand, and nothing known before its time."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxlab.market import Bars
from fxlab.sentiment import score_headlines_by_words, sentiment_columns

START = pd.Timestamp("2021-03-01 00:00", tz="UTC")


def bars(n: int = 6, symbol: str = "EURUSD", every: str = "1h") -> Bars:
    index = pd.date_range(START, periods=n, freq=every)
    prices = pd.DataFrame({"open": 1.2, "high": 1.2, "low": 1.2, "close": 1.2}, index=index)
    return Bars.from_frame(prices, symbol=symbol, every=every)


def news(*rows: tuple[str, str], available: list[str] | None = None) -> pd.DataFrame:
    """Rows of (minutes or hours after the start, headline)."""
    frame = pd.DataFrame(
        {
            "published_at": pd.DatetimeIndex([START + pd.Timedelta(after) for after, _ in rows], tz="UTC"),
            "headline": [text for _, text in rows],
        }
    )
    if available is not None:
        frame["available_at"] = pd.DatetimeIndex([START + pd.Timedelta(one) for one in available])
    return frame


def one_point(texts, currencies) -> pd.DataFrame:
    """A scorer that gives every headline +1 for the euro."""
    return pd.DataFrame({code: np.full(len(list(texts)), float(code == "EUR")) for code in currencies})


def test_a_score_counts_from_the_first_bar_known_after_it_and_halves_in_a_half_life():
    found = sentiment_columns(news(("90min", "x")), bars(), half_life="1h", latency="0s", scorer=one_point)
    # bar 1 is known at 02:00, half an hour after the headline
    expected = [0.0, 2**-0.5, 2**-1.5, 2**-2.5, 2**-3.5, 2**-4.5]
    np.testing.assert_allclose(found["sentiment_EUR"], expected, rtol=1e-14)
    np.testing.assert_array_equal(found["sentiment_USD"], 0.0)
    assert found.index.equals(bars().index)


def test_columns_are_the_currencies_then_the_pairs():
    three = Bars.join([bars(symbol="EURUSD"), bars(symbol="USDJPY")])
    found = sentiment_columns(news(("1min", "Dollar rises")), three, scorer="words_fx")
    assert found.columns.tolist() == [
        "sentiment_EUR",
        "sentiment_USD",
        "sentiment_JPY",
        "sentiment_EURUSD",
        "sentiment_USDJPY",
    ]
    assert (found["sentiment_EURUSD"] == found["sentiment_EUR"] - found["sentiment_USD"]).all()
    assert found["sentiment_USDJPY"].iloc[-1] > 0 > found["sentiment_EURUSD"].iloc[-1]


def test_a_headline_available_exactly_when_a_bar_is_known_counts_in_it():
    found = sentiment_columns(news(("59min", "x")), bars(), latency="1min", scorer=one_point)["sentiment_EUR"]
    assert found.iloc[0] == 1.0


def test_latency_keeps_a_headline_out_of_the_bar_in_which_it_was_published():
    found = sentiment_columns(news(("59min", "x")), bars(), latency="2min", scorer=one_point)["sentiment_EUR"]
    assert found.iloc[0] == 0.0
    assert found.iloc[1] > 0.0


def test_the_frames_own_available_at_comes_before_the_latency():
    found = sentiment_columns(news(("1min", "x"), available=["3h"]), bars(), latency="0s", scorer=one_point)[
        "sentiment_EUR"
    ]
    assert found.ne(0).tolist() == [False, False, True, True, True, True]


def test_headlines_before_the_first_bar_have_faded_and_those_after_the_last_are_not_seen():
    found = sentiment_columns(
        news(("-5h", "x"), ("100h", "x")), bars(), half_life="6h", latency="0s", scorer=one_point
    )["sentiment_EUR"]
    np.testing.assert_allclose(found, 0.5 ** ((np.arange(6) + 6) / 6), rtol=1e-14)


headline_times = st.lists(st.integers(-300, 3000), min_size=1, max_size=30)


@given(headline_times, st.randoms(use_true_random=False))
def test_the_sums_are_those_of_a_plain_double_loop(minutes, random):
    points = {f"h{k}": random.uniform(-1, 1) for k in range(len(minutes))}

    def scorer(texts, currencies):
        return pd.DataFrame({code: [points[text] * (code == "EUR") for text in texts] for code in currencies})

    frame = news(*((f"{m}min", f"h{k}") for k, m in enumerate(minutes)))
    bar = bars(40)
    found = sentiment_columns(frame, bar, half_life="3h", latency="1min", scorer=scorer)["sentiment_EUR"]
    for i, known in enumerate(bar.known_at):
        age = [(known - START) / pd.Timedelta("1min") - m - 1 for m in minutes]
        plain = sum(points[f"h{k}"] * 0.5 ** (a / 180) for k, a in enumerate(age) if a >= 0)
        assert found.iloc[i] == pytest.approx(plain, abs=1e-12)


@given(headline_times, st.integers(0, 39))
def test_later_headlines_never_change_a_row_not_by_a_bit(minutes, i):
    texts = ["Euro rises", "Dollar falls", "ECB dovish", "Risk-off"]
    frame = news(*((f"{m}min", texts[k % 4]) for k, m in enumerate(minutes)))
    bar = bars(40)
    known = bar.known_at[i]
    later = frame["published_at"] + pd.Timedelta("1min") > known
    changed = frame.copy()
    changed.loc[later, "headline"] = "Euro collapses"
    columns = [
        sentiment_columns(news, bar, scorer=score_headlines_by_words).iloc[: i + 1].to_numpy()
        for news in (frame, changed, frame[~later])
    ]
    assert np.array_equal(columns[0], columns[1])
    assert np.array_equal(columns[0], columns[2])
    short = sentiment_columns(frame, bar[: bar.index[i]], scorer=score_headlines_by_words).to_numpy()
    assert np.array_equal(short, columns[0])


@given(headline_times, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(minutes, random):
    frame = news(
        *((f"{m}min", "Euro rises" if k % 2 else "Euro falls") for k, m in enumerate(sorted(set(minutes))))
    )
    order = list(range(len(frame)))
    random.shuffle(order)
    first, second = (sentiment_columns(one, bars(), scorer="words_fx") for one in (frame, frame.iloc[order]))
    pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_no_headlines_are_no_sentiment():
    empty = news(("0min", "x")).iloc[:0]
    assert (sentiment_columns(empty, bars(), scorer="words_fx") == 0.0).all(axis=None)
    bare = pd.DataFrame({"published_at": [], "headline": []})
    assert (sentiment_columns(bare, bars(), scorer="words_fx") == 0.0).all(axis=None)


def test_tens_of_thousands_of_bars_and_headlines_take_about_a_second():
    rng = np.random.default_rng(0)
    n = 50_000
    frame = pd.DataFrame(
        {
            "published_at": START + pd.to_timedelta(np.sort(rng.integers(0, n * 60, n)), unit="min"),
            "headline": rng.choice(["Euro rises", "Dollar falls against yen"], n),
        }
    )
    begin = time.perf_counter()
    sentiment_columns(frame, bars(n), scorer="words_fx")
    assert time.perf_counter() - begin < 5.0  # 0.5 s alone; the double loop would take minutes


def test_made_up_headlines_are_read_in_the_direction_they_were_written_to_have():
    fx = pytest.importorskip("fxlab.data.headline_grammar")
    frame = fx.synthetic_headlines(bars(24 * 30), n_per_day=10, seed=1)
    scores = score_headlines_by_words(frame["headline"], ["EUR", "USD"])
    own = np.where(frame["currency"] == "EUR", scores["EUR"], scores["USD"])
    assert (np.sign(own) == frame["direction"]).mean() > 0.95


@pytest.mark.parametrize(
    ("change", "error", "complaint"),
    [
        (lambda f: f.drop(columns="headline"), ValueError, "no column headline; found published_at"),
        (lambda f: f.drop(columns="published_at"), ValueError, "no column published_at; found headline"),
        (
            lambda f: f.assign(published_at=f["published_at"].dt.tz_localize(None)),
            ValueError,
            "published_at has no time zone; use .dt.tz_localize",
        ),
        (
            lambda f: f.assign(published_at="2021-03-01"),
            TypeError,
            "published_at holds .*, not times; use pd.to_datetime",
        ),
        (
            lambda f: f.assign(published_at=f["published_at"].where([True, False])),
            ValueError,
            "published_at is missing in row 1",
        ),
        (lambda f: f.assign(headline=["x", 3]), TypeError, "headline in row 1 is 3, not a string"),
        (lambda f: f.assign(headline=["x", None]), TypeError, "headline in row 1 is .*, not a string"),
        (
            lambda f: f.assign(available_at=f["published_at"] - pd.Timedelta("1s")),
            ValueError,
            "row 0 is available at 2021-03-01 00:00:59.*before it was published",
        ),
        (lambda f: ["x"], TypeError, "headlines is a list; pass a DataFrame"),
    ],
)
def test_unusable_headlines_are_named(change, error, complaint):
    with pytest.raises(error, match=complaint):
        sentiment_columns(change(news(("1min", "x"), ("2min", "y"))), bars(), scorer="words_fx")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"half_life": "0s"}, "half_life is '0s'; give a time above zero"),
        ({"half_life": "soon"}, "half_life is 'soon'; give a time, such as '6h'"),
        ({"latency": "-1min"}, "latency is '-1min'; news is not read before it is out"),
        ({"latency": pd.NaT}, "latency is NaT; give a time"),
        ({"scorer": "vader"}, "no sentiment scorer is called 'vader'"),
        (
            {"scorer": lambda texts, codes: pd.DataFrame({"EUR": [1.0]})},
            "returned 1 rows and columns EUR; it must return 1",
        ),
        (
            {"scorer": lambda texts, codes: pd.DataFrame({"EUR": [1.0], "USD": [np.nan]})},
            "returned nan for headline 0 and USD; use 0 for no opinion",
        ),
    ],
)
def test_unusable_arguments_are_named(arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        sentiment_columns(news(("1min", "x")), bars(), **{"scorer": "words_fx", **arguments})
