"""Scores per currency: the sign belongs to the currency, not to the sentence."""

from __future__ import annotations

import json
import math
import sys
import zipfile
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxlab.sentiment import SCORERS, lexicon, score_headlines, score_headlines_by_words, scorer_named

both = pytest.mark.parametrize("score", [score_headlines, score_headlines_by_words], ids=list(SCORERS))


@pytest.fixture(autouse=True)
def _vader():
    pytest.importorskip("vaderSentiment")


def signs(score, headline: str) -> dict[str, int]:
    row = score([headline]).iloc[0]
    return {code: int(np.sign(value)) for code, value in row.items() if value}


@both
@pytest.mark.parametrize(
    ("headline", "expected"),
    [
        ("Dollar falls against yen", {"USD": -1, "JPY": 1}),
        ("EUR/USD rises", {"EUR": 1, "USD": -1}),
        ("EUR/USD falls as Fed turns hawkish", {"EUR": -1, "USD": 1}),
        ("Hawkish ECB minutes lift the euro", {"EUR": 1}),
        ("Dovish Fed minutes weigh on the US dollar", {"USD": -1}),
        ("Bank of England raises interest rates", {"GBP": 1}),
        ("RBA cuts rates by more than expected", {"AUD": -1}),
        ("Traders price out ECB rate cuts", {"EUR": 1}),
        ("Fed fails to raise rates", {"USD": -1}),
        ("Strong US data weighs on euro", {"USD": 1, "EUR": -1}),
        ("Euro hit by strong dollar", {"EUR": -1, "USD": 1}),
        ("US unemployment rises more than expected", {"USD": -1}),
        ("US jobless claims fall to record low", {"USD": 1}),
        ("Dollar rises to 150 yen", {"USD": 1, "JPY": -1}),
        ("Dollar steady after strong jobs data", {"USD": 1}),
        ("Oil jumps, loonie in focus", {"CAD": 1}),
        ("Euro falls, hits a low against the dollar", {"EUR": -1, "USD": 1}),
        ("ECB governor speaks about payment systems", {}),
        ("A high number of visitors", {}),
    ],
)
def test_each_currency_gets_its_own_sign(score, headline, expected):
    assert signs(score, headline) == expected


@both
@pytest.mark.parametrize(
    ("headline", "havens"),
    [
        ("Risk-off mood grips markets", 1),
        ("Flight to safety", 1),
        ("Stocks tumble", 1),
        ("Risk appetite returns", -1),
        ("Risk appetite fades", 1),
        ("Equities rally", -1),
    ],
)
def test_risk_shunned_is_good_for_the_havens_and_risk_sought_is_bad(score, headline, havens):
    assert signs(score, headline) == {"USD": havens, "JPY": havens, "CHF": havens}


@both
def test_what_a_headline_says_of_a_haven_comes_before_the_risk_rule(score):
    assert signs(score, "Risk-off mood grips markets, yen slips") == {"JPY": -1, "USD": 1, "CHF": 1}


@both
def test_the_first_clause_decides_what_the_price_did_before_why(score):
    assert signs(score, "Dollar falls after strong US jobs data") == {"USD": -1}


@both
def test_a_headline_of_the_other_pair_direction_has_the_opposite_scores(score):
    up, down = score(["EUR/USD rises", "EUR/USD falls"], ["EUR", "USD"]).to_numpy()
    np.testing.assert_array_equal(up, -down)
    assert up[0] == -up[1]


def test_the_scale_is_vaders():
    assert score_headlines_by_words(["Euro rises"]).loc[0, "EUR"] == pytest.approx(2 / math.sqrt(4 + 15))
    assert score_headlines(["Euro rises"]).loc[0, "EUR"] == pytest.approx(
        2 / math.sqrt(19), abs=5e-5
    )  # rounded


def test_vader_adds_everyday_words_and_intensity():
    words, vader = (
        f(["Disaster for sterling"]).loc[0, "GBP"] for f in (score_headlines_by_words, score_headlines)
    )
    assert words == 0.0
    assert vader < -0.3
    plain, very = score_headlines(["Strong euro", "Extremely strong euro"])["EUR"]
    assert very > plain > 0


def test_the_shared_vader_lexicon_is_left_alone():
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    score_headlines(["Hawkish Fed"])
    assert "hawkish" not in SentimentIntensityAnalyzer().lexicon


@both
@given(
    words=st.lists(
        st.sampled_from([*sorted(lexicon.WORDS), "dollar", "EUR/JPY", "vs", "not", ","]), max_size=15
    )
)
def test_scores_stay_between_minus_one_and_one(score, words):
    values = score([" ".join(words)]).to_numpy()
    assert np.isfinite(values).all()
    assert np.abs(values).max() <= 1.0


