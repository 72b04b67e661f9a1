from pathlib import Path

import pytest

from fxlab.data import DataError, load_bars
from fxlab.data.load import SOURCES
from fxlab.market import Instrument

HEADER = "time,open,high,low,close\n"
ROWS = "2021-03-01 00:00,1.2,1.21,1.19,1.205\n2021-03-01 01:00,1.205,1.22,1.2,1.21\n"


@pytest.fixture
def prices(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("EURUSD.csv", "GBPUSD.csv", "quotes_of_march"):
        Path(name).write_text(HEADER + ROWS)
    return tmp_path


def test_the_sample_is_what_no_source_means():
    assert load_bars().checksum == load_bars("EURUSD", source="sample").checksum
    assert list(SOURCES) == ["sample", "ecb", "synthetic"]


@pytest.mark.parametrize("symbol", ["eurusd", "EUR/USD", "EUR_USD", "EURUSD=X", Instrument("EURUSD")])
def test_a_pair_is_a_pair_in_any_spelling(symbol):
    assert load_bars(symbol, end="2017-01").symbols == ("EURUSD",)


def test_an_instrument_keeps_its_sizes():
    bars = load_bars(Instrument("EURUSD", lot=1_000), end="2017-01")
    assert bars.instruments[0].lot == 1_000


def test_files_are_read_by_path_and_joined(prices):
    both = load_bars(["EURUSD.csv", "GBPUSD.csv"], tz="UTC")
    assert both.symbols == ("EURUSD", "GBPUSD") and len(both) == 2
    assert load_bars(prices / "EURUSD.csv", tz="UTC").symbols == ("EURUSD",)
    assert load_bars("quotes_of_march", symbol="USDCHF", tz="UTC").symbols == ("USDCHF",)
    assert (
        load_bars("./EURUSD.csv", tz="UTC").checksum
        == load_bars(str(prices / "EURUSD.csv"), tz="UTC").checksum
    )


@pytest.mark.parametrize(
    ("symbols", "options", "complaint"),
    [
        ("EURUSD", {"source": "yahooo"}, "source is 'yahooo', which is not one of sample, ecb, synthetic$"),
        ("EURUSD", {"source": "sintetic"}, "did you mean 'synthetic'?"),
        ("EUR", {}, "'EUR' is not a currency pair; write two three-letter codes"),
        ("EUREUR", {}, "'EUREUR' trades a currency against itself"),
        ([], {}, "no symbols; name at least one pair"),
        (["EURUSD", "eurusd"], {}, "EURUSD is asked for twice; name each pair once"),
        ("EURUSD", {"start": "2019"}, "the EURUSD sample covers .* to 2017-12-29 21:00 UTC; start 2019"),
        ("EURUSD", {"end": "2016"}, "end 2016 is before its start"),
        ("EURUSD", {"start": "2017-05", "end": "2017-04"}, "start 2017-05 is after end 2017-04; exchange"),
        ("EURUSD", {"every": "90min"}, "every is 90min; give a whole multiple of 1h"),
        ("EURUSD", {"every": "fast"}, "every is 'fast'; write the length of a bar"),
        ("EURUSD", {"spread_pips": -1}, "spread_pips is -1; zero or more"),
        ("EURUSD", {"seed": 1}, "seed means nothing to source='sample', which takes start, end, every"),
        ("EURUSD", {"source": "ecb", "tz": "UTC", "side": "bid"}, "tz, side means nothing to source='ecb'"),
        ("nowhere.csv", {}, "nowhere.csv: no such file; check the path"),
        ("EURUSD.csv", {"source": "ecb"}, "'EURUSD.csv' is a path and source='ecb' takes pairs"),
        ("EURUSD.csv", {"n_bars": 3}, "n_bars means nothing to a file, which takes symbol, format, tz"),
        (["EURUSD.csv", "GBPUSD"], {}, "GBPUSD is a pair and the others are paths"),
        (["EURUSD.csv", "GBPUSD.csv"], {"symbol": "EURUSD"}, "one symbol for several files"),
        (["EURUSD.csv", "EURUSD.csv"], {"tz": "UTC"}, "one or more pairs, none twice"),
    ],
)
def test_what_cannot_be_loaded_is_told_in_one_line(prices, symbols, options, complaint):
    with pytest.raises(DataError, match=complaint) as caught:
        load_bars(symbols, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("symbols", [5, None, [5], b"EURUSD"])
def test_what_is_neither_text_nor_path_is_a_type_error(symbols):
    with pytest.raises(TypeError, match="symbols are text such as 'EURUSD' or paths, got"):
        load_bars(symbols)


def test_a_data_error_is_a_value_error():
    assert issubclass(DataError, ValueError)
