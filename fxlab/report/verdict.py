"""Is it real? Each run's Sharpe ratio with its interval, corrected for how many were tried, in plain words.

A run has an edge when both hold: the lower end of its Sharpe interval is above the benchmark, and its deflated
Sharpe ratio is above 95 %, that is, luck over all the tried strategies hardly explains it. Everything else "does not
beat staying flat". What passes is worth a longer test; a backtest never says more.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from fxlab.report.measured import MIN_RETURNS, Measured, against, measure, trial_variance
from fxlab.report.wording import between, counted, percent, told
from fxlab.validation import minimum_track_record_length

if TYPE_CHECKING:
    from fxlab.execution import Result

FEW_TRADES = 30
CONFIDENCE = 0.95
"""What the deflated Sharpe ratio has to exceed; Bailey & López de Prado (2014) use the same."""
HOLDS = {"buyandhold", "buyhold", "hold"}


@dataclass(frozen=True)
class Verdict:
    """What can be said of one or several runs.

    Attributes:
        sentence: the judgement in plain words.
        table: a row a run, units in the labels; NaN where a figure has no meaning.
        evidence: sentences with the numbers behind it.
        has_edge: whether a strategy passed both tests.
        level: share of the bootstrapped Sharpe ratios inside the intervals.
        best: the run that the sentence speaks of; None when none traded.
    """

    sentence: str
    table: pd.DataFrame
    evidence: tuple[str, ...]
    has_edge: bool
    level: float
    best: str | None

    def __str__(self) -> str:
        return "\n".join([self.sentence, *(f"  {one}" for one in self.evidence)])


def verdict(
    results: Result | Mapping[str, Result],
    *,
    benchmark: str = "flat",
    level: float = 0.90,
    seed: int = 0,
    tried: int | None = None,
    exclude: Collection[str] = (),
    n_resamples: int = 1000,
) -> Verdict:
    """Judge runs after costs against staying flat, or against one of them.

    Args:
        results: one Result, or {name: Result} of everything that was tried.
        benchmark: "flat" (a Sharpe ratio of zero), or the name of a run, compared bar by bar; one that never
            traded is flat. With "flat" a run called buy and hold is told beside the others and is no candidate.
        level: share of the bootstrapped Sharpe ratios inside an interval.
        seed: of the bootstrap.
        tried: strategies and settings tried in all, also those not shown; at least the runs that traded count.
        exclude: names of runs that are shown but cannot win, such as one that trades made-up news.
        n_resamples: of the bootstrap.

    Returns:
        Verdict.

    Raises:
        ValueError: no runs, or a benchmark or excluded name that is not among them.

    Sources: Politis & Romano (1994) for the intervals; Bailey & López de Prado (2014), "The Deflated Sharpe
    Ratio"; (2012) for the length of track record needed. Departure: without a variance of the trials' Sharpe ratios
    (a single run shown of several tried) that of a skilless Sharpe ratio, 1 / (bars − 1), stands in.
    """
    runs = dict(results) if isinstance(results, Mapping) else {results.name: results}
    reference = _reference(runs, benchmark, exclude)
    if reference == benchmark and not len(runs[benchmark].fills):
        reference, benchmark = _reference(runs, "flat", exclude), "flat"
    measured = [measure(name, result, level, seed, n_resamples) for name, result in runs.items()]
    others = {one.name: one for one in measured}
    hold = others[reference] if reference else None
    n_tried = max(sum(one.has_traded for one in measured), tried or 0, 1)
    variance = trial_variance(measured)
    judged = [against(one, hold, n_tried, variance, level, seed, n_resamples) for one in measured]
    out = {reference, *exclude} if len(runs) > 1 else set(exclude)
    candidates = [one for one in judged if one.has_traded and one.name not in out]
    winners = [one for one in candidates if _beats(one, benchmark)]
    best = max(winners or candidates, key=_rank, default=None)
    hold = next((one for one in judged if one.name == reference), None)
    return Verdict(
        sentence=_sentence(best, bool(winners), len(candidates), n_tried, benchmark, level),
        table=_table(judged, reference, level),
        evidence=tuple(_evidence(best, hold, judged, n_tried, level)),
        has_edge=bool(winners),
        level=level,
        best=None if best is None else best.name,
    )


# --- judge -------------------------------------------------------------------------------------------


def _reference(runs: Mapping[str, Result], benchmark: str, exclude: Collection[str]) -> str | None:
    """The run others are compared with bar by bar: the benchmark, else a run called buy and hold."""
    if not runs:
        raise ValueError("verdict needs a run or more, got none; pass a Result or {name: Result}")
    for name in (*exclude, *([] if benchmark == "flat" else [benchmark])):
        if name not in runs:
            raise ValueError(f"verdict: {name!r} is not among the runs; they are {', '.join(runs)}")
    if benchmark != "flat":
        return benchmark
    return next((name for name in runs if "".join(filter(str.isalpha, name.lower())) in HOLDS), None)


def _beats(one: Measured, benchmark: str) -> bool:
    interval = one.sharpe if benchmark == "flat" else one.excess
    return interval is not None and interval.low > 0 and one.probability > CONFIDENCE  # NaN compares false


def _rank(one: Measured) -> float:
    return -math.inf if math.isnan(one.sharpe.low) else one.sharpe.estimate


def _table(judged: Sequence[Measured], reference: str | None, level: float) -> pd.DataFrame:
    currencies = {one.result.account.currency for one in judged}
    home = currencies.pop() if len(currencies) == 1 else "account currency"
    share = f"{level * 100:g} %"
    rows = {}
    for one in judged:
        row = {
            "Return [%]": float(one.stats["Return [%]"]),
            "Max drawdown [%]": float(one.stats["Max drawdown [%]"]),
            "Sharpe ratio": one.sharpe.estimate,
            f"Sharpe {share} low": one.sharpe.low,
            f"Sharpe {share} high": one.sharpe.high,
            "Deflated Sharpe [%]": one.probability * 100 if one.has_traded else math.nan,
        }
        if reference is not None:
            row[f"Sharpe − {reference}"] = math.nan if one.excess is None else one.excess.estimate
        row |= {
            "Trades": int(one.stats["Trades"]),
            f"Costs [{home}]": one.costs,
            "Costs [% of gross]": one.cost_share * 100,
        }
        rows[one.name] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("run")


# --- tell --------------------------------------------------------------------------------------------


def _sentence(
    best: Measured | None, has_edge: bool, n: int, n_tried: int, benchmark: str, level: float
) -> str:
    target = "staying flat" if benchmark == "flat" else benchmark
    if best is None:
        return f"No strategy traded, so there is nothing here that beats {target}."
    nobody = f"{best.name} does not beat" if n == 1 else "No strategy beats"
    whom = "it" if n == 1 else f"the best of {n}, {best.name},"
    if math.isnan(best.sharpe.low):
        if float(best.result.equity.min()) <= 0:
            return f"{nobody} {target} after costs: {whom} lost the whole account."
        moved = counted(best.n_moves, "bar")
        return (
            f"{nobody} {target} after costs, as far as this test can show: {best.name} gained or lost on {moved} only, "
            f"too few to tell skill from luck ({MIN_RETURNS} are asked)."
        )
    earned = best.stats["Return [%]"] / 100
    share = f"{level * 100:g} %"
    compared, of = (
        (best.sharpe, "its Sharpe ratio")
        if benchmark == "flat" or best.excess is None
        else (best.excess, f"its Sharpe ratio less that of {benchmark}")
    )
    if has_edge:
        luck = f" even after allowing for {n_tried} tried strategies" if n_tried > 1 else ""
        return (
            f"{best.name} earned {percent(earned)} after costs, and the {share} interval of {of} "
            f"({told(compared.low)} to {told(compared.high)}) stays above zero{luck}: worth a longer test, not yet "
            "money."
        )
    begin = f"{nobody} {target} after costs: {whom} made {percent(earned)} with a Sharpe ratio of "
    begin += told(best.sharpe.estimate)
    interval = f"the {share} interval of {of}, {between(compared.low, compared.high)},"
    if compared.high < 0:
        return f"{begin}; {interval} lies below zero."
    if not compared.low > 0:
        return f"{begin}; {interval} includes zero."
    return (
        f"{begin}; {interval} is above zero by itself, but "
        + (
            f"as the best of {n_tried} tried it "
            if n_tried > 1
            else "with its skewed, fat-tailed returns it "
        )
        + f"has a probability of skill of {percent(best.probability, 0)}, and {percent(CONFIDENCE, 0)} is asked."
    )


def _evidence(
    best: Measured | None, hold: Measured | None, judged: Sequence[Measured], n_tried: int, level: float
) -> list[str]:
    lines = []
    share = f"{level * 100:g} %"
    if best is not None and not math.isnan(best.sharpe.low):
        lines.append(
            f"{best.name}: Sharpe ratio {told(best.sharpe.estimate)} a year, {share} interval "
            f"{between(best.sharpe.low, best.sharpe.high)} (stationary bootstrap, blocks of "
            f"{told(best.sharpe.block, 1)} bars on average)."
        )
        if n_tried > 1:
            held = f", {hold.name} included" if hold is not None and hold.has_traded else ""
            lines.append(
                f"{n_tried} strategies were tried{held}: without any skill the best of them is expected to reach a "
                f"Sharpe ratio of {told(best.luck)} by luck; the probability that {best.name} is truly above it is "
                f"{percent(best.probability, 0)}."
            )
        else:
            lines.append(
                f"The probability that its true Sharpe ratio is above zero is {percent(best.probability, 0)}, if "
                "this was the only strategy tried; every variant tried before lowers it."
            )
        lines.append(_track_record(best))
    if best is not None and best.has_traded:
        lines += _cost_lines(best)
        n = int(best.stats["Trades"])
        if n < FEW_TRADES:
            lines.append(f"{best.name} closed {counted(n, 'trade')}: few to judge from.")
    if hold is not None and best is not None and best.excess is not None:
        lines.append(
            f"{hold.name} made {percent(hold.stats['Return [%]'] / 100)} with a Sharpe ratio of "
            f"{told(hold.sharpe.estimate)}; {best.name}'s differs from it by {told(best.excess.estimate)}, "
            f"{share} interval {between(best.excess.low, best.excess.high)}, bar paired with bar."
        )
    elif hold is None and best is not None and len(judged) == 1:
        lines.append(f"Holding the market unleveraged moved {told(best.stats['Buy and hold [%]'])} %.")
    return lines + _market_lines(judged)


def _track_record(best: Measured) -> str:
    sharpe = best.sharpe.estimate / math.sqrt(best.year)
    needed = minimum_track_record_length(sharpe, confidence=CONFIDENCE, **best.moments())
    has = f"this test has {len(best.returns):,} ({told(len(best.returns) / best.year)} years)"
    if math.isinf(needed):
        return f"A Sharpe ratio that is not above zero proves nothing, however long the test; {has}."
    bars = f"{math.ceil(needed):,} bars ({told(needed / best.year)} years)"
    short = "too short" if len(best.returns) < needed else "long enough, were it the only one tried"
    sure = f"with {percent(CONFIDENCE, 0)} confidence"
    return f"To tell this Sharpe ratio from zero {sure} takes {bars}; {has}: {short}."


def _cost_lines(best: Measured) -> list[str]:
    home = best.result.account.currency
    if math.isnan(best.cost_share):
        return [f"{best.name} lost money before costs too; they took {told(best.costs)} {home} more."]
    return [
        f"{best.name} made {told(best.gain + best.costs)} {home} before costs; spread, slippage, commission and swap "
        f"took {told(best.costs)} {home}, {percent(best.cost_share, 0)} of it."
    ]


def _market_lines(judged: Sequence[Measured]) -> list[str]:
    lines = []
    traded = [one for one in judged if one.has_traded]
    idle = [one.name for one in judged if not one.has_traded]
    turned = [one.name for one in traded if one.gain < 0 < one.gain + one.costs]
    if idle and len(judged) > 1:
        lines.append(f"Never traded: {', '.join(idle)}.")
    if turned:
        lines.append(f"Costs turned a profit into a loss for {', '.join(turned)}.")
    for one in traded:
        if one.stats["Margin stop-outs"]:
            lines.append(
                f"{one.name} was stopped out for lack of margin {one.stats['Margin stop-outs']:,} times."
            )
    return lines
