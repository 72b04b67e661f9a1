"""The one place where money is counted: live through one bar, by the rules and in the order of events below.

Everything that trades drives `step`: a backtest loops over it (`run`), a Gymnasium environment calls it once an
action, a vector environment once for many accounts (`step_many`), a paper session once a live bar. It is pure
arithmetic on arrays, compiled by numba, and this source is the only one.

Order of events in bar i (a decision taken at the close of bar i−1 acts here):

0. swap of the cut-offs since the last opening, on the lots carried in
1. carried stops and targets gapped at the open fill at the open
2. margin test at the opens
3. market orders at the open: all reductions, then increases in symbol order; limits gapped at the open with them
4. limits touched inside the bar fill at their level
5. stops and trailing stops touched fill at the worse of level and open: when stop and target lie inside one
   bar we assume the stop
6. margin test with every position at its adverse extreme at once
7. targets touched fill at their level
8. trailing levels move, for the next bar
9. mark: equity and margin at the close

Arrays (float64 unless said):
    quotes      (bars, symbols, 8)  bid open, high, low, close, ask open, high, low, close; NaN: no bar
    rates       (bars, symbols, 4)  quote → account at open and close, commission currency → account likewise
    swap_rows   (bars + 1,) int64   swaps[swap_rows[i]:swap_rows[i + 1]] fall due in bar i
    swaps       (cut-offs, symbols, 2)  received (+) or paid (−) per lot, long and short, in quote currency
    terms       (symbols, 9)        columns PIP … MIN_CHANGE
    rules       (5,)                MARGIN_CALL, STOP_OUT, IN_LOTS, HIGHEST_WORTH, HOME_QUOTED
    wanted      (symbols,)          targets decided at the last close: exposure, or lots when rules[IN_LOTS]
    brackets    (symbols, 5)        stop, target, trail, limit in pips and limit expiry in bars; NaN: none
    book        (symbols, 22)       state of each position and its orders, columns STEPS … UNPRICED
    purse       (7,)                state of the account, columns BALANCE … N_EVENTS
    events      (capacity, 18)      what happened, columns E_BAR … E_REASON; past the capacity it is only counted
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

# columns of quotes, added to 0 for bid and 4 for ask
OPEN, HIGH, LOW, CLOSE = 0, 1, 2, 3
ASK = 4
# columns of rates
RATE_OPEN, RATE_CLOSE, FEE_OPEN, FEE_CLOSE = 0, 1, 2, 3
# columns of terms
PIP, LOT, LOT_STEP, LEVERAGE, SLIPPAGE, FEE_PER_LOT, FEE_BPS, FEE_MIN, MIN_CHANGE = range(9)
N_TERMS = 9
# rules
MARGIN_CALL, STOP_OUT, IN_LOTS = 0, 1, 2
HIGHEST_WORTH = (
    3  # of one unit at all opens and closes, in account currency: a bound for margin (inf: not known)
)
HOME_QUOTED = 4  # 1 when every rate of the run is 1: nothing is converted
# columns of brackets
STOP_PIPS, TARGET_PIPS, TRAIL_PIPS, LIMIT_PIPS, LIMIT_BARS = range(5)
N_BRACKETS = 5
# columns of book: the position …
STEPS, ENTRY, ENTRY_BAR, ENTRY_COSTS, WORST, BEST = range(6)
# … its protective levels (NaN: none) …
STOP, TARGET, TRAIL, TRAIL_GAP = 6, 7, 8, 9
# … what was requested and what of it still has to be done …
REQUESTED, PENDING, WANTED, NEXT_STOP, NEXT_TARGET, NEXT_TRAIL = 10, 11, 12, 13, 14, 15
# … a resting limit, and the last closes seen
LIMIT, LIMIT_LEFT, BID_MARK, ASK_MARK, INSIDE = 16, 17, 18, 19, 20
# … and a target requested before the pair's first price (NaN: none)
UNPRICED = 21
N_BOOK = 22
# columns of purse
BALANCE, EQUITY, MARGIN, RUINED, CALLED, STOP_OUTS, N_EVENTS = range(7)
N_PURSE = 7
# columns of events
E_BAR, E_SYMBOL, E_KIND, E_LOTS, E_PRICE, E_RATE, E_PNL_QUOTE, E_PNL, E_FEE, E_FEE_RATE = range(10)
E_ENTRY, E_ENTRY_BAR, E_ENTRY_COSTS, E_SPREAD_COST, E_SLIP_COST, E_WORST, E_BEST, E_REASON = range(10, 18)
N_EVENT = 18
# kinds of event
OPENING, CLOSING, SWAP, REFUSAL, CALL = 1, 2, 3, 4, 5
# reasons of fills and of refusals
BY_SIGNAL, BY_STOP, BY_TARGET, BY_TRAIL, BY_STOP_OUT, BY_END, BY_LIMIT = range(7)
BELOW_STEP, NO_MARGIN, IS_RUINED, EXPIRED = range(4)

# states of an order in PENDING, beside 0 for none
WAITS, RESTS = 1.0, 2.0  # not yet in the market; a limit that a bar has passed by

# The kernel allocates nothing, so nothing need count references to its arrays: half the time of a step went there.
# Stages are unrolled into `step`, which saves half of the rest.
compiled: Any = njit(cache=True, _nrt=False)  # type: ignore[call-overload]
stage: Any = njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]

_ROUNDING = 1e-9  # of a lot step: forgives the last bits of a division, never rounds up a whole step


@compiled
def start(balance, book, purse):
    """Set book and purse to an account that has never traded."""
    book[:, :] = 0.0
    for s in range(book.shape[0]):
        for column in (STOP, TARGET, TRAIL, TRAIL_GAP, NEXT_STOP, NEXT_TARGET, NEXT_TRAIL):
            book[s, column] = math.nan
        for column in (LIMIT, BID_MARK, ASK_MARK, UNPRICED):
            book[s, column] = math.nan
    purse[:] = 0.0
    purse[BALANCE] = balance
    purse[EQUITY] = balance


@stage
def _note(i, s, kind, reason, value, purse, events):
    """Append a refusal or a margin call; `value` is the requested target or the equity."""
    n = int(purse[N_EVENTS])
    if n < events.shape[0]:
        events[n, :] = 0.0
        events[n, E_BAR] = i
        events[n, E_SYMBOL] = s
        events[n, E_KIND] = kind
        events[n, E_PRICE] = value
        events[n, E_REASON] = reason
    purse[N_EVENTS] = n + 1


@stage
def _mark(i, s, field, is_long, quotes, book):
    """Price a position would close at: bid for a long, ask for a short; the last close where there is no bar."""
    if math.isnan(quotes[i, s, 0]):
        return book[s, BID_MARK] if is_long else book[s, ASK_MARK]
    if field == LOW:  # the adverse extreme
        return quotes[i, s, LOW] if is_long else quotes[i, s, ASK + HIGH]
    return quotes[i, s, field] if is_long else quotes[i, s, ASK + field]


@stage
def _mid(i, s, field, quotes, book):
    if math.isnan(quotes[i, s, 0]):
        return (book[s, BID_MARK] + book[s, ASK_MARK]) * 0.5
    return (quotes[i, s, field] + quotes[i, s, ASK + field]) * 0.5


@stage
def _open_pnl(i, s, field, quotes, rates, terms, book):
    """Unrealised profit in account currency, at the closing side of the open, the close or the adverse extreme."""
    steps = book[s, STEPS]
    if steps == 0.0:
        return 0.0
    price = _mark(i, s, field, steps > 0.0, quotes, book)
    rate = rates[i, s, RATE_OPEN] if field == OPEN else rates[i, s, RATE_CLOSE]
    return steps * terms[s, LOT_STEP] * terms[s, LOT] * (price - book[s, ENTRY]) * rate


@stage
def _used_margin(i, s, steps, at_open, quotes, rates, terms, book):
    if steps == 0.0:
        return 0.0
    mid = _mid(i, s, OPEN if at_open else CLOSE, quotes, book)
    rate = rates[i, s, RATE_OPEN] if at_open else rates[i, s, RATE_CLOSE]
    return abs(steps) * terms[s, LOT_STEP] * terms[s, LOT] * mid * rate / terms[s, LEVERAGE]


@stage
def _fee(lots, price, rate, fee_rate, s, terms):
    """Commission of one order in account currency."""
    fee = (
        terms[s, FEE_PER_LOT] * lots * fee_rate
        + terms[s, FEE_BPS] * 1e-4 * lots * terms[s, LOT] * price * rate
    )
    return max(fee, terms[s, FEE_MIN] * fee_rate)


@compiled
def _fill(i, s, change, price, slip, half_spread, reason, at_close, rates, terms, book, purse, events):
    """Book `change` lot steps at `price`; it either opens and increases, or reduces and closes, never both."""
    column = RATE_CLOSE if at_close else RATE_OPEN
    rate = rates[i, s, column]
    fee_rate = rates[i, s, column + 2]
    held = book[s, STEPS]
    lots = abs(change) * terms[s, LOT_STEP]
    units = lots * terms[s, LOT]
    fee = _fee(lots, price, rate, fee_rate, s, terms)
    closes = held * change < 0.0
    pnl_quote = 0.0
    entry_costs = 0.0
    worst = 0.0
    best = 0.0
    if closes:
        is_long = held > 0.0
        entry = book[s, ENTRY]
        pnl_quote = units * (price - entry) if is_long else units * (entry - price)
        entry_costs = book[s, ENTRY_COSTS] * (abs(change) / abs(held))
        book[s, ENTRY_COSTS] -= entry_costs
        worst = min(book[s, WORST], price) if is_long else max(book[s, WORST], price)
        best = max(book[s, BEST], price) if is_long else min(book[s, BEST], price)
    else:
        entry = (abs(held) * book[s, ENTRY] + abs(change) * price) / (abs(held) + abs(change))
        if held == 0.0:
            entry = price
            book[s, ENTRY_BAR] = i
            book[s, WORST] = price
            book[s, BEST] = price
        book[s, ENTRY] = entry
        book[s, ENTRY_COSTS] += fee
    pnl = pnl_quote * rate
    purse[BALANCE] += pnl
    purse[BALANCE] -= fee
    n = int(purse[N_EVENTS])
    if n < events.shape[0]:
        events[n, E_BAR] = i
        events[n, E_SYMBOL] = s
        events[n, E_KIND] = CLOSING if closes else OPENING
        events[n, E_LOTS] = change * terms[s, LOT_STEP]
        events[n, E_PRICE] = price
        events[n, E_RATE] = rate
        events[n, E_PNL_QUOTE] = pnl_quote
        events[n, E_PNL] = pnl
        events[n, E_FEE] = fee
        events[n, E_FEE_RATE] = fee_rate
        events[n, E_ENTRY] = entry
        events[n, E_ENTRY_BAR] = book[s, ENTRY_BAR]
        events[n, E_ENTRY_COSTS] = entry_costs
        events[n, E_SPREAD_COST] = units * half_spread * rate
        events[n, E_SLIP_COST] = units * slip * rate
        events[n, E_WORST] = worst
        events[n, E_BEST] = best
        events[n, E_REASON] = reason
    purse[N_EVENTS] = n + 1
    book[s, STEPS] = held + change
    if book[s, STEPS] == 0.0:
        book[s, ENTRY] = 0.0
        book[s, ENTRY_COSTS] = 0.0
        for level in (STOP, TARGET, TRAIL, TRAIL_GAP):
            book[s, level] = math.nan


@compiled
def _close(i, s, field, price, with_slippage, reason, at_close, quotes, rates, terms, book, purse, events):
    """Close the whole position of s at `price`, worsened by slippage where the rules say so.

    Its target is spent, and a limit that rests to add to it goes with it. An order that waits to act for the first
    time belongs to a newer target and stays.
    """
    steps = book[s, STEPS]
    slip = terms[s, SLIPPAGE] if with_slippage else 0.0
    half = (quotes[i, s, ASK + field] - quotes[i, s, field]) * 0.5
    worse = price - slip if steps > 0.0 else price + slip
    _fill(i, s, -steps, worse, slip, half, reason, at_close, rates, terms, book, purse, events)
    if book[s, PENDING] == RESTS:
        book[s, PENDING] = 0.0
        book[s, LIMIT] = math.nan


@compiled
def _open_or_increase(i, s, change, price, slip, reason, quotes, rates, terms, book, purse, events):
    """Book an increase if margin allows it after its own costs, and set its protective levels."""
    if purse[RUINED] != 0.0:
        _note(i, s, REFUSAL, IS_RUINED, book[s, REQUESTED], purse, events)
        return
    rate = rates[i, s, RATE_OPEN]
    lots = abs(change) * terms[s, LOT_STEP]
    fee = _fee(lots, price, rate, rates[i, s, FEE_OPEN], s, terms)
    mark = quotes[i, s, OPEN] if change > 0.0 else quotes[i, s, ASK + OPEN]
    signed_units = change * terms[s, LOT_STEP] * terms[s, LOT]
    equity = purse[BALANCE] + signed_units * (mark - price) * rate - fee
    margin = 0.0
    for other in range(book.shape[0]):
        equity += _open_pnl(i, other, OPEN, quotes, rates, terms, book)
        steps = book[other, STEPS] + change if other == s else book[other, STEPS]
        margin += _used_margin(i, other, steps, True, quotes, rates, terms, book)
    if equity < margin:
        _note(i, s, REFUSAL, NO_MARGIN, book[s, REQUESTED], purse, events)
        return
    half = (quotes[i, s, ASK + OPEN] - quotes[i, s, OPEN]) * 0.5
    _fill(i, s, change, price, slip, half, reason, False, rates, terms, book, purse, events)
    entry = book[s, ENTRY]
    sign = 1.0 if change > 0.0 else -1.0
    book[s, STOP] = entry - sign * book[s, NEXT_STOP]
    book[s, TARGET] = entry + sign * book[s, NEXT_TARGET]
    book[s, TRAIL_GAP] = book[s, NEXT_TRAIL]
    book[s, TRAIL] = entry - sign * book[s, NEXT_TRAIL]


@compiled
def _margin_test(i, field, quotes, rates, terms, rules, book, purse, events):
    """Stop out the largest loser until equity covers stop_out × used margin; at zero or below close everything."""
    is_first = True
    while True:
        equity = purse[BALANCE]
        margin = 0.0
        n_open = 0
        for s in range(book.shape[0]):
            equity += _open_pnl(i, s, field, quotes, rates, terms, book)
            margin += _used_margin(i, s, book[s, STEPS], field == OPEN, quotes, rates, terms, book)
            if book[s, STEPS] != 0.0:
                n_open += 1
        if is_first:
            is_first = False
            if n_open > 0 and equity < rules[MARGIN_CALL] * margin:
                if purse[CALLED] == 0.0:
                    _note(i, -1, CALL, 0, equity, purse, events)
                purse[CALLED] = 1.0
            else:
                purse[CALLED] = 0.0
        if equity <= 0.0:
            purse[RUINED] = 1.0
        if purse[RUINED] == 0.0 and (n_open == 0 or equity >= rules[STOP_OUT] * margin):
            return
        chosen = _largest_loser(i, field, quotes, rates, terms, book)
        if chosen < 0:  # nothing left that has a price in this bar
            return
        price = _mark(i, chosen, field, book[chosen, STEPS] > 0.0, quotes, book)
        side = field
        if field == LOW and book[chosen, STEPS] < 0.0:
            side = HIGH
        purse[STOP_OUTS] += 1.0
        _close(i, chosen, side, price, True, BY_STOP_OUT, False, quotes, rates, terms, book, purse, events)


@compiled
def _largest_loser(i, field, quotes, rates, terms, book):
    """The tradable position with the largest loss; without a loser, the largest margin; −1 when none is open."""
    chosen = -1
    largest = 0.0
    for s in range(book.shape[0]):
        if book[s, STEPS] == 0.0 or math.isnan(quotes[i, s, 0]):
            continue
        loss = -_open_pnl(i, s, field, quotes, rates, terms, book)
        if loss > largest:
            largest = loss
            chosen = s
    if chosen >= 0:
        return chosen
    largest = -1.0
    for s in range(book.shape[0]):
        if book[s, STEPS] == 0.0 or math.isnan(quotes[i, s, 0]):
            continue
        margin = _used_margin(i, s, book[s, STEPS], field == OPEN, quotes, rates, terms, book)
        if margin > largest:
            largest = margin
            chosen = s
    return chosen


@stage
def decide(i, wanted, brackets, terms, rules, rates, book, purse, events):
    """Turn the targets decided at the close of bar i−1 into orders for bar i.

    A target is compared with the last requested value, before sizing and rounding: equal, or NaN, changes nothing.
    One requested before its pair has a price is decided at the pair's first close.
    """
    for s in range(book.shape[0]):
        target = wanted[s]
        if math.isnan(target):
            target = book[s, UNPRICED]
        if math.isnan(book[s, BID_MARK]):  # no bar of this pair yet: the request waits until it has a price
            book[s, UNPRICED] = target
            continue
        book[s, UNPRICED] = math.nan
        if math.isnan(target) or target == book[s, REQUESTED]:
            continue
        book[s, REQUESTED] = target
        book[s, LIMIT] = math.nan
        book[s, PENDING] = 0.0
        step_size = terms[s, LOT_STEP]
        lots = target
        if rules[IN_LOTS] == 0.0:
            mid = (book[s, BID_MARK] + book[s, ASK_MARK]) * 0.5
            lots = target * purse[EQUITY] / (terms[s, LOT] * mid * rates[i - 1, s, RATE_CLOSE])
        steps = float(np.trunc(lots / step_size + math.copysign(_ROUNDING, lots)))
        held = book[s, STEPS]
        if purse[RUINED] != 0.0:
            steps = 0.0
            if target != 0.0:
                _note(i, s, REFUSAL, IS_RUINED, target, purse, events)
        elif target != 0.0 and steps == 0.0:
            _note(i, s, REFUSAL, BELOW_STEP, target, purse, events)
        if steps == held or abs(steps - held) * step_size < terms[s, MIN_CHANGE]:
            continue
        book[s, PENDING] = WAITS
        book[s, WANTED] = steps
        pip = terms[s, PIP]
        book[s, NEXT_STOP] = brackets[s, STOP_PIPS] * pip
        book[s, NEXT_TARGET] = brackets[s, TARGET_PIPS] * pip
        book[s, NEXT_TRAIL] = brackets[s, TRAIL_PIPS] * pip
        gap = brackets[s, LIMIT_PIPS] * pip
        if not math.isnan(gap) and (abs(steps) > abs(held) or steps * held < 0.0):
            book[s, LIMIT] = book[s, ASK_MARK] - gap if steps > held else book[s, BID_MARK] + gap
            expiry = brackets[s, LIMIT_BARS]
            book[s, LIMIT_LEFT] = math.inf if math.isnan(expiry) else expiry


@stage
def _pay_swap(i, quotes, rates, swap_rows, swaps, terms, book, purse, events):
    for row in range(swap_rows[i], swap_rows[i + 1]):
        for s in range(book.shape[0]):
            steps = book[s, STEPS]
            if steps == 0.0:
                continue
            lots = abs(steps) * terms[s, LOT_STEP]
            quote_amount = lots * (swaps[row, s, 0] if steps > 0.0 else swaps[row, s, 1])
            amount = quote_amount * rates[i, s, RATE_OPEN]
            if amount == 0.0:
                continue
            purse[BALANCE] += amount
            book[s, ENTRY_COSTS] -= amount
            n = int(purse[N_EVENTS])
            if n < events.shape[0]:
                events[n, :] = 0.0
                events[n, E_BAR] = i
                events[n, E_SYMBOL] = s
                events[n, E_KIND] = SWAP
                events[n, E_LOTS] = steps * terms[s, LOT_STEP]
                events[n, E_RATE] = rates[i, s, RATE_OPEN]
                events[n, E_PNL_QUOTE] = quote_amount
                events[n, E_PNL] = amount
                events[n, E_REASON] = row
            purse[N_EVENTS] = n + 1


@stage
def _nearer_stop(s, book):
    """The stop that acts: the nearer of the fixed and the trailing one, and its reason; NaN when there is none."""
    stop = book[s, STOP]
    trail = book[s, TRAIL]
    if math.isnan(trail):
        return stop, BY_STOP
    if math.isnan(stop):
        return trail, BY_TRAIL
    if book[s, STEPS] > 0.0:
        return (trail, BY_TRAIL) if trail > stop else (stop, BY_STOP)
    return (trail, BY_TRAIL) if trail < stop else (stop, BY_STOP)


@stage
def _gapped_exits(i, quotes, rates, terms, book, purse, events):
    """Stage 1: carried stops and targets that the open jumped over fill at the open, never at their level."""
    for s in range(book.shape[0]):
        steps = book[s, STEPS]
        if steps == 0.0 or math.isnan(quotes[i, s, 0]):
            continue
        is_long = steps > 0.0
        price = quotes[i, s, OPEN] if is_long else quotes[i, s, ASK + OPEN]
        level, reason = _nearer_stop(s, book)
        target = book[s, TARGET]
        if (is_long and price <= level) or (not is_long and price >= level):
            _close(i, s, OPEN, price, True, reason, False, quotes, rates, terms, book, purse, events)
        elif (is_long and price >= target) or (not is_long and price <= target):
            _close(i, s, OPEN, price, False, BY_TARGET, False, quotes, rates, terms, book, purse, events)


@stage
def _market_orders(i, quotes, rates, terms, book, purse, events):
    """Stage 3: reductions of all pairs, then increases; a limit that the open has passed fills at the open."""
    for s in range(book.shape[0]):
        if book[s, PENDING] == 0.0 or math.isnan(quotes[i, s, 0]):
            continue
        held = book[s, STEPS]
        wanted = book[s, WANTED]
        keep = wanted if wanted * held > 0.0 else 0.0
        if abs(keep) < abs(held):
            slip = terms[s, SLIPPAGE]
            price = quotes[i, s, OPEN] - slip if held > 0.0 else quotes[i, s, ASK + OPEN] + slip
            half = (quotes[i, s, ASK + OPEN] - quotes[i, s, OPEN]) * 0.5
            _fill(i, s, keep - held, price, slip, half, BY_SIGNAL, False, rates, terms, book, purse, events)
    for s in range(book.shape[0]):
        if book[s, PENDING] == 0.0 or math.isnan(quotes[i, s, 0]):
            continue
        change = book[s, WANTED] - book[s, STEPS]
        buys = change > 0.0
        price = quotes[i, s, ASK + OPEN] if buys else quotes[i, s, OPEN]
        slip = terms[s, SLIPPAGE]
        reason = BY_SIGNAL
        limit = book[s, LIMIT]
        if not math.isnan(limit):
            if (buys and price > limit) or (not buys and price < limit):
                continue  # it rests
            slip = 0.0
            reason = BY_LIMIT
        book[s, PENDING] = 0.0
        book[s, LIMIT] = math.nan
        if change == 0.0:
            continue
        price = price + slip if buys else price - slip
        _open_or_increase(i, s, change, price, slip, reason, quotes, rates, terms, book, purse, events)


@stage
def _inside_limits(i, quotes, rates, terms, book, purse, events):
    """Stage 4: limits touched inside the bar fill at their level; one that has rested its bars expires."""
    for s in range(book.shape[0]):
        limit = book[s, LIMIT]
        if math.isnan(limit):
            continue
        if not math.isnan(quotes[i, s, 0]):
            change = book[s, WANTED] - book[s, STEPS]
            buys = change > 0.0
            if (buys and quotes[i, s, ASK + LOW] <= limit) or (not buys and quotes[i, s, HIGH] >= limit):
                book[s, PENDING] = 0.0
                book[s, LIMIT] = math.nan
                before = book[s, STEPS]
                _open_or_increase(
                    i, s, change, limit, 0.0, BY_LIMIT, quotes, rates, terms, book, purse, events
                )
                if book[s, STEPS] != before:
                    book[s, INSIDE] = 1.0
                continue
            book[s, PENDING] = RESTS
        book[s, LIMIT_LEFT] -= 1.0
        if book[s, LIMIT_LEFT] <= 0.0:
            book[s, PENDING] = 0.0
            book[s, LIMIT] = math.nan
            _note(i, s, REFUSAL, EXPIRED, book[s, REQUESTED], purse, events)


@stage
def _touched_stops(i, quotes, rates, terms, book, purse, events):
    """Stage 5: stops inside the bar, those of positions opened in this bar included."""
    for s in range(book.shape[0]):
        steps = book[s, STEPS]
        if steps == 0.0 or math.isnan(quotes[i, s, 0]):
            continue
        level, reason = _nearer_stop(s, book)
        if steps > 0.0:
            if quotes[i, s, LOW] <= level:
                price = min(level, quotes[i, s, OPEN])
                _close(i, s, LOW, price, True, reason, False, quotes, rates, terms, book, purse, events)
        elif quotes[i, s, ASK + HIGH] >= level:
            price = max(level, quotes[i, s, ASK + OPEN])
            _close(i, s, HIGH, price, True, reason, False, quotes, rates, terms, book, purse, events)


@stage
def _touched_targets(i, quotes, rates, terms, book, purse, events):
    """Stage 7: targets inside the bar; a position entered at a limit inside it waits for the next bar."""
    for s in range(book.shape[0]):
        steps = book[s, STEPS]
        if steps == 0.0 or book[s, INSIDE] != 0.0 or math.isnan(quotes[i, s, 0]):
            continue
        level = book[s, TARGET]
        if steps > 0.0:
            if quotes[i, s, HIGH] >= level:
                _close(i, s, HIGH, level, False, BY_TARGET, False, quotes, rates, terms, book, purse, events)
        elif quotes[i, s, ASK + LOW] <= level:
            _close(i, s, LOW, level, False, BY_TARGET, False, quotes, rates, terms, book, purse, events)


@stage
def _mark_and_trail(i, quotes, rates, terms, book, purse):
    """Stages 8 and 9: trailing levels for the next bar, extremes of each position, equity and margin at the close."""
    equity = purse[BALANCE]
    margin = 0.0
    for s in range(book.shape[0]):
        if not math.isnan(quotes[i, s, 0]):
            steps = book[s, STEPS]
            inside = book[s, INSIDE] != 0.0
            gap = book[s, TRAIL_GAP]
            if steps > 0.0:
                best = quotes[i, s, CLOSE] if inside else quotes[i, s, HIGH]
                book[s, WORST] = min(book[s, WORST], quotes[i, s, LOW])
                book[s, BEST] = max(book[s, BEST], best)
                if not math.isnan(gap):
                    book[s, TRAIL] = max(book[s, TRAIL], best - gap)
            elif steps < 0.0:
                best = quotes[i, s, ASK + CLOSE] if inside else quotes[i, s, ASK + LOW]
                book[s, WORST] = max(book[s, WORST], quotes[i, s, ASK + HIGH])
                book[s, BEST] = min(book[s, BEST], best)
                if not math.isnan(gap):
                    book[s, TRAIL] = min(book[s, TRAIL], best + gap)
            book[s, BID_MARK] = quotes[i, s, CLOSE]
            book[s, ASK_MARK] = quotes[i, s, ASK + CLOSE]
        book[s, INSIDE] = 0.0
        equity += _open_pnl(i, s, CLOSE, quotes, rates, terms, book)
        margin += _used_margin(i, s, book[s, STEPS], False, quotes, rates, terms, book)
    purse[EQUITY] = equity
    purse[MARGIN] = margin


@compiled
def step(i, wanted, brackets, quotes, rates, swap_rows, swaps, terms, rules, book, purse, events):
    """Live through bar i with the targets decided at the close of bar i−1; `wanted` all NaN decides nothing."""
    decide(i, wanted, brackets, terms, rules, rates, book, purse, events)
    _pay_swap(i, quotes, rates, swap_rows, swaps, terms, book, purse, events)
    _gapped_exits(i, quotes, rates, terms, book, purse, events)
    _margin_test(i, OPEN, quotes, rates, terms, rules, book, purse, events)
    _market_orders(i, quotes, rates, terms, book, purse, events)
    _inside_limits(i, quotes, rates, terms, book, purse, events)
    _touched_stops(i, quotes, rates, terms, book, purse, events)
    _margin_test(i, LOW, quotes, rates, terms, rules, book, purse, events)
    _touched_targets(i, quotes, rates, terms, book, purse, events)
    _mark_and_trail(i, quotes, rates, terms, book, purse)


@compiled
def close_all(i, quotes, rates, terms, book, purse, events):
    """Close every position at the close of bar i, slippage and commission included, and mark again."""
    for s in range(book.shape[0]):
        if book[s, STEPS] != 0.0:
            if math.isnan(quotes[i, s, 0]):  # no bar: its last mark is all there is
                price = _mark(i, s, CLOSE, book[s, STEPS] > 0.0, quotes, book)
                half = (book[s, ASK_MARK] - book[s, BID_MARK]) * 0.5
                slip = terms[s, SLIPPAGE]
                worse = price - slip if book[s, STEPS] > 0.0 else price + slip
                _fill(
                    i, s, -book[s, STEPS], worse, slip, half, BY_END, True, rates, terms, book, purse, events
                )
            else:
                price = quotes[i, s, CLOSE] if book[s, STEPS] > 0.0 else quotes[i, s, ASK + CLOSE]
                _close(i, s, CLOSE, price, True, BY_END, True, quotes, rates, terms, book, purse, events)
    purse[EQUITY] = purse[BALANCE]
    purse[MARGIN] = 0.0


@njit(cache=True, nogil=True)
def run(
    targets, brackets, quotes, rates, swap_rows, swaps, terms, rules, at_end, book, purse, events, curve, lots
):
    """Every bar in turn: targets[i − 1] acts in bar i.

    Args:
        targets: (bars, symbols). brackets: (bars, symbols, 5), or (1, symbols, 5) when they never change.
        at_end: close all positions at the last close.
        book, purse: state, already set by `start`.
        curve: (bars, 2) written with equity and balance. lots: (bars, symbols) written.
    """
    n_bars, n_symbols = targets.shape
    nothing = np.full(n_symbols, math.nan)
    last = brackets.shape[0] - 1
    i = 0
    while i < n_bars:
        row = brackets[min(max(i - 1, 0), last)]
        wanted = nothing if i == 0 else targets[i - 1]
        step(i, wanted, row, quotes, rates, swap_rows, swaps, terms, rules, book, purse, events)
        if at_end and i == n_bars - 1:
            close_all(i, quotes, rates, terms, book, purse, events)
        record(i, terms, book, purse, curve, lots)
        i += 1
        if n_symbols == 1:
            stop = n_bars - 1 if at_end else n_bars
            i = _quiet_bars(
                i, stop, targets, quotes, rates, swap_rows, terms, rules, book, purse, curve, lots
            )


@compiled
def _quiet_bars(i, stop, targets, quotes, rates, swap_rows, terms, rules, book, purse, curve, lots):
    """Live through bars of one pair in which nothing can happen, from bar i on; returns the first that is not so.

    A bar is quiet when no target changes, no order waits, no swap falls due, no level is touched and equity is
    above every margin level at the open and at the adverse extreme. Such a bar only marks and trails. This is
    `step` without the stages that would find nothing to do, in the same order of arithmetic: equal to the bit.
    """
    steps = book[0, STEPS]
    if book[0, PENDING] != 0.0 or purse[CALLED] != 0.0 or purse[RUINED] != 0.0:
        return i
    if steps == 0.0 and purse[BALANCE] <= 0.0:
        return i  # the next margin test finds the ruin
    balance, requested, entry = purse[BALANCE], book[0, REQUESTED], book[0, ENTRY]
    units = steps * terms[0, LOT_STEP] * terms[0, LOT]
    size = abs(steps) * terms[0, LOT_STEP] * terms[0, LOT]
    held = steps * terms[0, LOT_STEP]
    leverage = terms[0, LEVERAGE]
    level = max(rules[MARGIN_CALL], rules[STOP_OUT])
    # equity above `safe` is above every margin level of the run, so that margin need not be worked out
    safe = level * size * rules[HIGHEST_WORTH] / leverage * (1.0 + 1e-9) + 1e-9 * abs(balance)
    is_home = rules[HOME_QUOTED] != 0.0
    has_swaps = swap_rows[swap_rows.shape[0] - 1] > 0
    is_long = steps > 0.0
    side = 0 if is_long else ASK
    best, worst, gap, trail = book[0, BEST], book[0, WORST], book[0, TRAIL_GAP], book[0, TRAIL]
    has_trail = not math.isnan(gap)
    stop_level, target_level = book[0, STOP], book[0, TARGET]
    equity = purse[EQUITY]
    rate = 1.0
    rate_open = 1.0
    first = i
    while i < stop:
        target = targets[i - 1, 0]
        if target != requested and target == target:  # a NaN is not equal to itself: it holds
            break
        opening = quotes[i, 0, side]
        if math.isnan(opening):
            break
        if steps == 0.0:
            equity = balance
        else:
            if has_swaps and swap_rows[i] != swap_rows[i + 1]:
                break
            if not is_home:
                rate, rate_open = rates[i, 0, RATE_CLOSE], rates[i, 0, RATE_OPEN]
            high, low, close = quotes[i, 0, side + HIGH], quotes[i, 0, side + LOW], quotes[i, 0, side + CLOSE]
            # a scaled spread that varies inside the bar may leave the open outside its high and low
            highest, lowest = max(opening, high), min(opening, low)
            if is_long:
                if lowest <= stop_level or lowest <= trail or highest >= target_level:
                    break
                adverse, favourable = low, high
            else:
                if highest >= stop_level or highest >= trail or lowest <= target_level:
                    break
                adverse, favourable = high, low
            equity_open = balance + units * (opening - entry) * rate_open
            equity_low = balance + units * (adverse - entry) * rate
            if not (equity_open > safe and equity_low > safe):
                if equity_open <= 0.0 or equity_low <= 0.0:
                    break
                mid_open = (quotes[i, 0, OPEN] + quotes[i, 0, ASK + OPEN]) * 0.5
                mid_close = (quotes[i, 0, CLOSE] + quotes[i, 0, ASK + CLOSE]) * 0.5
                if equity_open < level * (size * mid_open * rate_open / leverage):
                    break
                if equity_low < level * (size * mid_close * rate / leverage):
                    break
            equity = balance + units * (close - entry) * rate
            if is_long:
                worst, best = min(worst, adverse), max(best, favourable)
                if has_trail:
                    trail = max(trail, favourable - gap)
            else:
                worst, best = max(worst, adverse), min(best, favourable)
                if has_trail:
                    trail = min(trail, favourable + gap)
        curve[i, 0] = equity
        curve[i, 1] = balance
        lots[i, 0] = held
        i += 1
    if i > first:
        mid_close = (quotes[i - 1, 0, CLOSE] + quotes[i - 1, 0, ASK + CLOSE]) * 0.5
        purse[EQUITY], purse[MARGIN] = equity, size * mid_close * rate / leverage
        book[0, BEST], book[0, WORST], book[0, TRAIL] = best, worst, trail
        book[0, BID_MARK], book[0, ASK_MARK] = quotes[i - 1, 0, CLOSE], quotes[i - 1, 0, ASK + CLOSE]
    return i


@compiled
def record(i, terms, book, purse, curve, lots):
    """Write the state after bar i into row i of the curve and the lots."""
    curve[i, 0] = purse[EQUITY]
    curve[i, 1] = purse[BALANCE]
    for s in range(book.shape[0]):
        lots[i, s] = book[s, STEPS] * terms[s, LOT_STEP]


@compiled
def account_state(i, mids, rates, terms, book, purse, out):
    """What a policy may know of its account after bar i, written into `out` (2 × symbols + 1,).

    For each pair the last requested target and the exposure held (signed notional at the mid close as a multiple
    of equity, 0 once equity is gone); then the open profit as a fraction of the balance.
    """
    equity = purse[EQUITY]
    for s in range(book.shape[0]):
        out[2 * s] = book[s, REQUESTED]
        out[2 * s + 1] = 0.0
        if equity > 0.0 and book[s, STEPS] != 0.0:
            worth = mids[i, s, 1] * rates[i, s, RATE_CLOSE]
            out[2 * s + 1] = book[s, STEPS] * terms[s, LOT_STEP] * terms[s, LOT] * worth / equity
    balance = purse[BALANCE]
    out[2 * book.shape[0]] = (equity - balance) / balance if balance > 0.0 else 0.0


@compiled
def account_states(rows, mids, rates, terms, books, purses, out):
    """`account_state` of many accounts, each after its own bar rows[k], written into out (accounts, inputs)."""
    for k in range(rows.shape[0]):
        account_state(rows[k], mids, rates, terms, books[k], purses[k], out[k])


@compiled
def step_many(rows, wanted, brackets, quotes, rates, swap_rows, swaps, terms, rules, books, purses, events):
    """`step` for many accounts, each at a bar of its own.

    Args:
        rows: (accounts,) int64 bar of each. wanted: (accounts, symbols). brackets: (accounts, symbols, 5).
        books: (accounts, symbols, 22).
        purses: (accounts, 7). events: (0, 18): many accounts keep no records.
    """
    for k in range(rows.shape[0]):
        step(
            rows[k],
            wanted[k],
            brackets[k],
            quotes,
            rates,
            swap_rows,
            swaps,
            terms,
            rules,
            books[k],
            purses[k],
            events,
        )
