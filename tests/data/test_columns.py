import numpy as np
import pandas as pd
import pytest

from fxlab.data import DataError
from fxlab.data.columns import named, prices_of


def test_names_of_the_field_are_known_by_their_meaning():
    assert named(["Gmt time", "Open", "H", "LOW", "close", "Vol"]) == {
        "open": "Open", "high": "H", "low": "LOW", "close": "close", "volume": "Vol", "time": "Gmt time",
    }  # fmt: skip
    assert named(["when", "BidOpen", "Ask High", "low_bid"]) == {
        "bid_open": "BidOpen", "ask_high": "Ask High", "bid_low": "low_bid", "time": "when",
    }  # fmt: skip


def test_a_date_and_a_time_are_two_parts_of_one():
    found = named(["<DATE>", "<TIME>", "<OPEN>"])
    assert (found["time"], found["clock"]) == ("<DATE>", "<TIME>")
    assert "clock" not in named(["time", "open"])


def test_the_first_of_two_volumes_counts():
    assert named(["time", "tickvol", "vol"])["volume"] == "tickvol"


def test_the_same_meaning_twice_is_refused():
    with pytest.raises(DataError, match="columns 'open' and 'O' both hold open; keep one"):
        named(["time", "open", "O"])


def read(**columns):
    table = pd.DataFrame(columns)
    return prices_of(table, named(["time", *columns]), pip=0.0001)


def test_one_side_or_both_are_told_apart():
    plain = {field: ["1.2"] for field in ("open", "high", "low", "close")}
    bids, asks = ({f"{side}_{name}": value for name, value in plain.items()} for side in ("bid", "ask"))
    assert read(**plain)[1] is None
    assert read(**bids)[1] == "bid" and list(read(**bids)[0]) == ["open", "high", "low", "close"]
    assert read(**asks)[1] == "ask"
    prices, side = read(**bids, **asks)
    assert side == "both" and prices.shape == (1, 8)


def test_cells_become_the_nearest_double():
    prices, _ = read(open=["0.1"], high=["1,5"], low=[" 2 "], close=["nan"])
    assert prices.iloc[0, :3].tolist() == [0.1, 1.5, 2.0] and np.isnan(prices["close"][0])


def test_a_spread_is_in_price_or_in_pips_by_its_name():
    plain = {field: [1.2, 1.2] for field in ("open", "high", "low", "close")}
    assert read(**plain, spread=[0.0001, 0.0002])[0]["spread"].tolist() == [0.0001, 0.0002]
    assert read(**plain, spread_pips=[1, 2])[0]["spread"].tolist() == pytest.approx([0.0001, 0.0002])
    with pytest.raises(
        DataError, match=r"column spread holds whole numbers \(up to 14\): points, not a price"
    ):
        read(**plain, spread=[12, 14])
