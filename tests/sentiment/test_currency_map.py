"""Which currencies a headline speaks of."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxlab.sentiment import CURRENCIES, currencies_in
from fxlab.sentiment.currency_map import CASED, JOINABLE, NAMES, PAIRS, PLACES, mentions


@pytest.mark.parametrize(
    ("headline", "codes"),
    [
        ("Cable slides after a hawkish Fed lifts the greenback against the yen", ("GBP", "USD", "JPY")),
        ("Loonie, aussie and kiwi gain; swissie and fiber slip", ("CAD", "AUD", "NZD", "CHF", "EUR", "USD")),
        ("New Zealand dollar steadies", ("NZD",)),
        ("Canadian  dollar and Australian dollar", ("CAD", "AUD")),
        ("Bank of England's governor speaks", ("GBP",)),
        ("People’s Bank of China cuts reserve ratio", ("CNY",)),
        ("ECB president warns, Riksbank waits", ("EUR", "SEK")),
        ("German factory orders and Tankan survey", ("EUR", "JPY")),
        ("UPDATE 1-Dollar falls", ("USD",)),
        ("U.S. jobs data", ("USD",)),
        ("Nothing of the kind", ()),
        ("", ()),
    ],
)
def test_names_banks_countries_and_nicknames_are_read(headline, codes):
    assert currencies_in(headline) == codes


@pytest.mark.parametrize(
    "pair",
    [
        "EUR/USD",
        "EURUSD",
        "EUR-USD",
        "EUR_USD",
        "eurusd",
        "eur/usd",
        "Euro-dollar",
        "euro/dollar",
        "EURUSD=X",
    ],
)
def test_a_pair_is_one_mention_with_base_and_quote(pair):
    assert [(one.currency, one.quote) for one in mentions(f"{pair} rises")] == [("EUR", "USD")]


@pytest.mark.parametrize(
    "text",
    ["let us try again", "he was fed up", "a real bargain", "EURUSDT", "USD1", "refund", "uk", "Eurovision"],
)
def test_everyday_words_and_parts_of_words_are_not_currencies(text):
    assert currencies_in(text) == ()


def test_a_currency_against_itself_is_no_pair():
    assert currencies_in("USD/USD") == ()


def test_a_mention_says_where_it_is_and_whether_it_is_a_place():
    name, place = mentions("Dollar up in Tokyo")
    assert ("Dollar up in Tokyo"[name.start : name.end], name.is_place) == ("Dollar", False)
    assert ("Dollar up in Tokyo"[place.start : place.end], place.is_place) == ("Tokyo", True)


def test_the_tables_speak_of_known_currencies_and_give_each_name_once():
    assert len(set(CURRENCIES)) == len(CURRENCIES)
    codes = {
        *NAMES,
        *PLACES,
        *CASED.values(),
        *JOINABLE.values(),
        *(code for pair in PAIRS.values() for code in pair),
    }
    assert codes <= set(CURRENCIES)
    names = [name for table in (NAMES, PLACES) for listed in table.values() for name in listed]
    assert len(names) == len(set(names))
    assert all(name == name.lower() for name in names)


@pytest.mark.parametrize("code", CURRENCIES)
def test_every_code_is_read_alone_and_in_a_pair(code):
    other = "EUR" if code != "EUR" else "USD"
    assert currencies_in(f"{code} moves") == (code,)
    assert currencies_in(f"{code}/{other} moves") == (code, other)


@given(st.text(max_size=80))
def test_any_text_can_be_read(text):
    found = mentions(text)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
