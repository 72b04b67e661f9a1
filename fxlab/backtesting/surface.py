"""How a figure changes with the parameters: a line, a heat map, or parallel coordinates."""

from __future__ import annotations

from typing import Any

import pandas as pd


def surface(table: pd.DataFrame, parameters: tuple[str, ...], metric: str) -> Any:
    """Plotly figure of a sweep's table.

    Args:
        table: a row each combination. parameters: its parameter columns. metric: the column shown.
    """
    import plotly.graph_objects as go

    values = table[metric].astype(float)
    # diverging around zero, blue above: what loses and what gains must not look alike
    reach = float(values.abs().max()) or 1.0
    colours = {
        "colorscale": "RdBu",
        "cmid": 0.0,
        "cmin": -reach,
        "cmax": reach,
        "colorbar": {"title": metric},
    }
    if len(parameters) == 1:
        figure = go.Figure(
            go.Scatter(x=table[parameters[0]], y=values, mode="lines+markers", line_color="#0072B2")
        )
        figure.update_layout(xaxis_title=parameters[0], yaxis_title=metric)
    elif len(parameters) == 2:
        across, up = parameters
        grid = table.pivot(index=up, columns=across, values=metric).astype(float)
        names = {
            "zmid": 0.0,
            "zmin": -reach,
            "zmax": reach,
            "colorscale": "RdBu",
            "colorbar": {"title": metric},
        }
        hover = f"{across} %{{x}}<br>{up} %{{y}}<br>{metric} %{{z:.3f}}<extra></extra>"
        figure = go.Figure(
            go.Heatmap(
                x=list(grid.columns), y=list(grid.index), z=grid.to_numpy(), hovertemplate=hover, **names
            )
        )
        figure.update_layout(xaxis_title=across, yaxis_title=up)
    else:
        axes = [_axis(table[name], name) for name in parameters] + [{"label": metric, "values": values}]
        figure = go.Figure(go.Parcoords(dimensions=axes, line={"color": values, **colours}))
    figure.update_layout(template="plotly_white", title=f"{metric} over {' × '.join(parameters)}")
    return figure


def _axis(column: pd.Series, name: str) -> dict[str, Any]:
    if pd.api.types.is_numeric_dtype(column):
        return {"label": name, "values": column}
    codes, kinds = pd.factorize(column)
    return {
        "label": name,
        "values": codes,
        "tickvals": list(range(len(kinds))),
        "ticktext": [str(k) for k in kinds],
    }
