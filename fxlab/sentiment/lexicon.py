"""Headlines to a score per currency, by a dictionary of words and the currency each clause is about.

A score is in [-1, 1]: above zero is good for the currency's exchange rate, whatever the tone of the sentence
("EUR/USD falls" is good for the dollar).

Rules, in order
    1. A headline is cut into clauses; the tone of a clause goes to its currencies, with the sign of their
       side (`clauses`). The first clause that says something of a currency decides: what the price did
       comes before why.
    2. A clause with a tone and no currency speaks of the one named before it, else of the next one named.
    3. Rising unemployment, claims and deficits are bad: their clause changes sign.
    4. Risk shunned is good for the dollar, the yen and the franc, risk sought is bad, unless a clause says
       otherwise of them.

Source: Hutto & Gilbert (2014), "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media
Text", ICWSM, for negation, intensity and the scale; the words and rules about currencies are our own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import pandas as pd

from fxlab.sentiment.clauses import Clause, clauses
from fxlab.sentiment.currency_map import CURRENCIES
from fxlab.sentiment.words import INVERSE, RISK_BAROMETERS, RISK_HAVENS, WORDS

__all__ = ["MAJORS", "SCORERS", "Scorer", "score_headlines", "score_headlines_by_words", "scorer_named"]

MAJORS = ("USD", "EUR", "JPY", "GBP", "CHF", "AUD", "NZD", "CAD")
Scorer = Callable[[Iterable[str], Sequence[str]], pd.DataFrame]

_NEGATIONS = frozenset(("not", "no", "never", "without", "neither", "nor", "cannot", "n't"))
_RISK_VALENCE = 2.0


def score_headlines(headlines: Iterable[str], currencies: Sequence[str] = MAJORS) -> pd.DataFrame:
    """Score of each headline for each currency, by VADER with the words of the FX market added.

    Args:
        headlines: texts; a Series keeps its index.
        currencies: ISO codes, the columns of the result.

    Returns:
        DataFrame (headlines × currencies) of float64 in [-1, 1]; 0 where a headline says nothing of a currency.

    Raises:
        TypeError: a headline that is not a string.
        ValueError: a currency the map does not know.
        ImportError: vaderSentiment is not installed; `score_headlines_by_words` needs nothing.

    >>> score_headlines(["Dollar falls against yen", "EUR/USD rises"], ["USD", "EUR", "JPY"])
          USD     EUR     JPY
    0 -0.4588  0.0000  0.4588
    1 -0.4588  0.4588  0.0000
    """
    return _scores(headlines, currencies, _vader_tone())


def score_headlines_by_words(headlines: Iterable[str], currencies: Sequence[str] = MAJORS) -> pd.DataFrame:
    """As `score_headlines`, from the FX word list alone: no package needed, no everyday words, no intensity."""
    return _scores(headlines, currencies, _word_tone)


SCORERS: dict[str, Scorer] = {"vader_fx": score_headlines, "words_fx": score_headlines_by_words}
"""Names for configuration files; in Python pass the function."""


def scorer_named(name: str) -> Scorer:
    """The scorer of that name in `SCORERS`.

    Raises:
        ValueError: no such name, with the nearest one.
    """
    if name in SCORERS:
        return SCORERS[name]
    near = get_close_matches(str(name), SCORERS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"use one of {', '.join(SCORERS)}"
    raise ValueError(f"no sentiment scorer is called {name!r}; {hint}")


# --- from clauses to scores --------------------------------------------------------------------------


def _scores(
    headlines: Iterable[str], currencies: Sequence[str], tone: Callable[[str], float]
) -> pd.DataFrame:
    codes = _known(currencies)
    texts = headlines if isinstance(headlines, pd.Series) else pd.Series(_listed(headlines), dtype="object")
    seen: dict[str, dict[str, float]] = {}
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"headline {i} is {text!r}, not a string; drop rows without text")
        if text not in seen:
            seen[text] = _score(text, tone)
    rows = [[seen[text].get(code, 0.0) for code in codes] for text in texts]
    return pd.DataFrame(rows, index=texts.index, columns=list(codes), dtype="float64")


def _score(headline: str, tone: Callable[[str], float]) -> dict[str, float]:
    scores: dict[str, float] = {}
    spoken_of: dict[str, int] = {}  # the currencies of the clause before
    waiting = 0.0  # tone of an opening clause that named no currency
    risk = 0.0
    for clause in clauses(headline):
        says = tone(clause.text)
        if INVERSE.intersection(clause.tokens):
            says = -says
        appetite = _risk_appetite(clause, says)
        risk = risk or appetite
        if not clause.sides and appetite:
            continue  # "as stocks rally" is about the market, not about the currency named before
        sides = clause.sides or spoken_of
        if clause.sides and not says:
            says, waiting = waiting, 0.0
        if not sides:
            waiting = waiting or says
        elif says:
            waiting = 0.0
            for currency, side in sides.items():
                scores.setdefault(currency, side * says)
        spoken_of = sides
    for currency in RISK_HAVENS if risk else ():
        scores.setdefault(currency, -risk)
    return scores


def _risk_appetite(clause: Clause, says: float) -> float:
    """Above zero where the clause says that risk is sought, below where it is shunned, else zero."""
    size = _bounded(_RISK_VALENCE)
    if "risk_off" in clause.tokens:
        return -size
    if not RISK_BAROMETERS.intersection(clause.tokens):
        return 0.0
    if says == 0.0:
        return size if "risk_on" in clause.tokens else 0.0
    return math.copysign(size, says)


# --- the tone of a clause ----------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _vader_tone() -> Callable[[str], float]:
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError as error:
        raise ImportError(
            "score_headlines needs the package vaderSentiment, which is not installed: run "
            'pip install "fxlab[models]", or use score_headlines_by_words (scorer "words_fx")'
        ) from error
    analyzer: Any = SentimentIntensityAnalyzer()  # reads a lexicon of its own, so no one else sees our words
    analyzer.lexicon.update(WORDS)
    return lambda text: float(analyzer.polarity_scores(text)["compound"])


def _word_tone(text: str) -> float:
    """Sum of the words' values, those within three words after a negation weakened and turned round."""
    tokens = text.split()
    total = 0.0
    for i, token in enumerate(tokens):
        value = WORDS.get(token, 0.0)
        if value and any(one in _NEGATIONS or one.endswith("n't") for one in tokens[max(0, i - 3) : i]):
            value *= -0.74  # VADER's factor
        total += value
    return _bounded(total)


def _bounded(total: float) -> float:
    """VADER's map of a sum of word values to [-1, 1]."""
    return total / math.sqrt(total * total + 15.0)


# --- what the functions above accept -----------------------------------------------------------------


def _listed(headlines: Iterable[str]) -> list[str]:
    if isinstance(headlines, str):
        raise TypeError("headlines is one string; pass a list of them")
    return list(headlines)


def _known(currencies: Sequence[str]) -> tuple[str, ...]:
    codes = (currencies,) if isinstance(currencies, str) else tuple(currencies)
    for code in codes:
        if code not in CURRENCIES:
            near = get_close_matches(str(code).upper(), CURRENCIES, n=1)
            hint = f"did you mean {near[0]}?" if near else f"use one of {', '.join(CURRENCIES)}"
            raise ValueError(f"{code!r} is not a currency whose names are known; {hint}")
    return codes
