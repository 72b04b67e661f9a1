import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxlab.data import DataError, load_bars
from fxlab.market import Bars

HEADER = "time,open,high,low,close,volume\n"
ROWS = (
    "2021-03-01 00:00,1.2000,1.2100,1.1900,1.2050,10\n"
    "2021-03-01 01:00,1.2050,1.2200,1.2000,1.2100,20\n"
    "2021-03-01 02:00,1.2100,1.2150,1.2050,1.2075,30\n"
)
CLOSES = [1.2050, 1.2100, 1.2075]


@pytest.fixture
def load(tmp_path):
    def write_and_load(content, name="EURUSD.csv", **options) -> Bars:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_bars(str(path), **({"tz": "UTC"} | options))

    return write_and_load


def test_a_plain_file_is_bids_with_0_8_pips_and_says_so(load):
    bars = load(HEADER + ROWS, name="prices.csv", symbol="EURUSD")
    assert bars.bid.close["EURUSD"].tolist() == CLOSES
    np.testing.assert_allclose(bars.spread_pips["EURUSD"], 0.8, atol=1e-9)
    assert bars.volume["EURUSD"].tolist() == [10, 20, 30]
    assert str(bars.index[0]) == "2021-03-01 00:00:00+00:00" and bars.every == pd.Timedelta("1h")
    assert bars.notes == ("EURUSD: bid prices completed with a spread of 0.8 pips",)


def test_side_and_spread_are_the_callers(load):
    bars = load(HEADER + ROWS, side="mid", spread_pips=2.0)
    assert bars.close["EURUSD"].tolist() == pytest.approx(CLOSES)
    np.testing.assert_allclose(bars.spread_pips["EURUSD"], 2.0, atol=1e-9)
    assert load(HEADER + ROWS, side="ask").ask.close["EURUSD"].tolist() == CLOSES


def test_the_file_name_may_tell_the_pair_and_the_side(load):
    bars = load(HEADER + ROWS, name="FOREX_EURUSD_1H_ASK.csv")
    assert bars.ask.close["EURUSD"].tolist() == CLOSES
    assert bars.notes[:2] == (
        "EURUSD: the pair, as the file name says",
        "EURUSD: asks, as the file name says",
    )
    assert load(HEADER + ROWS, name="gbp-usd_BASKET.csv").notes[1] == (
        "GBPUSD: bid prices completed with a spread of 0.8 pips"
    )
    assert load(HEADER + ROWS, name="EURUSD_ASK.csv", side="bid").bid.close["EURUSD"].tolist() == CLOSES


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_delimiters_line_ends_and_byte_order_marks_do_not_matter(load, delimiter, newline, encoding):
    text = (HEADER + ROWS).replace(",", delimiter).replace("\n", newline)
    assert load(text.encode(encoding)).checksum == load(HEADER + ROWS).checksum


def test_a_decimal_comma_is_understood_beside_another_delimiter(load):
    text = (HEADER + ROWS).replace(",", ";").replace(".", ",")
    assert load(text).checksum == load(HEADER + ROWS).checksum


def test_gzip_is_unpacked_whatever_the_name(load):
    assert (
        load(gzip.compress((HEADER + ROWS).encode()), name="EURUSD.csv.gz").checksum
        == load(HEADER + ROWS).checksum
    )


@pytest.mark.parametrize(
    "header",
    [
        "Time,Open,High,Low,Close,Volume",
        "Gmt time,OPEN,HIGH,LOW,CLOSE,Vol",
        "timestamp,o,h,l,c,v",
        "when, open , high , low , close ,tick_volume",
        "<DATETIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<TICKVOL>",
        "date,BidOpen,BidHigh,BidLow,BidClose,volume",
        "date,bid_o,bid_h,bid_l,bid_c,volume",
        "date,open_bid,high_bid,low_bid,close_bid,volume",
    ],
)
def test_columns_go_by_many_names(load, header):
    assert load(f"{header}\n{ROWS}").checksum == load(HEADER + ROWS).checksum


def test_columns_of_asks_are_asks(load):
    bars = load(f"time,ask_open,ask_high,ask_low,ask_close,volume\n{ROWS}")
    assert bars.ask.close["EURUSD"].tolist() == CLOSES


def test_date_and_time_may_stand_apart(load):
    rows = ROWS.replace("2021-03-01 ", "2021.03.01,")
    assert (
        load("<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>\n" + rows).checksum
        == load(HEADER + ROWS).checksum
    )