def test_a_series_keeps_its_index_and_currencies_are_the_columns():
    found = score_headlines(pd.Series(["Euro rises", "Yen falls"], index=[7, 3]), ["JPY", "EUR"])
    assert found.index.tolist() == [7, 3]
    assert found.columns.tolist() == ["JPY", "EUR"]
    assert found.loc[3, "JPY"] < 0 < found.loc[7, "EUR"]


def test_no_headlines_give_no_rows():
    found = score_headlines([], ["EUR"])
    assert found.shape == (0, 1)
    assert found["EUR"].dtype == np.float64


@pytest.mark.parametrize(
    ("headlines", "currencies", "error", "complaint"),
    [
        (["Euro up", None], ["EUR"], TypeError, "headline 1 is None, not a string; drop rows without text"),
        ([1.5], ["EUR"], TypeError, "headline 0 is 1.5, not a string"),
        ("Euro up", ["EUR"], TypeError, "headlines is one string; pass a list"),
        (
            ["Euro up"],
            ["EURO"],
            ValueError,
            "'EURO' is not a currency whose names are known; did you mean EUR?",
        ),
        (["Euro up"], ["eur"], ValueError, "'eur' is not a currency .*did you mean EUR"),
        (["Euro up"], ["Q"], ValueError, "'Q' is not a currency .*use one of USD, EUR"),
    ],
)
def test_unusable_input_is_named(headlines, currencies, error, complaint):
    with pytest.raises(error, match=complaint):
        score_headlines(headlines, currencies)


def test_scorers_have_names_for_configuration():
    assert scorer_named("vader_fx") is score_headlines
    assert scorer_named("words_fx") is score_headlines_by_words
    with pytest.raises(ValueError, match="no sentiment scorer is called 'vader'; did you mean vader_fx"):
        scorer_named("vader")
    with pytest.raises(
        ValueError, match="no sentiment scorer is called 'finbert'; use one of vader_fx, words_fx"
    ):
        scorer_named("finbert")


def test_a_missing_vader_says_what_to_install_and_the_word_list_needs_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "vaderSentiment.vaderSentiment", None)
    lexicon._vader_tone.cache_clear()
    with pytest.raises(ImportError, match=r'pip install "fxlab\[models\]", or use score_headlines_by_words'):
        score_headlines(["Euro rises"])
    assert score_headlines_by_words(["Euro rises"]).loc[0, "EUR"] > 0


# --- real texts, where they are


def test_real_eurusd_headlines_are_read_better_than_by_plain_vader(shared_data):
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    path = shared_data("fx_headlines_ccby4/eurusd_headlines_30.jsonl")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    texts = [row["headline"] for row in rows]
    labels = np.array([{"positive": 1, "negative": -1, "neutral": 0}[row["expected_label"]] for row in rows])
    scores = score_headlines(texts, ["EUR", "USD"])
    ours = direction((scores["EUR"] - scores["USD"]).to_numpy())
    plain = SentimentIntensityAnalyzer()
    theirs = direction(np.array([plain.polarity_scores(text)["compound"] for text in texts]))
    assert (ours == labels).mean() >= 0.65  # 0.73 when written, ten of each label
    assert (ours == labels).mean() > (theirs == labels).mean() + 0.2


@pytest.mark.slow
def test_the_word_list_reads_policy_statements_better_than_the_majority_guess(shared_data):
    rows = sheet_rows(shared_data("fomc_hawkish_dovish/lab-manual-split-combine-train-5768.xlsx"))
    texts = ["Fed: " + row[1] for row in rows[1:]]
    labels = np.array([{0: -1, 1: 1, 2: 0}[int(float(row[3]))] for row in rows[1:]])
    found = direction(score_headlines_by_words(texts, ["USD"])["USD"].to_numpy())
    majority = max((labels == k).mean() for k in (-1, 0, 1))
    assert (found == labels).mean() > majority + 0.04  # 0.57 against 0.49 when written
    outspoken = (labels != 0) & (found != 0)
    assert (found == labels)[outspoken].mean() > 0.6


def direction(scores: np.ndarray) -> np.ndarray:
    """-1, 0 or 1, with the threshold of 0.05 that VADER's authors use."""
    return np.where(np.abs(scores) < 0.05, 0, np.sign(scores)).astype(int)


def sheet_rows(path) -> list[list[str]]:
    """Cells of the first sheet of an .xlsx file whose texts are inline."""
    with zipfile.ZipFile(path) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    return [
        [
            "".join(part.text or "" for part in cell.iter() if part.tag in (space + "t", space + "v"))
            for cell in row
        ]
        for row in sheet.iter(space + "row")
    ]
