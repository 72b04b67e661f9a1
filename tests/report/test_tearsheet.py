from __future__ import annotations

import dataclasses
import re

import pandas as pd
import pytest

import fxlab as fx
from fxlab.report import Html, comparison, equity_and_drawdown, verdict, write_comparison, write_report
from fxlab.report.wording import told

SINGLE = ["Equity and drawdown", "Positions", "Trades", "Costs", "Monthly returns"]
LAST = ["Every figure", "How it was run"]


@pytest.fixture(scope="module")
def pages(runs, crossing, tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("pages")
    frame = pd.DataFrame({"checked": ["features"], "outcome": ["clean <ok>"]})
    sections = [
        ("Data check", "All bars in order & whole."),
        ("Look-ahead", frame),
        ("Curve", equity_and_drawdown(crossing)),
        ("Settings <x>", {"window": 24, "none": None}),
        ("Mixed", [Html("<p>a <b>bold</b> word</p>"), "plain <b>"]),
    ]
    one = write_report(crossing, folder / "one.html")
    many = write_comparison(runs, folder / "many.html", title="Three runs", sections=sections)
    assert one == folder / "one.html"
    return {"one": one.read_text("utf-8"), "many": many.read_text("utf-8")}


def headings(html: str) -> list[str]:
    return re.findall(r'<h2 id="section-\d+">(.*?)</h2>', html)


def without_plotly(html: str) -> str:
    """The page without plotly's own script, which mentions addresses of its documentation."""
    from plotly.offline import get_plotlyjs

    script = get_plotlyjs()
    assert html.count(script) == 1
    return html.replace(script, "")


def test_a_run_has_every_section(pages):
    assert headings(pages["one"]) == [*SINGLE, *LAST]


def test_a_comparison_has_its_table_first_and_further_sections_before_the_settings(pages):
    extra = ["Data check", "Look-ahead", "Curve", "Settings &lt;x&gt;", "Mixed"]
    assert headings(pages["many"]) == ["Comparison", *SINGLE, *extra, *LAST]


def test_further_sections_are_shown_as_what_they_are(pages):
    html = pages["many"]
    assert "<p>All bars in order &amp; whole.</p>" in html
    assert "<td>clean &lt;ok&gt;</td>" in html
    assert '<th scope="row">window</th><td>24</td>' in html
    assert "<p>a <b>bold</b> word</p><p>plain &lt;b&gt;</p>" in html


def test_the_verdict_opens_the_page(pages, crossing):
    judged = verdict(crossing)
    head = pages["one"].split("<nav")[0]
    assert f"<p>{judged.sentence}</p>" in head
    for line in judged.evidence:
        assert f"<li>{line}</li>" in head.replace("&#x27;", "'")


def test_every_figure_of_the_run_is_on_the_page(pages, crossing):
    for label, value in crossing.stats().items():
        assert f'<th scope="row">{label}</th><td class="n">{told(value)}</td>' in pages["one"]


def test_the_comparison_table_tells_the_numbers_of_the_runs(pages, runs):
    row = re.search(r'<th scope="row">Cross</th>(.*?)</tr>', pages["many"]).group(1)
    cells = re.findall(r"<td.*?>(.*?)</td>", row)
    stats = runs["Cross"].stats()
    assert cells[:3] == [told(stats[k]) for k in ("Return [%]", "Max drawdown [%]", "Sharpe ratio")]
    assert told(stats["Trades"]) in cells and told(stats["Costs [USD]"]) in cells


def test_a_flat_run_reads_a_dash_for_its_sharpe_ratio(pages):
    row = re.search(r'<th scope="row">Flat</th>(.*?)</tr>', pages["many"]).group(1)
    assert re.findall(r"<td.*?>(.*?)</td>", row)[2] == "–"


def test_how_it_was_run_can_be_read_off(pages, crossing):
    html = pages["one"]
    for text in (crossing.info["data"], fx.__version__, *crossing.info["notes"], "EURUSD −0.60; 0.30"):
        assert text in html
    assert "Research, not advice." in html


def test_trades_are_listed_latest_first_up_to_the_limit(crossing, tmp_path, monkeypatch):
    monkeypatch.setattr("fxlab.report.tearsheet.MAX_TRADES", 5)
    html = write_report(crossing, tmp_path / "page.html").read_text("utf-8")
    n = len(crossing.trades)
    assert f"ma_cross: {n} closed trades, the last 5 listed" in html
    body = re.search(r'aria-label="Trades of ma_cross, latest first".*?<tbody>(.*?)</tbody>', html).group(1)
    times = re.findall(r'<td class="t">(.*?)</td>', body)[1::2]
    latest = crossing.trades["exit_time"].iloc[:-6:-1]
    assert times == [f"{time:%Y-%m-%d %H:%M}" for time in latest]


def test_a_name_cannot_run_as_script(crossing, flat, tmp_path):
    evil = "<script>alert(1)</script>"
    run = dataclasses.replace(crossing, info={**crossing.info, "strategy": evil, "params": {evil: evil}})
    alone = write_report(run, tmp_path / "a.html", subtitle=evil).read_text("utf-8")
    several = write_comparison(
        {evil: run, "flat": flat}, tmp_path / "b.html", title=evil, sections=[(evil, evil)]
    ).read_text("utf-8")
    assert "<script>alert" not in alone and "&lt;script&gt;alert(1)" in alone
    assert "<script>alert" not in several and "&lt;script&gt;alert(1)" in several


def test_the_page_loads_nothing_from_anywhere(pages):
    for html in pages.values():
        rest = without_plotly(html)
        assert not re.search(r"https?:", rest)
        assert not re.search(r"<(link|img|iframe|object|embed)\b|@import|url\(", rest)
        assert not re.search(r"<script[^>]+>", rest)  # every script is inline, without a src
        assert "Content-Security-Policy" in rest


def test_the_page_is_of_reasonable_size(pages):
    assert all(4e6 < len(html.encode()) < 6e6 for html in pages.values())


def test_the_same_run_writes_the_same_bytes(crossing, tmp_path):
    first, second = (crossing.report(tmp_path / name).read_bytes() for name in ("a.html", "b.html"))
    assert first == second


def test_flat_and_short_runs_have_pages_too(flat, bars, tmp_path):
    for n, run in enumerate([flat, fx.backtest(1.0, bars[:3])]):
        html = write_report(run, tmp_path / f"{n}.html").read_text("utf-8")
        assert headings(html) == [*SINGLE, *LAST]


def test_runs_of_several_pairs_are_drawn_and_the_rest_is_named(tmp_path):
    symbols = ["EURUSD", "USDJPY", "GBPUSD", "USDCHF", "AUDUSD"]
    run = fx.backtest(0.2, fx.load_bars(symbols, source="ecb", start="2019", end="2019-06"))
    html = write_report(run, tmp_path / "page.html").read_text("utf-8")
    assert "USDCHF: entries and exits on the mid close" in html
    assert "Not drawn: AUDUSD." in html


def test_a_verdict_that_was_given_is_the_one_told(runs, tmp_path):
    judged = dataclasses.replace(verdict(runs), sentence="As judged before.")
    html = write_comparison(runs, tmp_path / "page.html", judged=judged).read_text("utf-8")
    assert "<p>As judged before.</p>" in html


def test_a_comparison_holds_runs_verdict_and_page(runs, tmp_path):
    compared = comparison(runs, seed=1)
    assert compared.table.equals(verdict(runs, seed=1).table)
    assert len(compared.plot().data) == 6
    html = compared.write(tmp_path / "page.html", title="Mine", subtitle="below").read_text("utf-8")
    assert "<h1>Mine</h1>" in html and compared.verdict.sentence in html


def test_content_that_cannot_be_shown_is_named(crossing, tmp_path):
    with pytest.raises(TypeError, match="section 'Odd' holds a int; pass text, Html, a figure"):
        write_report(crossing, tmp_path / "page.html", sections=[("Odd", 5)])
    assert not (tmp_path / "page.html").exists()


def test_no_runs_make_no_page(tmp_path):
    with pytest.raises(ValueError, match="there are no runs"):
        write_comparison({}, tmp_path / "page.html")


def test_importing_the_room_leaves_plotly_alone():
    import subprocess
    import sys

    code = "import fxlab.report, sys; sys.exit('plotly' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
