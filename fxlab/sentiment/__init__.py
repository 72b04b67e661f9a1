"""Headlines to a score per currency to columns beside the bars.

currency_map    names of currencies, banks and countries; which of them a headline speaks of
words           what words do to a currency
clauses         a headline cut into statements, each with its currencies and their sides
lexicon         statements to scores in [-1, 1]
columns         scores to columns that know only what was available
"""

from fxlab.sentiment.columns import sentiment_columns
from fxlab.sentiment.currency_map import CURRENCIES, currencies_in
from fxlab.sentiment.lexicon import MAJORS, SCORERS, score_headlines, score_headlines_by_words, scorer_named

__all__ = [
    "CURRENCIES",
    "MAJORS",
    "SCORERS",
    "currencies_in",
    "score_headlines",
    "score_headlines_by_words",
    "scorer_named",
    "sentiment_columns",
]
