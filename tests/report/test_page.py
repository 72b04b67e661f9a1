from __future__ import annotations

from html.parser import HTMLParser

import pandas as pd
import pytest

from fxlab.report.page import Html, bullets, escaped, figure, folded, page, paragraph, table, write_whole


class Tags(HTMLParser):
    """Counts open tags and fails on one that closes another."""

    VOID = frozenset({"meta", "br", "img", "link", "input", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict]] = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> closes another tag"


def test_text_is_escaped_and_marked_html_is_not():
    assert escaped("<b>&") == "&lt;b&gt;&amp;"
    assert escaped(Html("<b>")) == "<b>"
    assert bullets(["<i>"]) == "<ul><li>&lt;i&gt;</li></ul>" and bullets([]) == ""


def test_blank_lines_part_paragraphs():
    assert paragraph("one\n\ntwo <") == "<p>one</p><p>two &lt;</p>"


def test_a_table_has_scoped_headings_and_numbers_to_the_right():
    frame = pd.DataFrame({"n": [1.5, float("nan")], "<w>": ["a", "<b>"]}, index=["x", "<y>"])
    html = table(frame, "caption", decimals={"n": 3}, marked=["x"])
    assert '<th scope="col" class="n">n</th>' in html
    assert '<tr class="marked"><th scope="row">x</th><td class="n">1.500</td><td>a</td></tr>' in html
    assert '<th scope="row">&lt;y&gt;</th><td class="n">–</td><td>&lt;b&gt;</td>' in html
    assert 'aria-label="caption"' in html and 'tabindex="0"' in html


def test_a_table_may_leave_its_index_out():
    html = table(pd.DataFrame({"a": [1]}), "caption", with_index=False)
    assert 'scope="row"' not in html and html.count("<th ") == 1


def test_a_long_table_scrolls_in_a_box():
    assert 'class="scroll long"' in table(pd.DataFrame({"a": range(61)}), "c")
    assert 'class="scroll"' in table(pd.DataFrame({"a": range(60)}), "c")


def test_figures_carry_a_label_a_caption_and_no_script_of_their_own_address():
    import plotly.graph_objects as go

    times = pd.DatetimeIndex(["2017-01-01", "2017-01-02"]).to_numpy().astype("datetime64[s]")
    plot = go.Figure(go.Scatter(x=times, y=[1, 2], name="</script><b>"))
    html = figure(plot, "figure-1", 'a "caption"')
    assert 'aria-label="a &quot;caption&quot;"' in html and "<figcaption>" in html
    assert 'id="figure-1"' in html and "http" not in html
    assert html.count("</script>") == 1  # the name's is written as \u003c
    assert plot.data[0].x[0] == times[0]  # the figure that was given keeps its times


def test_the_document_is_whole_and_asks_no_server():
    html = page(
        "<t>", Html("<h1>x</h1>"), [("A & B", paragraph("p")), ("C", folded("s", Html("<p>q</p>")))], Html("")
    )
    assert html.startswith("<!DOCTYPE html>") and '<html lang="en">' in html
    assert "<title>&lt;t&gt;</title>" in html
    assert '<a href="#section-1">A &amp; B</a>' in html and '<h2 id="section-2">C</h2>' in html
    tags = Tags()
    tags.feed(html)
    assert tags.open == []
    assert not [attrs for _, attrs in tags.seen if "src" in attrs]
    assert all(attrs["href"].startswith("#") for _, attrs in tags.seen if "href" in attrs)
    policy = next(a["content"] for t, a in tags.seen if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy and "http" not in policy and "unsafe-eval" not in policy


def test_a_write_that_breaks_leaves_the_old_page_and_no_litter(tmp_path, monkeypatch):
    path = write_whole(tmp_path / "new" / "page.html", "old")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert [one.name for one in path.parent.iterdir()] == ["page.html"]
