"""How much to hold: signals become Targets of fixed lots, fixed exposure, constant volatility or constant risk.

A signal says the direction, and by its size how much of one unit: −1, 0, 1, or any number. NaN holds, a leading NaN
is flat. The kernel turns what these functions return into whole lot steps, rounded toward zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fxlab.market import Bars, filled_mids, per_symbol, rate_along, route
from fxlab.strategy.targets import Targets, bar_values

Signal = pd.DataFrame | pd.Series | np.ndarray | float
_GIVEN = ("was given", "give")


def fixed_lots(signal: Signal, lots: float, stop_loss_pips: Any = None, **orders: Any) -> Targets:
    """The same lots for every unit of signal.

    Args:
        signal: DataFrame (bars × symbols), Series or array for one pair, or a number.
        lots: lots held at signal 1, positive.
        stop_loss_pips, **orders: as in Targets.

    Raises:
        TypeError: a signal that is not numbers. ValueError: lots are not positive.

    >>> fixed_lots(np.array([0, 1, -1]), lots=0.5).lots.tolist()
    [0.0, 0.5, -0.5]
    """
    _positive("fixed_lots", "lots", lots)
    return Targets(lots=_times("fixed_lots", signal, lots), stop_loss_pips=stop_loss_pips, **orders)


def fixed_exposure(signal: Signal, exposure: float, stop_loss_pips: Any = None, **orders: Any) -> Targets:
    """The same multiple of equity for every unit of signal, sized when the signal changes.

    Args:
        signal: DataFrame (bars × symbols), Series or array for one pair, or a number.
        exposure: multiple of equity held at signal 1, positive.
        stop_loss_pips, **orders: as in Targets.

    Raises:
        TypeError: a signal that is not numbers. ValueError: exposure is not positive.

    >>> fixed_exposure(np.array([0, 1, -1]), exposure=2.0).exposure.tolist()
    [0.0, 2.0, -2.0]
    """
    _positive("fixed_exposure", "exposure", exposure)
    values = _times("fixed_exposure", signal, exposure)
    return Targets(exposure=values, stop_loss_pips=stop_loss_pips, **orders)


def realised_volatility(bars: Bars, lookback: int = 60) -> pd.DataFrame:
    """Annualised volatility of mid closes: exponentially weighted squared log returns, known at each close.

    Args:
        bars: one pair or several.
        lookback: bars the weights reach back on average (their centre of mass); the weight of a return fades by
            lookback / (lookback + 1) a bar.

    Returns:
        (bars × symbols) fraction a year, NaN before `lookback` returns. A pair without a bar keeps its last value.

    Raises:
        ValueError: lookback is not a whole number of at least one.

    Source: J.P. Morgan/Reuters (1996), "RiskMetrics Technical Document", 4th ed., section 5.2.1: zero mean. The
        weights are counted by centre of mass as in Moskowitz, Ooi & Pedersen (2012), "Time series momentum",
        J. Financial Economics 104(2), eq. 1, where it is 60 days.
    """
    if isinstance(lookback, bool) or not isinstance(lookback, (int, np.integer)) or lookback < 1:
        raise ValueError(
            f"realised_volatility: lookback is {lookback!r}; give a whole number of at least one"
        )
    out = {}
    for symbol, column in bars.close.items():
        close = column.dropna()  # a return reaches from one bar of the pair to its next
        squares = pd.Series(np.log(close.to_numpy()), close.index).diff() ** 2
        variance = squares.ewm(com=lookback, min_periods=lookback).mean()
        out[symbol] = np.sqrt(variance * bars.bars_per_year).reindex(bars.index).ffill()
    return pd.DataFrame(out, index=bars.index, columns=list(bars.symbols))


def volatility_target(
    signal: Signal,
    bars: Bars,
    annual_volatility: float = 0.10,
    lookback: int = 60,
    max_exposure: float = 10.0,
    rebalance: bool = False,
    stop_loss_pips: Any = None,
    **orders: Any,
) -> Targets:
    """Exposure at which each pair is expected to move equity by `annual_volatility` a year.

    exposure = signal · annual_volatility / realised volatility. Each pair is sized by itself: together, pairs that
    do not move as one are calmer, and pairs that do are wilder, than any single one.

    Args:
        signal: DataFrame (bars × symbols), Series or array for one pair, or a number.
        annual_volatility: standard deviation of a year's return on equity at signal 1, as a fraction.
        lookback: see `realised_volatility`.
        max_exposure: largest exposure either way, for markets that hardly move.
        rebalance: size anew at every bar, and trade for it; False sizes when the signal changes. A target that
            moves at every bar also enters anew after a stop.
        stop_loss_pips, **orders: as in Targets; `min_change` keeps rebalancing from trading for crumbs.

    Returns:
        Targets of exposure; flat while the volatility is not known yet.

    Raises:
        TypeError: a signal that is not numbers. ValueError: a signal of the wrong shape or index, or a setting that
            is not positive.
    """
    name = "volatility_target"
    _positive(name, "annual_volatility", annual_volatility)
    _positive(name, "max_exposure", max_exposure)
    direction = _direction(signal, bars, name)
    with np.errstate(divide="ignore"):  # a price that never moved: as much as max_exposure allows
        size = annual_volatility / realised_volatility(bars, lookback).to_numpy()
    exposure = np.clip(_scaled(direction, size), -max_exposure, max_exposure)
    if not rebalance:
        exposure = _kept_between_changes(direction, exposure)
    values = pd.DataFrame(_flat_until_known(direction, exposure), bars.index, list(bars.symbols))
    return Targets(exposure=values, stop_loss_pips=stop_loss_pips, **orders)


def risk_per_trade(
    signal: Signal,
    bars: Bars,
    risk: float = 0.01,
    stop_loss_pips: Any = None,
    costs: Any = None,
    account: Any = None,
    max_exposure: float | None = None,
    **orders: Any,
) -> Targets:
    """As much as a stop-out may lose: `risk` of equity at signal 1, slippage and both commissions included.

    Bought at p and stopped at p − d with slippage s, u units lose u·(d + s) in quote currency, and pay commission
    at both ends: c per unit, in quote currency. With r the rate from quote to account currency, the loss in
    account currency is

        u · (d + s + c) · r,   and it is to be   risk · equity.

    An exposure e is u = e · equity / (m · r) units at the mid close m of the decision. So equity and r cancel:

        e = risk · m / (d + s + c),   c = 2 · f · q / lot + b · (p + x)

    with commission f per lot and side at rate q from its currency to the quote currency, b of the notional (basis
    points / 10,000), and p and x the prices of entry and stop-out, slippage included. The spread is not added: d is
    counted from the fill, which has paid it already. The equity is the kernel's own at the decision, which is why
    this is an exposure and not lots. What cannot be known then is outside: a stop that a gap jumps over, an open
    far from the close before it, conversion rates that move, swap, and the close of a position that the new one
    reverses. A signal that shrinks without changing sides reduces the position and leaves its stop where it was.

    Args:
        signal: DataFrame (bars × symbols), Series or array for one pair, or a number; 2 risks twice as much.
        bars: what is traded.
        risk: share of equity lost by a stop-out, between 0 and 1.
        stop_loss_pips: distance of the stop in pips; a number, or one for each bar and symbol. Its value where the
            signal changes counts; where it is NaN the pair stays flat until it is known.
        costs: the run's Costs; None is none beside the spread.
        account: the run's Account, for its currency; None is in USD, as in a backtest.
        max_exposure: largest exposure either way; None leaves it to margin, which refuses what is too large whole.
        **orders: other distances and `min_change`, as in Targets.

    Returns:
        Targets of exposure, sized when the signal changes, with the stop.

    Raises:
        TypeError: a signal or stop that is not numbers.
        ValueError: no stop, a stop that is not positive, a risk outside 0 to 1, `commission_min` (a fixed amount is
            no share of equity), or no route from the commission's currency to the pair's.

    >>> import fxlab as fx
    >>> index = pd.date_range("2021-03-01", periods=2, freq="1h", tz="UTC")
    >>> frame = pd.DataFrame({"open": 1.2, "high": 1.2, "low": 1.2, "close": 1.2}, index=index)
    >>> bars = fx.Bars.from_frame(frame, "EURUSD", spread_pips=1.0)
    >>> targets = risk_per_trade(1, bars, risk=0.01, stop_loss_pips=40)
    >>> round(float(targets.exposure["EURUSD"].iloc[0]), 6)  # 0.01 · 1.2 / 0.0040
    3.0
    """
    name = "risk_per_trade"
    if not (_is_number(risk) and 0 < risk < 1):
        raise ValueError(f"{name}: risk is {risk!r}; a share of equity between 0 and 1, such as 0.01")
    if max_exposure is not None:
        _positive(name, "max_exposure", max_exposure)
    if stop_loss_pips is None:
        raise ValueError(f"{name} sizes by the distance of the stop; give stop_loss_pips")
    direction = _direction(signal, bars, name)
    pips = bar_values(stop_loss_pips, bars, name, "stop_loss_pips", _GIVEN)
    _check_stops(pips, bars, name)
    distance = pips * np.array([one.pip for one in bars.instruments])
    mid = filled_mids(bars)[:, :, 1]
    loss = distance + _charges(direction, distance, bars, mid, costs, account, name)
    exposure = _scaled(direction, risk * mid / loss)
    if max_exposure is not None:
        exposure = np.clip(exposure, -max_exposure, max_exposure)
    exposure = _flat_until_known(direction, _kept_between_changes(direction, exposure))
    values = pd.DataFrame(exposure, bars.index, list(bars.symbols))
    stops = stop_loss_pips if np.isscalar(stop_loss_pips) else pd.DataFrame(pips, bars.index, values.columns)
    return Targets(exposure=values, stop_loss_pips=stops, **orders)


def _charges(
    direction: np.ndarray,
    distance: np.ndarray,
    bars: Bars,
    mid: np.ndarray,
    costs: Any,
    account: Any,
    name: str,
) -> np.ndarray:
    """(bars, symbols) slippage of the stop and commission of both ends, quote currency for each unit of base."""
    if costs is None:
        return np.zeros_like(mid)
    symbols, pairs = bars.symbols, bars.instruments
    pip, lot = np.array([one.pip for one in pairs]), np.array([one.lot for one in pairs])
    if (per_symbol(costs.commission_min, symbols, "Costs.commission_min") > 0).any():
        raise ValueError(
            f"{name}: commission_min is a fixed amount for each order, not a share of equity; "
            "size with costs whose commission_min is 0, and a stop-out may lose up to two of it more"
        )
    slip = per_symbol(costs.slippage_pips, symbols, "Costs.slippage_pips") * pip
    share = per_symbol(costs.commission_bps, symbols, "Costs.commission_bps") * 1e-4
    side = np.where(np.nan_to_num(direction) < 0, -1.0, 1.0)
    entry = mid + side * (_half_spread(bars, mid, costs) + slip)
    stopped = entry - side * (distance + slip)
    per_lot = per_symbol(costs.commission_per_lot, symbols, "Costs.commission_per_lot")
    return (
        slip
        + 2.0 * per_lot * _fee_rates(bars, mid, costs, account, per_lot) / lot
        + share * (entry + stopped)
    )


def _half_spread(bars: Bars, mid: np.ndarray, costs: Any) -> np.ndarray:
    """(bars, symbols) half the spread at the close that the run will charge, in price."""
    if costs.spread_pips is None:
        half = pd.DataFrame((bars.quotes[:, :, 7] - bars.quotes[:, :, 3]) * 0.5).ffill().to_numpy()
    else:
        pips = per_symbol(costs.spread_pips, bars.symbols, "Costs.spread_pips")
        half = np.broadcast_to(pips * np.array([one.pip for one in bars.instruments]) * 0.5, mid.shape)
    return half * per_symbol(costs.spread_scale, bars.symbols, "Costs.spread_scale")


def _fee_rates(bars: Bars, mid: np.ndarray, costs: Any, account: Any, per_lot: np.ndarray) -> np.ndarray:
    """(bars, symbols) what one unit of the commission's currency is in each pair's quote currency, at the close.

    Both go by the account's currency, as the kernel converts them.
    """
    home = "USD" if account is None else account.currency
    fee_currency = costs.commission_currency or home
    mids = np.stack([mid, mid], axis=2)
    rates = np.ones_like(mid)
    for s, pair in enumerate(bars.instruments):
        if per_lot[s] > 0 and fee_currency != pair.quote:
            try:
                fee = route(fee_currency, home, bars.instruments)
                quote = route(pair.quote, home, bars.instruments)
            except ValueError as error:
                raise ValueError(f"{pair.symbol}: {error}") from None
            rates[:, s] = rate_along(fee, mids)[:, 1] / rate_along(quote, mids)[:, 1]
    return rates


def _direction(signal: Any, bars: Bars, name: str) -> np.ndarray:
    direction = bar_values(signal, bars, name, "signal", _GIVEN)
    if np.isinf(direction).any():
        i, s = (int(k) for k in np.argwhere(np.isinf(direction))[0])
        raise ValueError(
            f"{name}: the signal of {bars.symbols[s]} is {direction[i, s]} at {bars.index[i]:%Y-%m-%d %H:%M} UTC; "
            "give finite numbers, NaN to hold"
        )
    return direction


def _scaled(direction: np.ndarray, size: np.ndarray) -> np.ndarray:
    """signal · size; zero where the signal is zero, also when the size is not known."""
    with np.errstate(invalid="ignore"):
        return np.where(direction == 0.0, 0.0, direction * size)


def _kept_between_changes(direction: np.ndarray, exposure: np.ndarray) -> np.ndarray:
    """(bars, symbols) exposure of the first bar since the last change of signal at which it is known."""
    out = np.empty_like(exposure)
    for s in range(direction.shape[1]):
        held = pd.Series(direction[:, s]).ffill().fillna(0.0)
        stretch = (held != held.shift(fill_value=0.0)).cumsum()
        sized = pd.Series(exposure[:, s])
        n_known = sized.notna().groupby(stretch).cumsum()
        out[:, s] = sized.where(n_known == 1).groupby(stretch).ffill()
    return out


def _flat_until_known(direction: np.ndarray, exposure: np.ndarray) -> np.ndarray:
    """Zero where a signal has no size yet; NaN only where the signal itself holds."""
    return np.where(np.isnan(direction), np.nan, np.nan_to_num(exposure, nan=0.0))


def _check_stops(pips: np.ndarray, bars: Bars, name: str) -> None:
    wrong = (pips <= 0) | np.isinf(pips)
    if wrong.any():
        i, s = (int(k) for k in np.argwhere(wrong)[0])
        raise ValueError(
            f"{name}: stop_loss_pips of {bars.symbols[s]} is {pips[i, s]:g} at {bars.index[i]:%Y-%m-%d %H:%M} UTC; "
            "give a positive number"
        )
    if np.isnan(pips).all():
        raise ValueError(f"{name}: stop_loss_pips is nan in every row; nothing would ever be traded")


def _times(name: str, signal: Any, size: float) -> Any:
    try:
        if isinstance(signal, (pd.DataFrame, pd.Series)):
            return signal.astype(np.float64) * size
        return np.asarray(signal, dtype=np.float64) * size
    except (TypeError, ValueError):
        raise TypeError(
            f"{name}: the signal is {type(signal).__name__}; give a DataFrame, Series, array or number"
        ) from None


def _positive(name: str, setting: str, value: Any) -> None:
    if not (_is_number(value) and value > 0):
        raise ValueError(f"{name}: {setting} is {value!r}; give a positive number")


def _is_number(value: Any) -> bool:
    is_real = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    return is_real and bool(np.isfinite(value))
