"""A headline cut into statements, each with its currencies and their sides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxlab.sentiment.clauses import clauses
from fxlab.sentiment.words import EFFECTS, INVERSE, PHRASES, WORDS, as_tokens


@pytest.mark.parametrize(
    ("headline", "sides"),
    [
        ("Dollar falls against yen", [{"USD": 1, "JPY": -1}]),
        ("Euro up versus the Swiss franc", [{"EUR": 1, "CHF": -1}]),
        ("EUR/USD rises", [{"EUR": 1, "USD": -1}]),
        ("Dollar rises to 150 yen", [{"USD": 1, "JPY": -1}]),
        ("Yen falls to 150 per dollar", [{"JPY": 1, "USD": -1}]),
        ("Pound falls in Europe", [{"GBP": 1}]),
        ("EUR/USD: euro bulls wait", [{"EUR": 1, "USD": -1}, {"EUR": 1}]),
        ("Dollar up, euro down", [{"USD": 1}, {"EUR": 1}]),
        ("Strong US data weighs on the euro", [{"USD": 1}, {"EUR": 1}]),
        ("Euro hit by strong dollar", [{"EUR": 1}, {"USD": 1}]),
        ("Hawkish Fed lifts the greenback against the yen", [{"USD": 1}, {"USD": 1, "JPY": -1}]),
        ("Dollar weakens against yen", [{"USD": 1, "JPY": -1}]),
        ("Euro above 1.1000 as oil, at 1,100 a ton, rises", [{"EUR": 1}, {}, {}, {}]),
    ],
)
def test_sides_of_each_clause(headline, sides):
    assert [one.sides for one in clauses(headline)] == sides


def test_the_words_of_a_clause_leave_currency_names_out():
    assert [one.text for one in clauses("Hawkish ECB rate-hike talk lifts the euro")] == [
        "hawkish it rate_hike talk",
        "acts_up the it",
    ]


def test_phrases_become_one_token_longest_first():
    assert as_tokens("Interest rate hike") == "rate_hike"
    assert as_tokens("interest rates") == "rate_level"
    assert as_tokens("safe-haven demand for a safe  haven") == "risk_off for a safe_haven"
    assert as_tokens("prorate cuts") == "prorate cuts"


def test_every_token_of_a_phrase_or_an_effect_means_something():
    tokens = {*PHRASES.values(), *EFFECTS.values()}
    assert tokens - WORDS.keys() - EFFECTS.keys() <= {"not", "after", "before"}
    assert all(WORDS[word] == 0.0 for word in INVERSE)  # they turn a sign, they have none
    assert all(-4.0 <= value <= 4.0 for value in WORDS.values())


@given(
    st.lists(
        st.sampled_from(["dollar", "EUR/USD", "lifts", "hit", "by", "vs", "rises", "150", ",", "as"]),
        max_size=12,
    )
)
def test_any_order_of_words_is_cut_into_clauses_with_every_word_kept_once(words):
    kept = [token for one in clauses(" ".join(words)) for token in one.tokens if token.startswith("@")]
    assert kept == [f"@{k}@" for k in range(sum(word in ("dollar", "EUR/USD") for word in words))]
