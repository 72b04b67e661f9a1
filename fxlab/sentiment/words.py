"""What words do to a currency: the literal lists behind the scores, on VADER's scale of -4 to 4.

Written from how the market talks, for currencies and not for shares: `higher`, `hike` and `hawkish` are
good for a currency, `cut`, `easing` and `dovish` bad. Where VADER has a word for everyday use (`interest`
is liked, a `low` is sad) this list overrules it; a value of 0 silences it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeVar

__all__ = [
    "COMPARISONS",
    "EFFECTS",
    "INVERSE",
    "PHRASES",
    "RISK_BAROMETERS",
    "RISK_HAVENS",
    "WORDS",
    "as_tokens",
]

T = TypeVar("T")


def _each(value: T, words: str) -> dict[str, T]:
    return dict.fromkeys(words.split(), value)


WORDS: dict[str, float] = {
    # prices
    **_each(2.0,
            "rise rises rising rose risen gain gains gaining gained climb climbs climbing climbed advance "
            "advances advancing advanced firm firms firmer firming strengthen strengthens strengthening "
            "strengthened appreciate appreciates appreciating appreciated recover recovers recovering "
            "recovered recovery rebound rebounds rebounding rebounded bounce bounces bouncing bounced higher "
            "up upside uptrend upward upwards"),
    **_each(2.6,
            "jump jumps jumping jumped surge surges surging surged soar soars soaring soared rally rallies "
            "rallying rallied spike spikes spiking spiked leap leaps leapt rocket rockets skyrocket "
            "skyrockets breakout bullish bull bulls buyers stronger strongest"),
    **_each(-2.0,
            "fall falls falling fell fallen slip slips slipping slipped decline declines declining declined "
            "ease eases easier retreat retreats retreating retreated weaken weakens weakening weakened "
            "depreciate depreciates depreciating depreciated soften softens softer dip dips dipping dipped "
            "drop drops dropping dropped lose loses losing lost lower down downside downtrend downward "
            "downwards slide slides sliding slid pullback pare pares"),
    **_each(-2.6,
            "sink sinks sinking sank tumble tumbles tumbling tumbled plunge plunges plunging plunged slump "
            "slumps slumping slumped crash crashes crashing crashed plummet plummets plummeting plummeted "
            "dive dives collapse collapses collapsed selloff sell-off bearish bear bears sellers breakdown "
            "weaker weakest"),
    **_each(1.0,
            "high highs top tops peak peaks support supported supports buy buying long"),
    **_each(-1.0,
            "low lows bottom bottoms resistance capped caps sell selling short pressured"),
    # policy
    **_each(2.4,
            "hawkish hawkishly hawk hawks rate_hike hike hikes hiking hiked raise raises raising raised "
            "tighten tightens tightening tightened taper tapers tapering restrictive"),
    **_each(-2.4,
            "dovish dovishly dove doves rate_cut cut cuts cutting loosen loosens loosening easing "
            "quantitative_easing stimulus accommodative accommodation pause pauses pausing"),
    # the economy; more inflation means dearer money
    **_each(1.8,
            "strong strength robust solid resilient resilience hot hotter upbeat beat beats beating exceed "
            "exceeds exceeded expand expands expanding expanded expansion grow grows growing grew accelerate "
            "accelerates accelerating accelerated improve improves improving improved improvement "
            "upgrade upgrades upgraded optimism optimistic"),
    **_each(-1.8,
            "weak weakness soft sluggish cool cools cooler cooling disappoint disappoints disappointing "
            "disappointed disappointment miss misses missed missing contract contracts contracting contracted "
            "contraction shrink shrinks shrinking shrank slow slows slowing slowed slower slowdown recession "
            "downturn stagnation deteriorate deteriorates deteriorating deteriorated fade fades fading faded "
            "wane wanes waning waned downgrade downgrades downgraded default defaults turmoil crisis "
            "pessimism pessimistic gloom gloomy"),
    # everyday meanings that say nothing about a currency
    **_each(0.0,
            "interest rate_level security securities treasury united trust credit share shares growth play "
            "plays value well like want wants please number hope hopes important safe_haven risk risk_on "
            "risk_off risks charge interested natural great reserve reserves unemployment jobless joblessness "
            "layoffs deficit deficits insolvencies bankruptcies"),
    # the verbs of EFFECTS, where they act on a currency
    "acts_up": 2.0, "acts_down": -2.0,
}  # fmt: skip

# Turned into one token each, longest first, before the words are looked up.
PHRASES: dict[str, str] = {
    "rate hike": "rate_hike", "rate hikes": "rate_hike", "rate rise": "rate_hike", "rate rises": "rate_hike",
    "rate increase": "rate_hike", "rate increases": "rate_hike",
    "rate cut": "rate_cut", "rate cuts": "rate_cut", "rate reduction": "rate_cut",
    "interest rate": "rate_level", "interest rates": "rate_level",
    "interest rate hike": "rate_hike", "interest rate hikes": "rate_hike",
    "interest rate cut": "rate_cut", "interest rate cuts": "rate_cut",
    "quantitative easing": "quantitative_easing", "qe": "quantitative_easing",
    "quantitative tightening": "tightening", "qt": "tightening",
    "price out": "not", "prices out": "not", "priced out": "not", "pricing out": "not", "rule out": "not",
    "rules out": "not", "ruled out": "not", "fail to": "not", "fails to": "not", "failed to": "not",
    "unable to": "not", "no longer": "not",
    "better than expected": "beats", "above expectations": "beats", "above forecasts": "beats",
    "above forecast": "beats", "tops forecasts": "beats", "tops expectations": "beats",
    "worse than expected": "misses", "below expectations": "misses", "below forecasts": "misses",
    "below forecast": "misses", "short of expectations": "misses", "short of forecasts": "misses",
    "from lows": "rebound", "off lows": "rebound", "from highs": "retreat", "off highs": "retreat",
    "safe haven": "safe_haven",
    "safe haven demand": "risk_off", "safe haven flows": "risk_off",
    "flight to safety": "risk_off", "flight to quality": "risk_off",
    "risk off": "risk_off", "risk aversion": "risk_off", "risk averse": "risk_off",
    "risk on": "risk_on", "risk appetite": "risk_on", "risk sentiment": "risk_on",
    "risk rally": "risk_on",
    "jobless claims": "jobless", "unemployment claims": "jobless", "job losses": "layoffs", "job cuts": "layoffs",
    "weigh on": "weigh_on", "weighs on": "weigh_on", "weighed on": "weigh_on", "weighing on": "weigh_on",
    "in the wake of": "after", "due to": "after", "thanks to": "after", "ahead of": "before",
}  # fmt: skip

# More of these is worse: "unemployment rises" is bad for the currency although something rose.
INVERSE = frozenset(
    (
        "unemployment",
        "jobless",
        "joblessness",
        "layoffs",
        "deficit",
        "deficits",
        "insolvencies",
        "bankruptcies",
    )
)

# Verbs that act on the currency after them: "weaker data weighs on the euro".
EFFECTS: dict[str, str] = {
    **_each("acts_up",
            "lift lifts lifted lifting boost boosts boosted boosting support supports supported supporting "
            "help helps helped buoy buoys buoyed underpin underpins underpinned strengthen strengthens "
            "bolster bolsters bolstered propel propels propelled"),
    **_each("acts_down",
            "weigh_on hurt hurts hurting hit hits hitting pressure pressures pressuring undermine undermines "
            "undermined drag drags dragged dent dents dented weaken weakens batter batters battered punish "
            "punishes sink sinks pummel pummels"),
}  # fmt: skip

COMPARISONS = frozenset(("against", "versus", "vs", "v", "per"))
"""What follows one of these is the other side: "dollar falls against yen"."""

RISK_BAROMETERS = frozenset(("risk_on", "stocks", "equities"))
"""Their direction is the market's appetite for risk: "stocks tumble" says that it is shunned."""

RISK_HAVENS = ("USD", "JPY", "CHF")
"""Bought when risk is shunned and sold when it is sought."""


def as_tokens(text: str) -> str:
    """The text in lower case with each phrase of `PHRASES` turned into its token, hyphens read as spaces.

    >>> as_tokens("Fed rules out Interest-Rate Hike")
    'fed not rate_hike'
    """
    return _phrases().sub(lambda found: PHRASES[re.sub(r"[\s-]+", " ", found.group())], text.lower())


@lru_cache(maxsize=1)
def _phrases() -> re.Pattern[str]:
    longest_first = sorted(PHRASES, key=len, reverse=True)
    either = "|".join(one.replace(" ", r"[\s-]+") for one in longest_first)
    return re.compile(rf"(?<![\w-])(?:{either})(?![\w-])")
