"""Routes between currencies: direct, inverse, one cross; none is an error that names the pair and the currency."""

from __future__ import annotations

import numpy as np
import pytest

import fxlab as fx
from fxlab.market import filled_mids, rate_along, route
from tests.execution.scenarios import random_bars


def pairs(*symbols: str) -> tuple[fx.Instrument, ...]:
    return tuple(fx.Instrument(symbol) for symbol in symbols)


@pytest.mark.parametrize(
    ("currency", "into", "symbols", "expected"),
    [
        ("USD", "USD", ("EURUSD",), ()),
        ("EUR", "USD", ("EURUSD",), ((0, False),)),
        ("USD", "EUR", ("EURUSD",), ((0, True),)),
        ("JPY", "EUR", ("EURUSD", "USDJPY"), ((1, True), (0, True))),
        ("GBP", "JPY", ("GBPUSD", "USDJPY"), ((0, False), (1, False))),
        ("JPY", "USD", ("EURJPY", "EURUSD", "USDJPY"), ((2, True),)),  # one pair before two
        ("JPY", "USD", ("GBPJPY", "EURJPY", "EURUSD", "GBPUSD"), ((0, True), (3, False))),  # the first cross
    ],
)
def test_routes_prefer_one_pair_to_two_and_the_first_of_two(
    currency: str, into: str, symbols: tuple[str, ...], expected: tuple[tuple[int, bool], ...]
) -> None:
    assert route(currency, into, pairs(*symbols)) == expected


def test_no_route_names_both_currencies_and_the_pairs() -> None:
    complaint = (
        r"no rate from GBP to the account's USD in these bars \(EURGBP, USDJPY\); add GBPUSD or USDGBP"
    )
    with pytest.raises(ValueError, match=complaint):
        route("GBP", "USD", pairs("EURGBP", "USDJPY"))


def test_two_crosses_are_one_too_many() -> None:
    with pytest.raises(ValueError, match="no rate from NOK to the account's JPY"):
        route("NOK", "JPY", pairs("EURNOK", "EURUSD", "USDJPY"))


def test_a_rate_is_the_product_and_quotient_of_mids(rng: np.random.Generator) -> None:
    bars = random_bars(rng, ("EURUSD", "USDJPY"), 5)
    rates = rate_along(route("JPY", "EUR", bars.instruments), filled_mids(bars))
    expected = 1 / (bars.open["USDJPY"] * bars.open["EURUSD"])
    assert np.allclose(rates[:, 0], expected, rtol=1e-14)
    assert (rate_along((), filled_mids(bars)) == 1.0).all()


def test_a_missing_bar_keeps_the_last_close_as_its_rate(rng: np.random.Generator) -> None:
    bars = random_bars(rng, ("EURUSD", "USDJPY"), 40, missing=0.3)
    mids, closes = filled_mids(bars), bars.close.ffill().to_numpy()
    absent = np.isnan(bars.quotes[:, :, 0])
    assert absent.any()
    assert np.array_equal(mids[:, :, 1], closes)
    assert np.array_equal(mids[:, :, 0][absent], closes[absent])
    assert np.array_equal(mids[:, :, 0][~absent], bars.mid(0)[~absent])
    later = filled_mids(bars[20:], before=mids[19, :, 1])
    assert np.array_equal(later, mids[20:])


def test_a_run_without_a_route_stops_before_it_starts_and_names_the_pair() -> None:
    bars = random_bars(np.random.default_rng(0), ("EURUSD", "USDCHF"), 5)
    with pytest.raises(ValueError, match="EURUSD: no rate from USD to the account's JPY in these bars"):
        fx.backtest(0.0, bars, account=fx.Account(currency="JPY"))
    with pytest.raises(ValueError, match="EURUSD: no rate from NOK to the account's USD"):
        fx.backtest(0.0, bars, costs=fx.Costs(commission_currency="NOK"))


def test_a_rate_that_is_not_there_at_the_start_is_said() -> None:
    bars = random_bars(np.random.default_rng(0), ("EURUSD", "USDJPY"), 5)
    quotes = bars.quotes.copy()
    quotes[:2, 1] = np.nan
    complaint = r"USDJPY: JPY to USD needs USDJPY, which has no bar at the start \(2021-03-08 09:00 UTC\)"
    with pytest.raises(ValueError, match=complaint):
        fx.backtest(0.0, bars.replace(quotes=quotes))
