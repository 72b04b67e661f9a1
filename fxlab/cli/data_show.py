"""`fxlab data show`: what bars hold, and what looks wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from fxlab.cli.output import Answer, figures_table, frame_table
from fxlab.data import check, load_bars
from fxlab.market import Bars

MOST_FINDINGS = 12  # on a screen; --json has them all


def run(symbols: Sequence[str], options: Mapping[str, Any]) -> Answer:
    """Load bars and look at them."""
    bars = load_bars(list(symbols), **options)
    report = check(bars)
    about = _about(bars)
    pairs = {symbol: _about_pair(bars, i) for i, symbol in enumerate(bars.symbols)}
    data = {
        **about,
        "pairs": pairs,
        "notes": list(bars.notes),
        "check": {
            "ok": report.ok,
            "summary": report.summary(),
            "findings": report.table.to_dict(orient="records"),
        },
    }
    table = frame_table(_shown(pairs), "pair")
    notes = tuple(f"Note: {one}" for one in bars.notes)
    return Answer(
        data, (figures_table(about), table, *notes, f"Check: {report.summary()}", *_findings(report))
    )


def _about(bars: Bars) -> dict[str, Any]:
    return {
        "bars": len(bars),
        "every": "no fixed length" if bars.every is None else bars.every,
        "first": bars.index[0],
        "last": bars.index[-1],
        "known until": bars.known_at[-1],
        "checksum": bars.checksum[:16],
    }


def _about_pair(bars: Bars, i: int) -> dict[str, Any]:
    close = bars.close.iloc[:, i].dropna()
    spread = bars.spread_pips.iloc[:, i].dropna()
    return {
        "bars": len(close),
        "first close": float(close.iloc[0]),
        "last close": float(close.iloc[-1]),
        "low": float(bars.low.iloc[:, i].min()),
        "high": float(bars.high.iloc[:, i].max()),
        "spread, median [pips]": round(float(spread.median()), 6),  # ask less bid leaves rounding noise
        "spread, widest [pips]": round(float(spread.max()), 6),
    }


def _shown(pairs: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """Prices with the digits that traders read."""
    frame = pd.DataFrame.from_dict(pairs, orient="index")
    prices = ["first close", "last close", "low", "high"]
    frame[prices] = (
        frame[prices].map(lambda price: f"{price:.5f}" if price < 20 else f"{price:.3f}").astype("str")
    )
    return frame


def _findings(report: Any) -> tuple[Any, ...]:
    worst = [one for one in report.findings if one.severity != "info"]
    shown = worst or list(report.findings)
    lines = [f"  {one.severity}: {one.message}" for one in shown[:MOST_FINDINGS]]
    if len(shown) > MOST_FINDINGS:
        lines.append(f"  … and {len(shown) - MOST_FINDINGS:,} more; --json lists them all")
    return tuple(lines)
