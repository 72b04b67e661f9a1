"""Which currency a headline speaks of: literal tables of names, and the one pattern that reads them.

People are left out on purpose, offices are in: a table of today's governors, used on yesterday's news, would
know appointments that had not happened yet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["CURRENCIES", "Mention", "currencies_in", "mentions"]

CURRENCIES = (
    "USD", "EUR", "JPY", "GBP", "CHF", "AUD", "NZD", "CAD", "NOK", "SEK", "DKK", "CZK", "HUF",
    "PLN", "RON", "BGN", "ISK", "HRK", "RUB", "TRY", "ILS", "ZAR", "BRL", "MXN", "CNY", "CNH",
    "HKD", "SGD", "KRW", "INR", "IDR", "MYR", "PHP", "THB", "TWD", "CLP", "COP", "PEN", "ARS",
    "AED", "SAR", "EGP", "UAH", "XAU", "XAG",
)  # fmt: skip
"""Codes the map knows, those it has most names for first."""

# Lower case; matched in any case, longest first, as whole words.
NAMES: dict[str, tuple[str, ...]] = {
    "USD": ("us dollar", "u.s. dollar", "american dollar", "dollar", "dollars", "greenback", "buck", "dxy",
            "dollar index"),
    "EUR": ("euro", "euros", "single currency", "common currency"),
    "JPY": ("yen", "japanese yen"),
    "GBP": ("sterling", "pound", "pounds", "british pound", "pound sterling"),
    "CHF": ("swiss franc", "franc", "swissie", "swissy"),
    "AUD": ("australian dollar", "aussie", "aussie dollar"),
    "NZD": ("new zealand dollar", "kiwi", "kiwi dollar"),
    "CAD": ("canadian dollar", "loonie"),
    "NOK": ("norwegian krone", "norwegian crown", "nokkie"),
    "SEK": ("swedish krona", "swedish crown", "krona", "stokkie"),
    "DKK": ("danish krone", "danish crown"),
    "CZK": ("czech koruna", "koruna", "czech crown"),
    "HUF": ("forint",),
    "PLN": ("zloty",),
    "RUB": ("rouble", "ruble"),
    "TRY": ("turkish lira", "lira"),
    "ILS": ("shekel",),
    "ZAR": ("south african rand",),
    "BRL": ("brazilian real",),
    "MXN": ("mexican peso",),
    "CNY": ("yuan", "renminbi"),
    "HKD": ("hong kong dollar",),
    "SGD": ("singapore dollar",),
    "KRW": ("south korean won", "korean won"),
    "INR": ("indian rupee", "rupee"),
    "IDR": ("rupiah",),
    "MYR": ("ringgit",),
    "PHP": ("philippine peso",),
    "THB": ("baht",),
    "TWD": ("taiwan dollar",),
    "CLP": ("chilean peso",),
    "COP": ("colombian peso",),
    "ARS": ("argentine peso",),
    "XAU": ("gold", "bullion"),
    "XAG": ("silver",),
}  # fmt: skip

# A central bank, an office, a country, its markets or its statistics: spoken of its own currency.
PLACES: dict[str, tuple[str, ...]] = {
    "USD": ("federal reserve", "federal open market committee", "fomc", "fed chair", "fed chairman",
            "treasury secretary", "white house", "united states", "u.s.", "america", "american", "washington",
            "wall street", "nonfarm payrolls", "non-farm payrolls", "nonfarm payroll", "nfp", "treasuries",
            "treasury yields", "beige book"),
    "EUR": ("european central bank", "ecb", "ecb president", "euro zone", "eurozone", "euro area",
            "european union", "european commission", "european", "europe", "brussels", "german", "germany",
            "bundesbank", "french", "france", "italian", "italy", "spanish", "spain", "dutch", "netherlands",
            "zew", "ifo", "bund", "bunds"),
    "JPY": ("bank of japan", "boj", "boj governor", "ministry of finance", "japan", "japanese", "tokyo",
            "tankan", "jgb", "jgbs"),
    "GBP": ("bank of england", "boe", "boe governor", "chancellor of the exchequer", "united kingdom", "u.k.",
            "britain", "british", "gilt", "gilts", "brexit", "downing street"),
    "CHF": ("swiss national bank", "snb", "snb chairman", "switzerland", "swiss"),
    "AUD": ("reserve bank of australia", "rba", "rba governor", "australia", "australian"),
    "NZD": ("reserve bank of new zealand", "rbnz", "rbnz governor", "new zealand"),
    "CAD": ("bank of canada", "boc", "boc governor", "canada", "canadian"),
    "NOK": ("norges bank", "norway", "norwegian"),
    "SEK": ("riksbank", "sweden", "swedish"),
    "DKK": ("danmarks nationalbank", "denmark", "danish"),
    "CZK": ("czech national bank", "cnb", "czech"),
    "HUF": ("hungarian national bank", "hungary", "hungarian"),
    "PLN": ("national bank of poland", "poland", "polish"),
    "RUB": ("bank of russia", "russia", "russian"),
    "TRY": ("cbrt", "turkey", "turkish"),
    "ILS": ("bank of israel", "israel", "israeli"),
    "ZAR": ("south african reserve bank", "sarb", "south africa", "south african"),
    "BRL": ("banco central do brasil", "brazil", "brazilian"),
    "MXN": ("banxico", "mexico", "mexican"),
    "CNY": ("people's bank of china", "pboc", "china", "chinese", "beijing"),
    "HKD": ("hkma", "hong kong"),
    "SGD": ("monetary authority of singapore", "singapore"),
    "KRW": ("bank of korea", "south korea", "south korean"),
    "INR": ("reserve bank of india", "rbi", "india", "indian"),
    "IDR": ("bank indonesia", "indonesia"),
    "MYR": ("bank negara", "malaysia"),
    "PHP": ("bangko sentral", "philippines"),
    "THB": ("bank of thailand", "thailand"),
    "TWD": ("taiwan",),
}  # fmt: skip

# Words that mean something else in lower case ("us", "fed up"); matched only as written.
CASED: dict[str, str] = {"US": "USD", "USA": "USD", "Fed": "USD", "FED": "USD", "UK": "GBP", "EU": "EUR"}

# Nicknames of pairs: base, quote.
PAIRS: dict[str, tuple[str, str]] = {
    "cable": ("GBP", "USD"),
    "fiber": ("EUR", "USD"),
    "fibre": ("EUR", "USD"),
}

# Names that form a pair when a slash or hyphen joins two of them: "euro-dollar", "dollar/yen".
JOINABLE: dict[str, str] = {
    "euro": "EUR", "dollar": "USD", "yen": "JPY", "sterling": "GBP", "pound": "GBP", "franc": "CHF",
    "swissie": "CHF", "aussie": "AUD", "kiwi": "NZD", "loonie": "CAD", "yuan": "CNY",
}  # fmt: skip


@dataclass(frozen=True)
class Mention:
    """Where a headline names a currency or a pair.

    Attributes:
        start, end: its characters in the text.
        currency: the currency, or the pair's base.
        quote: the pair's quote; None for a single currency.
        is_place: named by its bank, country or statistics, not as a currency.
    """

    start: int
    end: int
    currency: str
    quote: str | None = None
    is_place: bool = False


def mentions(headline: str) -> list[Mention]:
    """Every mention in a headline, from left to right, without overlaps.

    >>> [(m.currency, m.quote) for m in mentions("EUR/USD slips as the Fed stays hawkish")]
    [('EUR', 'USD'), ('USD', None)]
    """
    found = []
    for match in _pattern().finditer(headline):
        mention = _mention(match)
        if mention is not None:
            found.append(mention)
    return found


def currencies_in(headline: str) -> tuple[str, ...]:
    """Codes of the currencies a headline speaks of, each once, in order of first mention.

    >>> currencies_in("Cable slides after a hawkish Fed lifts the greenback against the yen")
    ('GBP', 'USD', 'JPY')
    """
    codes = [code for one in mentions(headline) for code in (one.currency, one.quote) if code is not None]
    return tuple(dict.fromkeys(codes))


def _mention(match: re.Match[str]) -> Mention | None:
    start, end = match.span()
    text, kind = match.group(), match.lastgroup
    if kind == "codes":
        base, quote = text[:3].upper(), text[-3:].upper()
        return Mention(start, end, base, quote) if base != quote else None
    if kind == "joined":
        base, quote = (JOINABLE[name] for name in re.split(r"\s?[/-]\s?", text.lower()))
        return Mention(start, end, base, quote) if base != quote else None
    if kind == "code":
        return Mention(start, end, text)
    if kind == "cased":
        return Mention(start, end, CASED[text], is_place=True)
    words = re.sub(r"\s+", " ", text.lower()).replace("’", "'")
    if words in PAIRS:
        return Mention(start, end, *PAIRS[words])
    return Mention(start, end, _BY_NAME[words], is_place=words not in _OWN_NAMES)


_OWN_NAMES = {name for names in NAMES.values() for name in names}
_BY_NAME = {name: code for table in (PLACES, NAMES) for code, names in table.items() for name in names}


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    """Pairs before single names, longer names before shorter ones."""
    code, joinable = "|".join(CURRENCIES), "|".join(JOINABLE)
    names = sorted([*_BY_NAME, *PAIRS], key=len, reverse=True)
    name = "|".join(re.escape(one).replace(r"\ ", r"\s+").replace("'", "['’]") for one in names)
    return re.compile(
        rf"(?<![A-Za-z0-9])(?:"
        rf"(?P<codes>(?:{code})\s?[/_-]?\s?(?:{code})|(?i:{code})[/_-]?(?i:{code}))"
        rf"|(?P<joined>(?i:{joinable})\s?[/-]\s?(?i:{joinable}))"
        rf"|(?P<name>(?i:{name}))"
        rf"|(?P<cased>{'|'.join(CASED)})"
        rf"|(?P<code>{code})"
        rf")(?![A-Za-z0-9])"
    )
