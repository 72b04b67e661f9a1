"""What looks wrong with bars: gaps, weekend bars, flat runs, spikes, spreads, volume, scale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from dateutil.easter import easter

from fxlab.data.synthetic import start_price
from fxlab.market import Bars, is_open

SEVERITIES = ("info", "warning", "error")
ROBUST_SIGMAS = 8.0  # a move this far out is a finding; normal returns never get there, FX returns rarely
FLAT_RUN = 3  # bars on end without a tick of movement
WIDE_SPREAD = 8.0  # times the median spread
SCALE = 20.0  # times the usual price of the pair: a file in points, or the wrong pair
SIGMA_OF_MAD = 1.4826  # standard deviation of a normal / its median absolute deviation
DAY_NS = 86_400_000_000_000
_LIST = 1_000  # findings of one kind and symbol told one by one


@dataclass(frozen=True)
class Finding:
    """One thing that looks wrong.

    Attributes:
        kind: "gap", "weekend", "flat", "spike", "jump", "spread", "volume", "scale" or "coverage".
        symbol: the pair it is about.
        time: opening time of the bar it begins with, UTC.
        value: its size; the message says in what.
        message: the sentence.
        severity: "info" (true of many good files), "warning" (look at it) or "error" (do not trade on it).
    """

    kind: str
    symbol: str
    time: pd.Timestamp
    value: float
    message: str
    severity: str


@dataclass(frozen=True)
class CheckReport:
    """What `check` found, in order of symbol, kind and time.

    Attributes:
        symbols: pairs that were looked at.
        n_bars: bars on their index.
        findings: tuple of `Finding`.
    """

    symbols: tuple[str, ...]
    n_bars: int
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is an error; warnings are for a person to judge."""
        return all(one.severity != "error" for one in self.findings)

    @property
    def table(self) -> pd.DataFrame:
        """A row for each finding: kind, symbol, time, value, severity, message."""
        columns = ["kind", "symbol", "time", "value", "severity", "message"]
        rows = [[getattr(one, name) for name in columns] for one in self.findings]
        return pd.DataFrame(rows, columns=columns)

    def summary(self) -> str:
        """One line: bars, and how many findings of each kind."""
        name = f"{', '.join(self.symbols)}: {self.n_bars:,} bars"
        if not self.findings:
            return f"{name}, nothing to report"
        counts = []
        for severity in reversed(SEVERITIES):
            kinds = [one.kind for one in self.findings if one.severity == severity]
            told = ", ".join(f"{kind} {kinds.count(kind)}" for kind in dict.fromkeys(kinds))
            if told:
                counts.append(
                    f"{len(kinds)} {severity}{'s' * (severity != 'info' and len(kinds) > 1)} ({told})"
                )
        return f"{name}, {'; '.join(counts)}"


def check(bars: Bars) -> CheckReport:
    """Look through bars for what often goes wrong in price data; change nothing.

    | kind | what | severity |
    | --- | --- | --- |
    | gap | bars missing while the FX week is open | warning; info when all fall on bank holidays |
    | coverage | fewer than half of the bars of the FX week | error |
    | weekend | bars while the FX week is closed | warning; error over 1 % of all: times of another zone |
    | flat | three bars or more on end without movement | warning; info when every bar has one price |
    | spike | a close beyond 8 robust standard deviations, and the next one is back | warning |
    | jump | an open as far from the close before it: weekends, elections | info |
    | spread | over 8 times the median, or zero everywhere | warning |
    | volume | bars without volume | warning; info when none has any |
    | scale | prices 20 times too high or too low for the pair | error |

    Bank holidays are New Year, Good Friday, Easter Monday, 1 May and Christmas (TARGET is closed), with
    24 and 31 December and 2 January, when trade is thin.

    Args:
        bars: one or several pairs; each is looked at by itself, where it has bars.

    >>> from fxlab.data import load_bars
    >>> check(load_bars("EURUSD", start="2017-06", end="2017-06")).summary()
    'EURUSD: 525 bars, nothing to report'
    """
    findings: list[Finding] = []
    for i, symbol in enumerate(bars.symbols):
        here = np.flatnonzero(~np.isnan(bars.quotes[:, i, 0]))
        if not here.size:
            continue
        times, quotes = bars.times[here], bars.quotes[here, i]
        volume = None if bars.volumes is None else bars.volumes[here, i]
        instrument = bars.instruments[i]
        for found in (
            _gaps(symbol, times, bars.every_ns),
            _weekend(symbol, times, bars.every_ns),
            _flat(symbol, times, quotes),
            _moves(symbol, times, quotes),
            _spread(symbol, times, (quotes[:, 7] - quotes[:, 3]) / instrument.pip),
            _volume(symbol, times, volume),
            _scale(symbol, times, quotes, start_price(instrument)),
        ):
            findings += found
    return CheckReport(bars.symbols, len(bars), tuple(findings))


