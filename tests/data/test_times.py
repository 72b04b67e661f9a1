import pandas as pd
import pytest

from fxlab.data import DataError
from fxlab.data.times import read_times

NOON = pd.Timestamp("2017-02-01 12:00", tz="UTC")


def read(*cells, tz="UTC", time_format=None, header="time"):
    return read_times(pd.Series(list(cells)), tz, time_format, header)


@pytest.mark.parametrize(
    "cell",
    [
        "2017-02-01 12:00",
        "2017-02-01T12:00:00",
        "2017-02-01T12:00:00.000",
        "2017/02/01 12:00",
        "2017.02.01 12:00:00",
        "20170201 120000",
        "20170201120000",
        "01.02.2017 12:00:00.000",  # the first of February
        "1.2.2017 12:00",
        "1485950400",
        "1485950400000",
        "1485950400000000",
        "1485950400000000000",
        " 2017-02-01 12:00 ",
    ],
)
def test_noon_of_the_first_of_february_is_read_in_many_forms(cell):
    assert read(cell)[0] == NOON


@pytest.mark.parametrize(
    "cell",
    ["2017-02-01T12:00Z", "2017-02-01 13:00:00+01:00", "2017-02-01 07:00-05:00", "2017-02-01 13:00+0100"],
)
def test_a_zone_in_the_cell_is_used(cell):
    assert read(cell, tz=None)[0] == NOON


def test_a_date_alone_is_midnight():
    assert read("2017-02-01")[0] == read("01.02.2017")[0] == read("20170201")[0] == NOON.normalize()


def test_a_day_above_twelve_tells_the_order_for_the_whole_column():
    assert read("01/02/2017 12:00", "13/02/2017 12:00")[0] == NOON
    assert read("02/01/2017 12:00", "02/13/2017 12:00")[0] == NOON
    assert read("2-1-2017 12:00", "2-13-2017 12:00")[0] == NOON


def test_an_order_that_cannot_be_told_is_asked_for():
    with pytest.raises(
        DataError, match=r"'01/02/2017 12:00' may have the day or the month first.* give time_format="
    ):
        read("01/02/2017 12:00", "03/04/2017 12:00")
    assert read("01/02/2017 12:00", time_format="%d/%m/%Y %H:%M")[0] == NOON
    assert read("02/01/2017 12:00", time_format="%m/%d/%Y %H:%M")[0] == NOON


def test_a_format_may_bring_its_zone():
    assert read("01 Feb 2017 07:00 -0500", tz=None, time_format="%d %b %Y %H:%M %z")[0] == NOON


def test_the_zone_of_naive_times_is_the_callers():
    assert read("2017-02-01 07:00", tz="America/New_York")[0] == NOON
    assert read("2017-07-01 08:00", tz="America/New_York")[0] == pd.Timestamp("2017-07-01 12:00", tz="UTC")
    assert read("2017-02-01 07:00", tz="Etc/GMT+5")[0] == NOON  # the fixed zone of histdata.com


def test_a_column_called_gmt_time_needs_no_zone():
    assert read("01.02.2017 12:00:00.000", tz=None, header="Gmt time")[0] == NOON


def test_the_doubled_hour_of_autumn_is_told_apart_by_its_order():
    times = read(
        "2017-11-05 00:30", "2017-11-05 01:30", "2017-11-05 01:30", "2017-11-05 02:30", tz="America/New_York"
    )
    assert times.hour.tolist() == [4, 5, 6, 7]


@pytest.mark.parametrize(
    ("cells", "options", "complaint"),
    [
        (["2017-02-01 12:00"], {"tz": None}, "'2017-02-01 12:00' have no time zone; .*tz='UTC'"),
        (["2017-02-01"], {"tz": "Mars"}, "tz is 'Mars'; write 'UTC' or an IANA name"),
        (["2017-02-01 12:00Z"], {"tz": "Europe/Berlin"}, r"name their zone themselves .*; leave out tz="),
        (["1485950400"], {"tz": "Europe/Berlin"}, "count from 1970 UTC .*; leave out tz="),
        (["1485950400", "1485950400000"], {}, "row 2: time '1485950400000' has another unit than"),
        (
            ["2017-02-01 12:00Z", "2017-02-01 12:00"],
            {},
            "row 2: .* names no zone and others do; write one form",
        ),
        (["2017-02-01", "noon"], {}, "row 2: time 'noon' is no time, or .*; give time_format="),
        (["noon"], {}, "row 1: time 'noon' is no time"),
        (["2017-02-01", ""], {}, "row 2: time '' is no time"),
        (["2017-02-30 12:00"], {}, "row 1: time '2017-02-30 12:00' is no time; drop or mend the row"),
        (["01.13.2017 12:00"], {}, r"row 1: time '01\.13\.2017 12:00' is no time"),
        (["13/01/2017", "01/13/2017"], {}, "row 1: .* has the day first and row 2: .* the month"),
        (["2017-02-01"], {"time_format": "%d/%m/%Y"}, "row 1: time .* does not match time_format '%d"),
        (["2017-02-01"], {"time_format": "%Q"}, "time_format '%Q' is not a format"),
        (["2017-03-26 02:30"], {"tz": "Europe/Berlin"}, r"as Europe/Berlin \(.*02:30.*; give the zone"),
        (["2017-10-29 02:30"], {"tz": "Europe/Berlin"}, r"as Europe/Berlin \(.*02:30.*; give the zone"),
    ],
)
def test_times_that_cannot_be_read_are_named(cells, options, complaint):
    with pytest.raises(DataError, match=complaint) as caught:
        read(*cells, **options)
    assert "\n" not in str(caught.value)