def test_a_spread_column_is_used_in_price_or_in_pips(load):
    price = load(
        "time,open,high,low,close,spread\n2021-03-01,1.2,1.3,1.1,1.2,0.0002\n2021-03-02,1.2,1.3,1.1,1.2,0.0003\n"
    )
    pips = load(
        "time,open,high,low,close,spread_pips\n2021-03-01,1.2,1.3,1.1,1.2,2\n2021-03-02,1.2,1.3,1.1,1.2,3\n"
    )
    for bars in (price, pips):
        assert bars.spread_pips["EURUSD"].tolist() == pytest.approx([2, 3])


def test_longer_bars_and_a_span_can_be_asked_for(load):
    assert len(load(HEADER + ROWS, every="2h")) == 2
    assert len(load(HEADER + ROWS, start="2021-03-01 01:00")) == 2
    assert load(HEADER + ROWS.splitlines()[0] + "\n", every="1h").every == pd.Timedelta("1h")


def test_parquet_with_an_index_or_a_column_of_times_is_read(load, tmp_path):
    bars = load_bars("EURUSD", end="2017-01")
    one_side = pd.DataFrame(
        {field: getattr(bars.ask, field)["EURUSD"] for field in ("open", "high", "low", "close")}
    )
    one_side.to_parquet(tmp_path / "EURUSD_ask.parquet")
    one_side.rename_axis("when").reset_index().to_parquet(tmp_path / "column.parquet", index=False)
    first = load_bars(tmp_path / "EURUSD_ask.parquet")
    second = load_bars(tmp_path / "column.parquet", symbol="EURUSD", side="ask", format="parquet")
    np.testing.assert_array_equal(first.quotes, bars.quotes)
    np.testing.assert_array_equal(second.quotes, bars.quotes)


@given(st.data())
def test_bars_written_as_csv_come_back_to_the_bit(tmp_path_factory, data):
    n = data.draw(st.integers(2, 30))
    seed = data.draw(st.integers(0, 10_000))
    symbol = data.draw(st.sampled_from(["EURUSD", "USDJPY"]))
    bars = load_bars(symbol, source="synthetic", n_bars=n, seed=seed, spread_pips=data.draw(st.floats(0, 5)))
    path = tmp_path_factory.mktemp("round") / f"{symbol}.csv"
    sep = data.draw(st.sampled_from([",", ";", "\t"]))
    bars.frame.to_csv(path, sep=sep)
    back = load_bars(path)
    np.testing.assert_array_equal(back.quotes, bars.quotes)
    np.testing.assert_array_equal(back.times, bars.times)
    assert back.checksum == bars.checksum


def test_the_export_the_sample_came_from_gives_the_sample(shared_data):
    bars = load_bars(shared_data("gym_anytrading/FOREX_EURUSD_1H_ASK.csv.gz"), tz="UTC")
    assert bars.checksum == load_bars("EURUSD").checksum


def test_a_tab_separated_file_of_another_vendor_is_read(shared_data):
    bars = load_bars(shared_data("snowguru_dukascopy/AUDUSD_H4.csv.gz"), tz="UTC")
    assert len(bars) == 25_880 and bars.every == pd.Timedelta("4h")


