import hashlib
import importlib.util
import re

import numpy as np
import pandas as pd
import pytest

from fxlab.data import DataError, load_bars
from fxlab.data.sample import sample_file


def test_the_sample_is_6225_hours_of_2017():
    bars = load_bars("EURUSD")
    assert len(bars) == 6225
    assert bars.every == pd.Timedelta("1h")
    assert str(bars.index[0]) == "2017-01-01 22:00:00+00:00"
    assert str(bars.index[-1]) == "2017-12-29 21:00:00+00:00"
    assert bars.known_at[0] == bars.index[0] + pd.Timedelta("1h")


def test_its_first_bar_reads_as_published_with_the_bid_below():
    bars = load_bars("EURUSD")
    ask = [getattr(bars.ask, field)["EURUSD"].iloc[0] for field in ("open", "high", "low", "close")]
    assert ask == [1.05236, 1.05253, 1.05221, 1.05227]
    assert bars.bid.open["EURUSD"].iloc[0] == pytest.approx(1.05228, abs=1e-12)  # 0.8 pips under the ask
    assert bars.volume["EURUSD"].iloc[0] == 143539993.3


def test_the_completed_spread_is_said_and_can_be_chosen():
    assert load_bars("EURUSD").notes == ("EURUSD: ask prices completed with a spread of 0.8 pips",)
    wide = load_bars("EURUSD", spread_pips=2)
    np.testing.assert_allclose(wide.spread_pips["EURUSD"], 2.0, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(wide.ask.close, load_bars("EURUSD").ask.close)


def test_four_hours_hold_the_extremes_of_their_hours():
    hours, blocks = load_bars("EURUSD", start="2017-03-01", end="2017-03-01"), load_bars(every="4h")
    block = blocks["2017-03-01":"2017-03-01"]
    assert len(block) == 6
    assert block.ask.high["EURUSD"].iloc[0] == hours.ask.high["EURUSD"].iloc[:4].max()
    assert block.bid.low["EURUSD"].iloc[0] == hours.bid.low["EURUSD"].iloc[:4].min()
    assert block.ask.close["EURUSD"].iloc[0] == hours.ask.close["EURUSD"].iloc[3]


def test_the_french_election_gap_is_there():
    bars = load_bars()
    before = bars.close.loc["2017-04-21 20:00", "EURUSD"]
    after = bars.open.loc["2017-04-23 21:00", "EURUSD"]
    assert 0.0175 < after / before - 1 < 0.0185


def test_another_pair_is_told_what_there_is():
    with pytest.raises(
        DataError, match=r"USDJPY is not in .* EURUSD hourly from 2017-01-01 to 2017-12-29; .*'ecb'"
    ):
        load_bars("USDJPY")


def test_a_missing_sample_file_names_both_places():
    with pytest.raises(
        DataError, match=r"the shipped no\.parquet is in neither .*sample nor .*_sample; reinstall"
    ):
        sample_file("no.parquet")


def test_the_sample_is_small():
    assert (
        sum(sample_file(n).stat().st_size for n in ("eurusd_1h_2017.parquet", "ecb_1999_2023.parquet")) < 2e6
    )


def test_the_readme_has_the_checksums_of_the_files(root):
    table = dict(
        re.findall(r"`sample/(\w+\.parquet)` .*`([0-9a-f]{64})`", (root / "data/README.md").read_text())
    )
    assert sorted(table) == sorted(path.name for path in (root / "data/sample").iterdir())
    for name, checksum in table.items():
        assert hashlib.sha256((root / "data/sample" / name).read_bytes()).hexdigest() == checksum


def test_the_script_rebuilds_the_sample(root, shared_data):
    spec = importlib.util.spec_from_file_location("build_sample", root / "data/build_sample.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    built = {
        "eurusd_1h_2017.parquet": script.eurusd_2017(
            shared_data("gym_anytrading/FOREX_EURUSD_1H_ASK.csv.gz")
        ),
        "ecb_1999_2023.parquet": script.ecb_rates(shared_data("ecb/eurofxref-hist-1999-2023.zip")),
    }
    for name, table in built.items():
        pd.testing.assert_frame_equal(table.to_pandas(), pd.read_parquet(sample_file(name)), check_exact=True)


def test_the_script_reads_the_day_first_and_drops_the_empty_column(root, tmp_path):
    spec = importlib.util.spec_from_file_location("build_sample", root / "data/build_sample.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    (tmp_path / "ask.csv").write_text(
        "Time,Open,High,Low,Close,Volume\n01.02.2017 00:00:00.000,1.1,1.2,1.0,1.1,5\n"
    )
    (tmp_path / "ecb.csv").write_text(
        "Date,USD,SIT,\n2024-01-02,1.2,N/A,\n2023-12-29,1.105,N/A,\n2006-12-29,1.3,239.6,\n"
    )
    assert str(script.eurusd_2017(tmp_path / "ask.csv")["time"][0].as_py()) == "2017-02-01 00:00:00+00:00"
    rates = script.ecb_rates(tmp_path / "ecb.csv")
    assert rates.column_names == ["date", "USD", "SIT"]
    assert rates["SIT"].to_pylist() == [239.6, None]  # oldest first, 2024 left out


def test_an_installed_wheel_carries_the_files_inside_the_package(tmp_path, monkeypatch):
    package = tmp_path / "fxlab"
    (package / "_sample").mkdir(parents=True)
    (package / "_sample" / "some.parquet").write_bytes(b"")
    monkeypatch.setattr("fxlab.data.sample.__file__", str(package / "data" / "sample.py"))
    assert sample_file("some.parquet") == package / "_sample" / "some.parquet"
    (tmp_path / "data" / "sample").mkdir(parents=True)
    (tmp_path / "data" / "sample" / "some.parquet").write_bytes(b"")
    assert (
        sample_file("some.parquet") == tmp_path / "data" / "sample" / "some.parquet"
    )  # a checkout comes first
