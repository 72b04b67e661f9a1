"""Build data/sample from the two source files, always to the same values.

    python data/build_sample.py FOREX_EURUSD_1H_ASK.csv.gz eurofxref-hist.zip [--out data/sample]

The first file is the hourly example of the Python package gym-anytrading 2.0.0 (MIT), plain or gzip-compressed.
The second is the archive of reference rates the European Central Bank publishes as eurofxref-hist.zip; rows after
2023-12-31 are left out, so that a later download gives the same sample. data/README.md has schema and provenance.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

LAST_DAY = "2023-12-31"


def eurusd_2017(source: Path) -> pa.Table:
    """Ask bars of EURUSD: time (UTC), open, high, low, close, volume, oldest first."""
    frame = pd.read_csv(source)
    # the export writes the day first: 01.02.2017 is the first of February
    times = pd.to_datetime(frame["Time"], format="%d.%m.%Y %H:%M:%S.%f", utc=True).dt.as_unit("ms")
    columns = {"time": pa.array(times, pa.timestamp("ms", tz="UTC"))}
    for name in ("Open", "High", "Low", "Close", "Volume"):
        columns[name.lower()] = pa.array(frame[name].astype("float64"))
    return pa.table(columns)


def ecb_rates(source: Path) -> pa.Table:
    """Units of 41 currencies for one euro: date and a column a currency, null when not quoted, oldest first."""
    frame = pd.read_csv(source, na_values=["N/A"], index_col="Date", parse_dates=True)
    frame = frame.loc[:, frame.notna().any()]  # each line ends in a comma: an empty last column
    frame = frame.sort_index().loc[:LAST_DAY]
    columns = {"date": pa.array(frame.index.date, pa.date32())}
    for currency in frame.columns:
        columns[currency] = pa.array(frame[currency].astype("float64"), from_pandas=True)
    return pa.table(columns)


def main() -> None:
    """Read the two files named on the command line and write the two Parquet files."""
    parser = argparse.ArgumentParser(description="Build data/sample from its two source files.")
    parser.add_argument("eurusd", type=Path, help="FOREX_EURUSD_1H_ASK.csv of gym-anytrading, or .csv.gz")
    parser.add_argument("ecb", type=Path, help="eurofxref-hist.zip of the European Central Bank")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "sample", help="where to write")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    tables = {
        "eurusd_1h_2017.parquet": eurusd_2017(args.eurusd),
        "ecb_1999_2023.parquet": ecb_rates(args.ecb),
    }
    for name, table in tables.items():
        path = args.out / name
        pq.write_table(table, path, compression="zstd", compression_level=19)
        print(f"{path}: {table.num_rows:,} rows, {table.num_columns} columns, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