BAD_FILES = {
    "empty": ("", {}, "the file is empty; give a file with prices"),
    "blank": ("\n \n", {}, "the file is empty"),
    "header only": (HEADER, {}, "a header line and no rows"),
    "a web page": ("<!DOCTYPE html><html><body>Log in</body></html>", {}, "a web page, not prices"),
    "binary": (bytes(range(256)) * 4, {}, "binary, not text"),
    "latin text": ("prix,öuvert\n".encode("latin-1"), {}, "binary, not text"),
    "a zip": (b"PK\x03\x04rest", {}, "a zip archive .*; unpack it"),
    "cut gzip": (gzip.compress(HEADER.encode() * 99)[:-9], {}, "the gzip data is damaged .*; fetch"),
    "false parquet": (b"PAR1 and no more", {}, "not a Parquet file: "),
    "prose": ("Dear reader,\nno prices here\n", {}, "not a table of prices: the first line is 'Dear"),
    "other columns": ("v,w,x,y,z\n1,2,3,4,5\n", {}, "called open, high, low, close; .* has v, w, x, y, z"),
    "no close": ("time,open,high,low,last\n2021-03-01,1,1,1,1\n", {}, "no column is called close; "),
    "half a side": ("time,bid_open,bid_high,bid_low,x\n2021-03-01,1,1,1,1\n", {}, "no column is called open"),
    "no header": (ROWS, {}, "no header line .*; add one, such as time,open,high,low,close"),
    "open twice": ("time,open,Open,high,low,close\n2021-03-01,1,1,1,1,1\n",
        {}, "'open' and 'Open' both hold open"),
    "no time": ("open,high,low,close,x\n1,1,1,1,1\n", {}, "no column of times; call it time, or"),
    "ragged": (HEADER + ROWS + "2021-03-01 03:00,1,1,1,1,1,1\n", {}, "unequal length: Expected 6 .* saw 7"),
    "cut short": (HEADER + ROWS + "2021-03-01 03:00,1.2\n", {}, "row 4: high is empty; drop or mend the row"),
    "empty cell": (HEADER + ROWS.replace("1.2150", ""), {}, "row 3: high is empty; drop or mend the row"),
    "a word": (HEADER + ROWS.replace("1.2150", "n/a"), {}, "row 3: high is 'n/a', not a number"),
    "nan": (HEADER + ROWS.replace("1.2150", "nan"), {}, "EURUSD bars: at .* 02:00 UTC high is nan"),
    "infinite": (HEADER + ROWS.replace("1.2150", "inf"), {}, "at 2021-03-01 02:00 UTC high is inf"),
    "negative": (HEADER + ROWS.replace("1.1900", "-1.19"), {}, r"2021-03-01 00:00 UTC low is -1\.19; prices"),
    "zero": (HEADER + ROWS.replace("1.1900", "0"), {}, "low is 0; prices are positive"),
    "high under low": (HEADER + ROWS.replace("1.2200", "1.1"),
        {}, "01:00 UTC the bid high and low do not span"),
    "unsorted": (HEADER + "".join(reversed(ROWS.splitlines(True))), {}, "02:00 UTC and .* are out of order"),
    "twice": (HEADER + ROWS.replace("01:00", "00:00"), {}, "00:00 UTC appears twice; keep one row"),
    "no zone": (HEADER + ROWS, {"tz": None}, "have no time zone; say which with tz="),
    "no such zone": (HEADER + ROWS, {"tz": "Mars"}, "tz is 'Mars'; write 'UTC' or an IANA name"),
    "a bad time": (HEADER + ROWS.replace("03-01 02", "13-01 02"), {}, "row 3: time '2021-13-.*' is no time"),
    "day or month": (HEADER + ROWS.replace("2021-03-01", "03/01/2021"),
        {}, "may have the day or the month first"),
    "points": (HEADER.replace("volume", "<SPREAD>") + ROWS, {}, "whole numbers .* points, not a price"),
    "two spreads": (HEADER.replace("volume", "spread") + ROWS.replace("0\n", "0.001\n"), {"spread_pips": 1},
                    "the file has a spread of its own; leave out spread_pips=1"),
    "two sides": ("time,bid_open,bid_high,bid_low,bid_close,x\n" + ROWS,
        {"side": "bid"}, "columns name their side"),
    "unknown side": (HEADER + ROWS, {"side": "left"}, "side is 'left'; write 'mid', 'bid' or 'ask'"),
    "unknown format": (HEADER + ROWS, {"format": "mt9"}, "format is 'mt9'; known are auto, csv, parquet"),
    "csv as parquet": (HEADER + ROWS, {"format": "parquet"}, "not a Parquet file"),
    "a late start": (HEADER + ROWS, {"start": "2022"}, "covers 2021-03-01 00:00 to .*; start 2022"),
    "one bar": (HEADER + ROWS.splitlines()[0], {}, "1 bars do not tell their length; pass every='1h'"),
    "no pair": (HEADER + ROWS, {"name": "prices.csv"}, "which pair.* tells none; give symbol="),
    "two pairs": (HEADER + ROWS, {"name": "EURUSD_GBPUSD.csv"}, "name holds EURUSD and GBPUSD; give"),
    "bad pair": (HEADER + ROWS, {"symbol": "EURO"}, "'EURO' is not a currency pair"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_file_that_is_not_prices_is_told_in_one_line_with_its_path(load, case):
    content, options, complaint = BAD_FILES[case]
    with pytest.raises(DataError, match=complaint) as caught:
        load(content, **options)
    name = options.get("name", "EURUSD.csv")
    assert f"{name}: " in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.csv: no such file; check the path"):
        load_bars(tmp_path / "nowhere.csv")
    with pytest.raises(DataError, match="a folder; give the path of one file"):
        load_bars(tmp_path)
