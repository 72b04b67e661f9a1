import pytest

from fxlab.market import Instrument, find_instrument


@pytest.mark.parametrize(
    "spelling",
    ["EURUSD", "eurusd", "EUR/USD", "EUR_USD", "eur-usd", "EUR.USD", "EUR USD", "EURUSD=X", " EURUSD "],
)
def test_a_pair_has_many_spellings(spelling):
    one = Instrument(spelling)
    assert (one.symbol, one.base, one.quote) == ("EURUSD", "EUR", "USD")
    assert one == Instrument("EURUSD") and hash(one) == hash(Instrument("EURUSD"))
    assert str(one) == "EURUSD"


def test_yahoos_short_form_is_per_dollar():
    assert Instrument("JPY=X").symbol == "USDJPY"


def test_a_pip_is_a_hundredth_of_a_yen_and_else_a_tenth_of_a_thousandth():
    assert Instrument("EURUSD").pip == 0.0001
    assert Instrument("USDJPY").pip == Instrument("EUR/JPY").pip == 0.01
    assert Instrument("JPYUSD").pip == 0.0001  # the quote currency decides
    assert Instrument("USDHUF", pip=0.01).pip == 0.01


def test_a_lot_is_100_000_of_the_base_in_steps_of_a_hundredth():
    one = Instrument("EURUSD")
    assert (one.lot, one.lot_step) == (100_000, 0.01)
    assert Instrument("EURUSD", lot=1_000, lot_step=1).lot_step == 1


@pytest.mark.parametrize("spelling", ["EUR", "EURUS", "EURUSDX", "EUR1USD", "", "EUR//USD1", "USD=X=X"])
def test_what_is_no_pair_is_refused(spelling):
    with pytest.raises(
        ValueError, match="is not a currency pair; write two three-letter codes such as 'EURUSD'"
    ):
        Instrument(spelling)


def test_a_currency_against_itself_is_refused():
    for spelling in ("USDUSD", "USD=X"):
        with pytest.raises(ValueError, match="trades a currency against itself"):
            Instrument(spelling)


def test_a_symbol_is_text():
    with pytest.raises(TypeError, match="a symbol is text such as 'EURUSD', got 5"):
        Instrument(5)


@pytest.mark.parametrize("size", [0, -1, float("inf")])
@pytest.mark.parametrize("name", ["pip", "lot", "lot_step"])
def test_sizes_are_positive(name, size):
    with pytest.raises(ValueError, match=rf"EURUSD: {name} is {size}; give a positive number"):
        Instrument("EURUSD", **{name: size})


def test_an_instrument_cannot_be_changed():
    with pytest.raises(AttributeError):
        Instrument("EURUSD").pip = 1


def test_a_pair_is_found_in_any_spelling_or_not_at_all():
    several = (Instrument("EURUSD"), Instrument("USDJPY"))
    assert find_instrument("usd/jpy", several) == 1
    assert find_instrument(Instrument("EURUSD"), several) == 0
    assert [find_instrument(key, several) for key in ("GBPUSD", "EUR", 5, None, "2017")] == [None] * 5
