import gzip
import json

import pandas as pd
import pytest

from fxlab.data import DataError, load_bars, load_headlines, synthetic_headlines

CSV = "published_at,headline,label\n2021-03-02 10:00,ECB hikes,up\n2021-03-01 09:00,Fed waits,none\n"


@pytest.fixture
def load(tmp_path):
    def write_and_load(content, name="news.csv", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_headlines(path, **({"tz": "UTC"} | options))

    return write_and_load


def test_a_csv_comes_sorted_with_the_time_it_could_be_read(load):
    news = load(CSV)
    assert list(news) == ["published_at", "available_at", "headline", "source", "label"]
    assert news["headline"].tolist() == ["Fed waits", "ECB hikes"]
    assert str(news["available_at"][0]) == "2021-03-01 09:01:00+00:00"
    assert news["source"].tolist() == ["file", "file"]
    assert str(load(CSV, latency="1h")["available_at"][0]) == "2021-03-01 10:00:00+00:00"


def test_times_are_read_in_the_callers_zone(load):
    assert str(load(CSV, tz="America/New_York")["published_at"][0]) == "2021-03-01 14:00:00+00:00"
    assert str(load(CSV.replace("0,", "0Z,"), tz=None)["published_at"][0]) == "2021-03-01 09:00:00+00:00"


def test_jsonl_and_gzip_are_read(load):
    names = ("published_at", "available_at", "headline", "source")
    rows = [
        ("2021-03-01T09:00Z", "2021-03-01T09:05Z", "Fed waits", "wire"),
        ("2021-03-01T10:00Z", "2021-03-01T10:00Z", "ECB hikes", "wire"),
    ]
    text = "\n".join(json.dumps(dict(zip(names, row, strict=True))) for row in rows) + "\n\n"
    news = load(text, name="news.jsonl")
    assert news["available_at"].dt.minute.tolist() == [5, 0] and news["source"].tolist() == ["wire", "wire"]
    pd.testing.assert_frame_equal(load(gzip.compress(text.encode()), name="news.jsonl.gz"), news)


def test_made_up_headlines_written_to_a_file_come_back(tmp_path):
    news = synthetic_headlines(load_bars("EURUSD", end="2017-01"))
    news.to_csv(tmp_path / "news.csv", index=False)
    back = load_headlines(tmp_path / "news.csv")
    pd.testing.assert_frame_equal(back.drop(columns="direction"), news.drop(columns="direction"))
    assert back["direction"].astype(int).tolist() == news["direction"].tolist()


@pytest.mark.parametrize(
    ("content", "options", "complaint"),
    [
        ("", {}, "the file is empty; give a file with headlines"),
        ("published_at,headline\n", {}, "a header line and no rows"),
        ("time,text\n2021,x\n", {}, "no column published_at and no headline; the file has time, text"),
        (CSV, {"tz": None}, "have no time zone; say which with tz='UTC'"),
        (CSV.replace("2021-03-02 10:00", "later"), {}, "row 1: published_at 'later' is no time"),
        (CSV.replace("ECB hikes", " "), {}, "row 1: headline is ' '; give text or drop the row"),
        (
            CSV.replace("label", "available_at").replace(",up", ",2021-03-02 09:59"),
            {},
            "row 2: available_at 'none' is",
        ),
        (
            "published_at,headline,available_at\n2021-03-02 10:00,x,2021-03-02 09:59\n",
            {},
            "row 1: available at 2021-03-02 09:59 UTC and published at 2021-03-02 10:00 UTC; nobody reads it",
        ),
        ('{"published_at": "2021"}\n{oops}\n', {}, "line 2 is not JSON .*; write one object a line"),
        ('{"published_at": "2021"}\n[1]\n', {}, "line 2 holds list, not an object"),
        (
            '{"published_at": "2021-03-02", "headline": 5}\n',
            {},
            "row 1: headline is 5; give text or drop the row",
        ),
        (b"\xff\xfe\x00\x80", {}, "not text in UTF-8; give a CSV or JSONL file"),
        ("a,b\n1,2,3\n1,2,3,4,5\n", {}, "neither CSV nor JSONL|no column published_at"),
        (CSV, {"latency": "-1s"}, "latency is '-1s'; write how long a reader waits"),
    ],
)
def test_a_file_that_is_no_headlines_is_told_with_its_path(load, content, options, complaint):
    with pytest.raises(DataError, match=complaint) as caught:
        load(content, **options)
    assert "news.csv: " in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.csv: no such file; check the path"):
        load_headlines(tmp_path / "nowhere.csv")
