"""Measures of forecasts, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from fxlab.models import directional_accuracy, forecast_table, mae, relative_rmse, rmse

Y = np.array([0.01, -0.02, 0.03, 0.0, np.nan])
FORECAST = np.array([0.02, 0.01, 0.03, 0.5, 1.0])


def test_errors_by_hand():
    y, forecast = Y[:3], FORECAST[:3]
    assert rmse(y, forecast) == pytest.approx(np.sqrt((0.01**2 + 0.03**2) / 3))
    assert mae(y, forecast) == pytest.approx(0.04 / 3)
    assert relative_rmse(y, forecast) == pytest.approx(np.sqrt(10 / 14))


def test_direction_counts_rows_that_take_a_side():
    assert directional_accuracy(Y, FORECAST) == pytest.approx(
        2 / 3
    )  # the unmoved row and the unknown one are out


def test_the_random_walk_takes_no_side_and_has_a_ratio_of_one():
    walk = np.zeros(5)
    assert np.isnan(directional_accuracy(Y, walk))
    assert relative_rmse(Y, walk) == 1.0


def test_without_rows_or_moves_there_is_no_measure():
    nothing = np.full(3, np.nan)
    assert np.isnan(rmse(nothing, nothing)) and np.isnan(mae(nothing, nothing))
    assert np.isnan(relative_rmse(np.zeros(3), np.ones(3)))


def test_the_table_measures_all_on_rows_that_all_forecast():
    table = forecast_table(Y, {"early": FORECAST, "late": np.array([np.nan, 0.0, 0.0, 0.0, 0.0])})
    assert table["Rows"].tolist() == [3, 3]  # the first and the last row are out for both
    assert table.loc["late", "RMSE / random walk"] == 1.0
    assert table.loc["early", "RMSE [bp]"] == pytest.approx(1e4 * np.sqrt((0.03**2 + 0.5**2) / 3))


def test_lengths_that_differ_are_named():
    with pytest.raises(
        ValueError, match=r"y has shape \(5,\) and the forecast \(4,\); give one forecast per y"
    ):
        rmse(Y, FORECAST[:4])
    with pytest.raises(ValueError, match="nothing to compare"):
        forecast_table(Y, {})