# --- when ------------------------------------------------------------------------------------------------


def _gaps(symbol: str, times: np.ndarray, every: int | None) -> Iterator[Finding]:
    if every is None or len(times) < 2:
        return
    missing, holiday = _missing_bars(times, every)
    for i in _first(np.flatnonzero(missing > 0)):
        n = int(missing[i])
        when = ", on bank holidays" if holiday[i] else ""
        yield _finding(
            "gap",
            symbol,
            times[i + 1],
            n,
            f"{n:,} bar{'s' * (n > 1)} missing between {_at(times[i])} and {_at(times[i + 1])}{when}",
            "info" if holiday[i] else "warning",
        )
    expected = len(times) + int(missing.sum())
    if len(times) < 0.5 * expected:
        yield _finding(
            "coverage",
            symbol,
            times[0],
            len(times) / expected,
            f"only {len(times) / expected:.0%} of the bars of the FX week are there; is their length right?",
            "error",
        )


def _missing_bars(times: np.ndarray, every: int) -> tuple[np.ndarray, np.ndarray]:
    """(bars - 1,) bars the FX week lacks after each bar, and whether all of those are on bank holidays."""
    if every >= DAY_NS:
        first, last = _trading_days(times[:-1]), _trading_days(times[1:])
        step = every // DAY_NS
        after = first + step
        if step == 1:
            missing = np.busday_count(after, np.maximum(last, after))
            quiet = _holidays_between(after, last)
        else:
            missing = np.maximum((last - first).astype(int) // step - 1, 0)
            quiet = np.zeros(len(missing), dtype=int)
        return missing, (missing > 0) & (quiet >= missing)
    wide = np.flatnonzero(np.diff(times) > every)
    missing = np.zeros(len(times) - 1, dtype=np.int64)
    holiday = np.zeros(len(times) - 1, dtype=bool)
    for i in wide:  # a weekend each, so few
        expected = np.arange(times[i] + every, times[i + 1], every)
        expected = expected[_trades(expected, every)]
        missing[i] = len(expected)
        holiday[i] = bool(len(expected)) and bool(_is_holiday(_trading_days(expected)).all())
    return missing, holiday


def _trading_days(times: np.ndarray) -> np.ndarray:
    """Days that begin at 17:00 New York, as datetime64[D] of the date most of them falls on."""
    local = pd.DatetimeIndex(times, tz="UTC").tz_convert("America/New_York").tz_localize(None)
    return (local + pd.Timedelta(hours=7)).to_numpy().astype("datetime64[D]")


def _is_holiday(days: np.ndarray) -> np.ndarray:
    """Whether each datetime64[D] is a bank holiday; see `check`."""
    years = days.astype("datetime64[Y]")
    month = days.astype("datetime64[M]").astype(int) % 12 + 1
    day = (days - days.astype("datetime64[M]")).astype(int) + 1
    sundays = [np.datetime64(easter(int(year) + 1970), "D") for year in np.unique(years).astype(int)]
    moving = [sunday + offset for sunday in sundays for offset in (-2, 1)]
    return (
        ((month == 12) & np.isin(day, (24, 25, 26, 31)))
        | ((month == 1) & np.isin(day, (1, 2)))
        | ((month == 5) & (day == 1))
        | np.isin(days, moving)
    )


def _holidays_between(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """(gaps,) weekdays from first to before last that are holidays."""
    days = np.arange(first.min(), last.max() + 1)
    marked = np.concatenate([[0], np.cumsum(_is_holiday(days) & np.is_busday(days))])
    start, stop = (first - days[0]).astype(int), (np.maximum(last, first) - days[0]).astype(int)
    return marked[stop] - marked[start]


def _trades(times: np.ndarray, every: int) -> np.ndarray:
    """Whether the FX week is open at some moment of each bar of at most a day."""
    return is_open(times) | is_open(times + every - 1)


def _weekend(symbol: str, times: np.ndarray, every: int | None) -> Iterator[Finding]:
    if every is not None and every > DAY_NS:
        return
    closed = ~_trades(times, every or 1)
    share = closed.mean()
    severity = "error" if share > 0.01 and closed.sum() > 2 else "warning"
    hint = "; the times may be in another zone" if severity == "error" else ""
    for i, n in _runs(closed):
        text = f"{n} bar{'s' * (n > 1)} from {_at(times[i])} while the FX week is closed{hint}"
        yield _finding("weekend", symbol, times[i], n, text, severity)


# --- prices ----------------------------------------------------------------------------------------------


def _flat(symbol: str, times: np.ndarray, quotes: np.ndarray) -> Iterator[Finding]:
    still = (quotes[:, 1] == quotes[:, 2]) & (quotes[:, 5] == quotes[:, 6])
    if still.all():
        text = "every bar has open = high = low = close: one price a bar, so stops inside a bar are not seen"
        yield _finding("flat", symbol, times[0], len(times), text, "info")
        return
    stays = still[1:] & still[:-1] & (quotes[1:, 3] == quotes[:-1, 3])  # a still bar at a new price did move
    for i, n in _runs(stays, at_least=FLAT_RUN - 1):
        text = f"{n + 1} bars from {_at(times[i])} do not move"
        yield _finding("flat", symbol, times[i], n + 1, text, "warning")


def _moves(symbol: str, times: np.ndarray, quotes: np.ndarray) -> Iterator[Finding]:
    if len(times) < 3:
        return
    mid = (quotes[:, :4] + quotes[:, 4:]) / 2
    returns = np.diff(np.log(mid[:, 3]))
    sigma = SIGMA_OF_MAD * np.median(np.abs(returns - np.median(returns)))
    if sigma == 0:
        return
    far = np.abs(returns) > ROBUST_SIGMAS * sigma
    back = np.abs(returns[:-1] + returns[1:]) < 0.25 * np.abs(returns[:-1])
    spikes = np.flatnonzero(far[:-1] & far[1:] & back)
    for i in _first(spikes):
        text = f"the close of {_at(times[i + 1])} is {returns[i]:+.2%} off and the next one is back"
        yield _finding("spike", symbol, times[i + 1], returns[i], text, "warning")
    jumps = np.log(mid[1:, 0] / mid[:-1, 3])
    one_price = (quotes[:, 1] == quotes[:, 2]).all()  # then every move is between bars
    leaps = np.flatnonzero(far if one_price else np.abs(jumps) > ROBUST_SIGMAS * sigma)
    for i in _first(np.setdiff1d(leaps, np.union1d(spikes, spikes + 1))):
        text = f"{jumps[i]:+.2%} from the close of {_at(times[i])} to the open of {_at(times[i + 1])}"
        yield _finding("jump", symbol, times[i + 1], jumps[i], text, "info")


def _spread(symbol: str, times: np.ndarray, pips: np.ndarray) -> Iterator[Finding]:
    usual = float(np.median(pips))
    if not (pips > 0).any():
        text = "every spread is zero: trades would cost nothing; give spread_pips"
        yield _finding("spread", symbol, times[0], 0.0, text, "warning")
        return
    wide = pips > WIDE_SPREAD * max(usual, 1e-9) if usual > 0 else np.zeros(len(pips), dtype=bool)
    for i in _first(np.flatnonzero(wide)):
        text = f"the spread at {_at(times[i])} is {pips[i]:.1f} pips; {usual:.1f} is usual"
        yield _finding("spread", symbol, times[i], pips[i], text, "warning")


def _volume(symbol: str, times: np.ndarray, volume: np.ndarray | None) -> Iterator[Finding]:
    if volume is None:
        return
    empty = volume == 0
    if empty.any():
        i, n = int(np.argmax(empty)), int(empty.sum())
        text = "no bar has volume" if empty.all() else f"{n:,} bars have no volume, first {_at(times[i])}"
        yield _finding("volume", symbol, times[i], n, text, "info" if empty.all() else "warning")


def _scale(symbol: str, times: np.ndarray, quotes: np.ndarray, usual: float | None) -> Iterator[Finding]:
    price = float(np.median(quotes[:, 3]))
    if usual is not None and not usual / SCALE < price < usual * SCALE:
        text = (
            f"prices are about {price:g}, and {symbol} is usually near {usual:.4g}: points, or another pair?"
        )
        yield _finding("scale", symbol, times[0], price, text, "error")


# --- said once -------------------------------------------------------------------------------------------


def _runs(mask: np.ndarray, at_least: int = 1) -> list[tuple[int, int]]:
    """(first position, length) of each run of True."""
    edges = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    starts, stops = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    long = stops - starts >= at_least
    return [(int(i), int(j - i)) for i, j in zip(_first(starts[long]), stops[long], strict=False)]


def _first(positions: np.ndarray) -> np.ndarray:
    return positions[:_LIST]


def _finding(kind: str, symbol: str, time: int, value: float, text: str, severity: str) -> Finding:
    return Finding(
        kind, symbol, pd.Timestamp(int(time), tz="UTC"), float(value), f"{symbol}: {text}", severity
    )


def _at(time: int) -> str:
    return f"{pd.Timestamp(int(time), tz='UTC'):%Y-%m-%d %H:%M} UTC"
