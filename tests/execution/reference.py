"""A second simulator: the rules of execution, one object a position and one bar at a time, nothing compiled.

It is written from the rules, not from the kernel, to judge it. It is slow on purpose: every price is looked up
when it is needed, every sum runs over all positions, and no state is kept that can be computed again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from fxlab.execution.terms import Account, Costs
from fxlab.market import Bars, calendar
from fxlab.strategy.targets import TargetArrays

STOP, TARGET, TRAIL, LIMIT, EXPIRY = range(5)  # columns of TargetArrays.brackets
NAN = math.nan


@dataclass(frozen=True)
class Quote:
    """Prices of one pair in one bar, the run's own spread applied."""

    bid_open: float
    bid_high: float
    bid_low: float
    bid_close: float
    ask_open: float
    ask_high: float
    ask_low: float
    ask_close: float

    @property
    def mid_open(self) -> float:
        return (self.bid_open + self.ask_open) * 0.5

    @property
    def mid_close(self) -> float:
        return (self.bid_close + self.ask_close) * 0.5

    def stood_still(self) -> Quote:
        """What a bar that is missing after this one shows: its close, all the time."""
        bid, ask = self.bid_close, self.ask_close
        return Quote(bid, bid, bid, bid, ask, ask, ask, ask)


@dataclass
class Position:
    """One netted position."""

    s: int
    lots: float
    entry: float
    entry_bar: int
    stop: float = NAN
    target: float = NAN
    trail: float = NAN
    trail_distance: float = NAN
    commission: float = 0.0  # of the opening fills, account currency, not yet charged to a trade
    swap: float = 0.0
    best: float = (
        NAN  # extremes of the closing side over the bars it has lived through, the first fill included
    )
    worst: float = NAN
    limit_bar: int = -1  # the bar in which a limit inside it opened or increased the position

    @property
    def side(self) -> int:
        return 1 if self.lots > 0 else -1


@dataclass
class Order:
    """A target position waiting: its reducing part for an open, its rest for an open or a limit."""

    lots: float
    requested: float
    distances: list[float]
    limit: float = NAN
    bars_left: float = math.inf
    has_rested: bool = False  # as a limit, through a bar


@dataclass
class Outcome:
    """Everything a run leaves behind; rows are tuples of the columns that the tables show."""

    equity: list[float] = field(default_factory=list)
    balance: list[float] = field(default_factory=list)
    margin: list[float] = field(default_factory=list)
    lots: list[list[float]] = field(default_factory=list)
    fills: list[tuple[Any, ...]] = field(default_factory=list)  # bar, symbol, lots signed, price, reason
    ledger: list[tuple[Any, ...]] = field(
        default_factory=list
    )  # time, symbol, kind, amount, quote amount, ...
    refusals: list[tuple[Any, ...]] = field(default_factory=list)  # bar, symbol, requested, reason
    trades: list[dict[str, Any]] = field(default_factory=list)
    margin_calls: list[int] = field(default_factory=list)  # bars


def setting(value: Any, symbol: str) -> float:
    """A number, or this pair's number of a table."""
    return float(value[symbol] if isinstance(value, dict) else value)


