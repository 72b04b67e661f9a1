"""A headline cut into clauses, each with the currencies it is about and the side they are on.

"Euro falls against dollar as ECB turns dovish" is two statements: one about the euro with the dollar on the
other side, one about the ECB. A score for the whole sentence would mix them up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fxlab.sentiment.currency_map import Mention, mentions
from fxlab.sentiment.words import COMPARISONS, EFFECTS, as_tokens

__all__ = ["Clause", "clauses"]

_BREAK = re.compile(
    r"[;:!?()|–—]|,(?!\d)|\.(?!\w)|\s-\s"
    r"|\b(?:as|while|whereas|after|before|amid|but|despite|following|because|since|when|though|although|on)\b"
)
_TOKEN = re.compile(r"@\d+@|[a-z_][\w'’-]*|\d[\w.,%]*|'s")


@dataclass(frozen=True)
class Clause:
    """One statement of a headline.

    Attributes:
        tokens: its words, in lower case; "@0@" stands for the headline's first mention, and so on.
        sides: currencies it is about, +1 for the subject (a pair's base), -1 for the other side.
    """

    tokens: tuple[str, ...]
    sides: dict[str, int]

    @property
    def text(self) -> str:
        """The words alone, as a tone is read from them: names of currencies carry none."""
        return " ".join("it" if token.startswith("@") else token for token in self.tokens)


def clauses(headline: str) -> list[Clause]:
    """The statements of a headline in order.

    >>> [(one.text, one.sides) for one in clauses("Dollar falls against yen as weak data hurts USD/CHF")]
    [('it falls against it', {'USD': 1, 'JPY': -1}), ('weak data', {}), ('acts_down it', {'USD': 1, 'CHF': -1})]
    """
    named = mentions(headline)
    masked = headline
    for k in reversed(range(len(named))):  # from the right, so that earlier positions stay true
        masked = f"{masked[: named[k].start]} @{k}@ {masked[named[k].end :]}"
    out = []
    for piece in _BREAK.split(as_tokens(masked)):
        for tokens in _acts(_TOKEN.findall(piece)):
            if tokens:
                out.append(Clause(tuple(tokens), _sides(tokens, named)))
    return out


def _acts(tokens: list[str]) -> list[list[str]]:
    """The tokens, cut where one thing acts on a currency: "weak data | hurts the euro", "euro hit | by data"."""
    for i, token in enumerate(tokens):
        act = EFFECTS.get(token)
        if act is None:
            continue
        if tokens[i + 1 : i + 2] == ["by"]:
            return [[*tokens[:i], act], *_acts(tokens[i + 2 :])]
        following = tokens[i + 1 : i + 4]
        object_at = next((j for j, one in enumerate(following) if one.startswith("@")), None)
        if object_at is not None and not COMPARISONS.intersection(following[:object_at]):
            return [tokens[:i], [act, *tokens[i + 1 :]]]
    return [tokens]


def _sides(tokens: list[str], named: list[Mention]) -> dict[str, int]:
    found = [(i, named[int(token[1:-1])]) for i, token in enumerate(tokens) if token.startswith("@")]
    pairs = [mention for _, mention in found if mention.quote is not None]
    sides: dict[str, int] = {}
    if pairs:  # a price quoted as such says more than names beside it
        for pair in pairs:
            sides.setdefault(pair.currency, 1)
            sides.setdefault(str(pair.quote), -1)
        return sides
    if any(not mention.is_place for _, mention in found):  # "pound falls in Europe" is about the pound
        found = [(i, mention) for i, mention in found if not mention.is_place]
    for i, mention in found:
        sides.setdefault(mention.currency, -1 if _is_other_side(tokens, i) else 1)
    return sides


def _is_other_side(tokens: list[str], i: int) -> bool:
    """Whether the mention at token i is what the subject is measured in: "vs yen", "to 150 yen"."""
    return bool(COMPARISONS.intersection(tokens[:i])) or (i > 0 and tokens[i - 1][0].isdigit())