class Reference:
    """One run. `Reference(bars, costs, account).run(targets)` → Outcome."""

    def __init__(self, bars: Bars, costs: Costs, account: Account) -> None:
        self.bars, self.costs, self.account = bars, costs, account
        self.symbols = bars.symbols
        self.pairs = bars.instruments
        self.present = [[not math.isnan(q[0]) for q in row] for row in bars.quotes.tolist()]
        self.quotes = self._with_spread()
        self.balance = account.balance
        self.positions: dict[int, Position] = {}
        self.orders: dict[int, Order] = {}
        self.requested = [0.0] * len(self.symbols)
        self.unpriced: dict[int, float] = {}
        self.is_called = False
        self.is_ruined = False
        self.out = Outcome()

    # --- prices and rates --------------------------------------------------------------------------------

    def _with_spread(self) -> list[list[Quote | None]]:
        costs, table = self.costs, []
        last: list[Quote | None] = [None] * len(self.symbols)
        for i, row in enumerate(self.bars.quotes.tolist()):
            for s, quote in enumerate(row):
                before = last[s]
                if not self.present[i][s]:
                    last[s] = before.stood_still() if before is not None else None
                    continue
                scale = setting(costs.spread_scale, self.symbols[s])
                if costs.spread_pips is not None or scale != 1.0:
                    mids = [(quote[k] + quote[k + 4]) * 0.5 for k in range(4)]
                    if costs.spread_pips is not None:
                        width = setting(costs.spread_pips, self.symbols[s]) * self.pairs[s].pip
                        half = [width * scale / 2] * 4
                    else:
                        half = [(quote[k + 4] - quote[k]) * scale / 2 for k in range(4)]
                    quote = [m - h for m, h in zip(mids, half, strict=True)]
                    quote += [m + h for m, h in zip(mids, half, strict=True)]
                last[s] = Quote(*quote)
            table.append(list(last))
        return table

    def quote(self, i: int, s: int) -> Quote:
        quote = self.quotes[i][s]
        assert quote is not None, "nothing is held or converted before the first price"
        return quote

    def rate(self, currency: str, i: int, at_close: bool) -> float:
        """Units of account currency for one of `currency`, by mid opens or closes of bar i."""
        factor = 1.0
        for s, is_inverse in self.route(currency, self.account.currency):
            quote = self.quote(i, s)
            mid = quote.mid_close if at_close else quote.mid_open
            factor = factor / mid if is_inverse else factor * mid
        return factor

    def route(self, source: str, goal: str) -> list[tuple[int, bool]]:
        """Direct, inverse, or one cross: (pair, whether it is divided by)."""
        if source == goal:
            return []
        one = self._leg(source, goal)
        if one is not None:
            return [one]
        for pair in self.pairs:
            for between in (pair.base, pair.quote):
                first, second = self._leg(source, between), self._leg(between, goal)
                if first is not None and second is not None:
                    return [first, second]
        raise ValueError(f"no route from {source} to {goal}")

    def _leg(self, source: str, goal: str) -> tuple[int, bool] | None:
        for s, pair in enumerate(self.pairs):
            if (pair.base, pair.quote) == (source, goal):
                return s, False
        for s, pair in enumerate(self.pairs):
            if (pair.base, pair.quote) == (goal, source):
                return s, True
        return None

    # --- sums --------------------------------------------------------------------------------------------

    def closing_price(self, position: Position, i: int, moment: str) -> float:
        quote = self.quote(i, position.s)
        if moment == "extreme":
            return quote.bid_low if position.lots > 0 else quote.ask_high
        return float(getattr(quote, f"{'bid' if position.lots > 0 else 'ask'}_{moment}"))

    def open_pnl(self, position: Position, i: int, moment: str) -> float:
        pair = self.pairs[position.s]
        move = self.closing_price(position, i, moment) - position.entry
        return position.lots * pair.lot * move * self.rate(pair.quote, i, moment != "open")

    def used_margin(self, position: Position, i: int, moment: str) -> float:
        pair, quote = self.pairs[position.s], self.quote(i, position.s)
        mid = quote.mid_open if moment == "open" else quote.mid_close
        worth = abs(position.lots) * pair.lot * mid * self.rate(pair.quote, i, moment != "open")
        return worth / setting(self.account.leverage, pair.symbol)

    def equity(self, i: int, moment: str) -> float:
        held = sorted(self.positions.items())
        return self.balance + sum(self.open_pnl(position, i, moment) for _, position in held)

    def margin(self, i: int, moment: str) -> float:
        return sum(self.used_margin(position, i, moment) for _, position in sorted(self.positions.items()))

    # --- booking -----------------------------------------------------------------------------------------

    def book(self, time: int, s: int, kind: str, quote_amount: float, currency: str, rate: float) -> float:
        amount = quote_amount * rate
        self.balance += amount
        self.out.ledger.append((time, self.symbols[s], kind, amount, quote_amount, currency, rate))
        return amount

    def slipped(self, price: float, s: int, direction: int) -> float:
        """A buy (+1) pays more, a sell (-1) gets less."""
        return price + direction * setting(self.costs.slippage_pips, self.symbols[s]) * self.pairs[s].pip

    def commission(
        self, s: int, lots: float, price: float, i: int, at_close: bool
    ) -> tuple[float, str, float]:
        """Commission of one fill in the commission's currency, that currency, and its rate."""
        pair, costs = self.pairs[s], self.costs
        currency = costs.commission_currency or self.account.currency
        rate = self.rate(currency, i, at_close)
        notional = abs(lots) * pair.lot * price * self.rate(pair.quote, i, at_close) / rate
        amount = setting(costs.commission_per_lot, pair.symbol) * abs(lots)
        amount += setting(costs.commission_bps, pair.symbol) * 1e-4 * notional
        return max(amount, setting(costs.commission_min, pair.symbol)), currency, rate

    def charge(self, s: int, lots: float, price: float, i: int, at_close: bool) -> float:
        amount, currency, rate = self.commission(s, lots, price, i, at_close)
        if amount == 0.0:
            return 0.0
        return self.book(int(self.bars.times[i]), s, "commission", -amount, currency, rate)

    def reduce(
        self, s: int, new_lots: float, price: float, i: int, reason: str, at_close: bool = False
    ) -> None:
        """Close a part or all of a position at a final price."""
        position, pair = self.positions[s], self.pairs[s]
        part = position.lots - new_lots  # signed like the position
        share = part / position.lots
        rate = self.rate(pair.quote, i, at_close)
        time = int(self.bars.times[i])
        self.out.fills.append((i, pair.symbol, -part, price, reason))
        move = price - position.entry
        gross = self.book(time, s, "pnl", part * pair.lot * move, pair.quote, rate)
        paid = self.charge(s, part, price, i, at_close)
        costs = paid + share * (position.commission + position.swap)
        position.commission *= 1 - share
        position.swap *= 1 - share
        side = position.side
        better, poorer = (max, min) if side > 0 else (min, max)
        adverse, favourable = poorer(position.worst, price), better(position.best, price)
        self.out.trades.append(
            {
                "symbol": pair.symbol,
                "side": "long" if side > 0 else "short",
                "lots": abs(part),
                "entry_bar": position.entry_bar,
                "entry_price": position.entry,
                "exit_bar": i,
                "exit_price": price,
                "pips": side * move / pair.pip,
                "gross": gross,
                "costs": -costs,
                "net": gross + costs,
                "mae": side * (position.entry - adverse) / pair.pip,
                "mfe": side * (favourable - position.entry) / pair.pip,
                "exit_reason": reason,
            }
        )
        position.lots = new_lots
        if new_lots == 0.0:
            del self.positions[s]

    def refuse(self, i: int, s: int, requested: float, reason: str) -> None:
        self.out.refusals.append((i, self.symbols[s], requested, reason))

    def close_protected(self, s: int, price: float, i: int, reason: str, is_open: bool) -> None:
        """A stop, target or stop-out closes all; the target it belonged to is spent, a resting limit with it.

        An order that has not been in the market yet belongs to a newer target and still acts.
        """
        self.reduce(s, 0.0, price, i, reason)
        if s in self.orders and (self.orders[s].has_rested or not is_open):
            del self.orders[s]

    # --- the stages of a bar -----------------------------------------------------------------------------

    def run(self, targets: TargetArrays, close_at_end: bool = False) -> Outcome:
        self.targets = targets
        first = self.bars.times[0]
        money, currency = self.account.balance, self.account.currency
        self.out.ledger.append((int(first), "", "deposit", money, money, currency, 1.0))
        for i in range(len(self.bars)):
            self.swap(i)
            self.gapped_levels(i)
            self.margin_test(i, "open")
            self.market_orders(i)
            self.limits_inside(i)
            self.stops(i)
            self.margin_test(i, "extreme")
            self.take_profits(i)
            self.trail(i)
            if close_at_end and i == len(self.bars) - 1:
                self.close_all(i)
            self.mark(i)
            self.decide(i)
        return self.out

    def swap(self, i: int) -> None:
        costs = self.costs
        if i == 0 or costs.swap is None:
            return
        cutoffs, days = calendar.rollovers(int(self.bars.times[i - 1]), int(self.bars.times[i]))
        for at, n_days in zip(cutoffs.tolist(), days.tolist(), strict=True):
            for s, position in sorted(self.positions.items()):
                pair = self.pairs[s]
                if isinstance(costs.swap, str):
                    each = self._rate_swap(s, position.side, at) * self.quote(i, s).mid_open
                else:
                    each = costs.swap[pair.symbol][0 if position.lots > 0 else 1] * pair.pip
                amount = abs(position.lots) * pair.lot * each * n_days
                if amount != 0.0:
                    rate = self.rate(pair.quote, i, False)
                    position.swap += self.book(at, s, "swap", amount, pair.quote, rate)

    def _rate_swap(self, s: int, side: int, at: int) -> float:
        """Interest of one day on one unit of base, as a fraction of its price; a month's figure is used later."""
        pair, rates = self.pairs[s], self.costs.rates
        assert rates is not None
        month = pd.Timestamp(at, tz="UTC").tz_localize(None).to_period("M")
        known = [row for row, label in enumerate(rates.index) if pd.Period(label, "M") < month]
        base, quote = (float(rates[currency].iloc[known[-1]]) for currency in (pair.base, pair.quote))
        markup = setting(self.costs.swap_markup, pair.symbol)
        annual = base - quote - markup if side > 0 else -(base - quote + markup)
        return annual / 365 / 100

    def gapped_levels(self, i: int) -> None:
        for s, position in sorted(self.positions.items()):
            if not self.present[i][s]:
                continue
            side, price = position.side, self.closing_price(position, i, "open")
            level, reason = self._stop_level(position)
            if (price - level) * side <= 0:
                self.close_protected(s, self.slipped(price, s, -side), i, reason, True)
            elif (price - position.target) * side >= 0:
                self.close_protected(s, price, i, "target", True)

    def _stop_level(self, position: Position) -> tuple[float, str]:
        """The nearer of the fixed and the trailing stop."""
        if math.isnan(position.trail):
            return position.stop, "stop"
        if math.isnan(position.stop) or (position.trail - position.stop) * position.side > 0:
            return position.trail, "trail"
        return position.stop, "stop"

    def margin_test(self, i: int, moment: str) -> None:
        level = self.account.margin_call * self.margin(i, moment)
        is_called = bool(self.positions) and self.equity(i, moment) < level
        if is_called and not self.is_called:
            self.out.margin_calls.append(i)
        self.is_called = is_called
        while True:
            equity, margin = self.equity(i, moment), self.margin(i, moment)
            if equity <= 0:
                self.is_ruined = True
            if not self.is_ruined and equity >= self.account.stop_out * margin:
                return
            closable = [p for _, p in sorted(self.positions.items()) if self.present[i][p.s]]
            if not closable:
                return
            worst = min(closable, key=lambda p: self.open_pnl(p, i, moment))
            if self.open_pnl(worst, i, moment) >= 0:
                worst = max(closable, key=lambda p: self.used_margin(p, i, moment))
            price = self.slipped(self.closing_price(worst, i, moment), worst.s, -worst.side)
            self.close_protected(worst.s, price, i, "stop-out", moment == "open")

    def market_orders(self, i: int) -> None:
        """Reductions of every pair, then increases and gapped limits in the order of the pairs."""
        for s, order in sorted(self.orders.items()):
            position = self.positions.get(s)
            if not self.present[i][s] or position is None:
                continue
            kept = min(abs(order.lots), abs(position.lots)) * position.side
            if order.lots * position.side <= 0:
                kept = 0.0
            if kept != position.lots:
                price = self.closing_price(position, i, "open")
                self.reduce(s, kept, self.slipped(price, s, -position.side), i, "signal")
        for s, order in sorted(self.orders.items()):
            if not self.present[i][s]:
                continue
            held = self.positions[s].lots if s in self.positions else 0.0
            if order.lots == held:
                del self.orders[s]
                continue
            side, quote = (1 if order.lots > 0 else -1), self.quote(i, s)
            price = quote.ask_open if side > 0 else quote.bid_open
            if math.isnan(order.limit):
                self.increase(s, order, self.slipped(price, s, side), i, is_inside=False)
            elif (order.limit - price) * side >= 0:
                self.increase(s, order, price, i, is_inside=False)

    def limits_inside(self, i: int) -> None:
        for s, order in sorted(self.orders.items()):
            if math.isnan(order.limit):
                continue  # a market order waits for the pair's next bar
            side, quote = (1 if order.lots > 0 else -1), self.quote(i, s)
            extreme = quote.ask_low if side > 0 else quote.bid_high
            if self.present[i][s] and (order.limit - extreme) * side >= 0:
                self.increase(s, order, order.limit, i, is_inside=True)
                continue
            order.has_rested = order.has_rested or self.present[i][s]
            order.bars_left -= 1  # a bar that the pair lacks counts too
            if order.bars_left <= 0:
                self.refuse(i, s, order.requested, "expired")
                del self.orders[s]

    def increase(self, s: int, order: Order, price: float, i: int, is_inside: bool) -> None:
        """Open or add to a position if the margin allows it, else refuse the whole order."""
        del self.orders[s]
        if self.is_ruined:
            self.refuse(i, s, order.requested, "ruined")
            return
        before = self.positions.get(s)
        held = before.lots if before is not None else 0.0
        added = order.lots - held
        entry = price if before is None else (held * before.entry + added * price) / order.lots
        first = Position(s, order.lots, price, i, best=price, worst=price)
        after = first if before is None else Position(**vars(before))
        after.lots, after.entry = order.lots, entry
        self.positions[s] = after
        amount, _, rate = self.commission(s, added, price, i, False)
        if self.equity(i, "open") - amount * rate < self.margin(i, "open"):
            if before is None:
                del self.positions[s]
            else:
                self.positions[s] = before
            self.refuse(i, s, order.requested, "margin")
            return
        side, pip = after.side, self.pairs[s].pip
        after.stop = entry - side * order.distances[STOP] * pip
        after.target = entry + side * order.distances[TARGET] * pip
        after.trail_distance = order.distances[TRAIL] * pip
        after.trail = entry - side * after.trail_distance
        after.limit_bar = i if is_inside else after.limit_bar
        reason = "signal" if math.isnan(order.limit) else "limit"
        self.out.fills.append((i, self.symbols[s], added, price, reason))
        after.commission += self.charge(s, added, price, i, False)

    def stops(self, i: int) -> None:
        for s, position in sorted(self.positions.items()):
            if not self.present[i][s]:
                continue
            side = position.side
            level, reason = self._stop_level(position)
            if (self.closing_price(position, i, "extreme") - level) * side <= 0:
                opened = self.closing_price(position, i, "open")
                price = min(level, opened) if side > 0 else max(level, opened)
                self.close_protected(s, self.slipped(price, s, -side), i, reason, False)

    def take_profits(self, i: int) -> None:
        for s, position in sorted(self.positions.items()):
            if not self.present[i][s] or position.limit_bar == i:
                continue
            quote = self.quote(i, s)
            touched = quote.bid_high if position.lots > 0 else quote.ask_low
            if (touched - position.target) * position.side >= 0:
                self.close_protected(s, position.target, i, "target", False)

    def trail(self, i: int) -> None:
        """Levels for the next bar, and the extremes a trade reports."""
        for s, position in self.positions.items():
            if not self.present[i][s]:
                continue
            quote = self.quote(i, s)
            if position.lots > 0:
                best, worst = quote.bid_high, quote.bid_low
            else:
                best, worst = quote.ask_low, quote.ask_high
            if position.limit_bar == i:
                best = self.closing_price(position, i, "close")
            better, poorer = (max, min) if position.lots > 0 else (min, max)
            position.best, position.worst = better(position.best, best), poorer(position.worst, worst)
            position.trail = better(position.trail, best - position.side * position.trail_distance)

    def close_all(self, i: int) -> None:
        for s, position in sorted(self.positions.items()):
            price = self.closing_price(position, i, "close")  # the last one known where the bar is missing
            self.reduce(s, 0.0, self.slipped(price, s, -position.side), i, "end", at_close=True)

    def mark(self, i: int) -> None:
        self.out.equity.append(self.equity(i, "close"))
        self.out.balance.append(self.balance)
        self.out.margin.append(self.margin(i, "close"))
        held = self.positions
        self.out.lots.append([held[s].lots if s in held else 0.0 for s in range(len(self.symbols))])

    # --- decisions ---------------------------------------------------------------------------------------

    def decide(self, i: int) -> None:
        """Targets of row i become orders for bar i + 1; refusals bear the bar in which they would have acted."""
        if i == len(self.bars) - 1:
            return
        for s, value in enumerate(self.targets.values[i].tolist()):
            if math.isnan(value):
                value = self.unpriced.get(s, math.nan)
            if self.quotes[i][s] is None:  # nothing can be sized yet: the request waits for the first close
                self.unpriced[s] = value
                continue
            self.unpriced.pop(s, None)
            if math.isnan(value) or value == self.requested[s]:
                continue
            self.requested[s] = value
            self.orders.pop(s, None)
            held = self.positions[s].lots if s in self.positions else 0.0
            lots = 0.0 if self.is_ruined else self.rounded(self.sized(value, i, s), s)
            if value != 0.0 and self.is_ruined:
                self.refuse(i + 1, s, value, "ruined")
            elif value != 0.0 and lots == 0.0:
                self.refuse(i + 1, s, value, "below lot step")
            step = self.pairs[s].lot_step
            if lots != held and round(abs(lots - held) / step) * step >= self.targets.min_change:
                self.orders[s] = self.order(i, s, value, lots, held)

    def order(self, i: int, s: int, value: float, lots: float, held: float) -> Order:
        brackets = self.targets.brackets
        distances = brackets[min(i, len(brackets) - 1), s].tolist()
        order = Order(lots, value, distances)
        increases = abs(lots) > abs(held) or lots * held < 0
        if increases and not math.isnan(distances[LIMIT]):
            side, quote = (1 if lots > held else -1), self.quote(i, s)
            price = quote.ask_close if side > 0 else quote.bid_close
            order.limit = price - side * distances[LIMIT] * self.pairs[s].pip
            if not math.isnan(distances[EXPIRY]):
                order.bars_left = distances[EXPIRY]
        return order

    def sized(self, value: float, i: int, s: int) -> float:
        if self.targets.in_lots:
            return value
        pair = self.pairs[s]
        worth = pair.lot * self.quote(i, s).mid_close * self.rate(pair.quote, i, True)
        return value * self.out.equity[i] / worth

    def rounded(self, lots: float, s: int) -> float:
        step = self.pairs[s].lot_step
        return math.trunc(lots / step + math.copysign(1.0, lots) * 1e-9) * step
