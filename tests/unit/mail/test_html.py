"""What HTML shows, what it hides and where it leads."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazaretto.mail.html import html_view, within_bounds
from lazaretto.mail.urls import Found


@pytest.mark.parametrize(
    "hiding",
    [
        pytest.param('<span style="display:none">secret</span>', id="display"),
        pytest.param('<span style="DISPLAY : NONE !important">secret</span>', id="upper case"),
        pytest.param('<span style="display:/**/none">secret</span>', id="comment in the style"),
        pytest.param('<span style="d\\69splay:none">secret</span>', id="escape in the style"),
        pytest.param('<span style="visibility:hidden">secret</span>', id="visibility"),
        pytest.param('<span style="font-size:0px">secret</span>', id="size nought"),
        pytest.param('<span style="font-size:1px">secret</span>', id="tiny"),
        pytest.param('<span style="opacity:0.0">secret</span>', id="transparent"),
        pytest.param('<div style="max-height:0;overflow:hidden">secret</div>', id="no height"),
        pytest.param('<div style="text-indent:-9999px">secret</div>', id="far away"),
        pytest.param('<div style="mso-hide:all">secret</div>', id="hidden from Outlook"),
        pytest.param("<p hidden>secret</p>", id="attribute"),
        pytest.param('<font color="#fff">secret</font>', id="white on white"),
        pytest.param('<span style="color:#fefefe">secret</span>', id="nearly white"),
        pytest.param(
            '<div style="background:navy"><b style="color:#000080">secret</b></div>', id="navy on navy"
        ),
        pytest.param("<style>.x{display:none}</style><b class=x>secret</b>", id="style sheet"),
        pytest.param('<div style="display:none"><p><b>secret</b></p></div>', id="deep inside"),
    ],
)
def test_hidden_text_is_not_visible(hiding: str) -> None:
    view = html_view(f"<table><tr><td>Hello</td></tr></table>{hiding}<p>Bob</p>")

    assert "secret" in view.hidden
    assert "secret" not in view.visible
    assert "Hello" in view.visible
    assert "Bob" in view.visible


@pytest.mark.parametrize(
    "showing",
    [
        pytest.param(
            '<div style="background:#000"><b style="color:#fff">words</b></div>', id="white on black"
        ),
        pytest.param(
            '<div style="background:url(x)"><b style="color:#fff">words</b></div>', id="white on a picture"
        ),
        pytest.param('<span style="font-size:10px">words</span>', id="small"),
        pytest.param(
            '<div style="font-size:0"><p style="font-size:13px">words</p></div>', id="size given back"
        ),
        pytest.param(
            '<style>.x{font-size:0}</style><div class=x><p style="font-size:13px">words</p></div>',
            id="against a sheet",
        ),
        pytest.param(
            '<style>.x{display:none}</style><b class=x style="display:block">words</b>',
            id="shown against a sheet",
        ),
        pytest.param('<p style="color:#fff"><b style="color:#333">words</b></p>', id="colour given back"),
        pytest.param(
            '<p style="visibility:hidden"><b style="visibility:visible">words</b></p>',
            id="visibility given back",
        ),
        pytest.param('<span style="opacity:0.9">words</span>', id="nearly opaque"),
        pytest.param(
            "<style>@media screen{.x{display:none}}</style><b class=x>words</b>", id="some media only"
        ),
    ],
)
def test_what_can_be_read_is_visible(showing: str) -> None:
    assert html_view(showing).visible == "words"


def test_scripts_styles_and_comments_are_no_text() -> None:
    view = html_view(
        "<title>T</title>a<script>s()</script><style>x{}</style><!-- note -->b<script src=u></script>"
    )

    assert (view.visible, view.title, view.scripts) == ("ab", "T", ("s()", "u"))
    assert "note" in view.comments


def test_blocks_part_lines() -> None:
    assert html_view("<p>one</p><div>two<br>three</div>&nbsp;four").visible == "one\ntwo\nthree\nfour"


def test_links_know_what_is_shown() -> None:
    view = html_view(
        '<a href="http://x.example"><b>your</b> bank</a><a href=y><img src=i alt="logo"></a><a name=z>n</a>'
    )

    assert [(link.target, link.shown) for link in view.links] == [
        ("http://x.example", "your bank"),
        ("y", "logo"),
    ]
    assert [(image.target, image.shown) for image in view.images] == [("i", "logo")]


def test_what_loads_or_moves_by_itself_is_embedded() -> None:
    view = html_view(
        '<base href="http://b.example"><meta http-equiv=Refresh content="0; url=http://r.example">'
        "<iframe src=f></iframe><object data=o></object><body onload=x()>"
    )

    assert [(link.target, link.kind) for link in view.embedded] == [
        ("http://b.example", Found.REDIRECT),
        ("http://r.example", Found.REDIRECT),
        ("f", Found.EMBEDDED),
        ("o", Found.EMBEDDED),
    ]
    assert view.has_handlers


def test_forms_tell_what_they_ask_for() -> None:
    view = html_view("<form action=http://x.example><input type=Password><input name=n></form>")

    assert [(form.action, form.inputs) for form in view.forms] == [
        ("http://x.example", ("password", "input"))
    ]


@settings(max_examples=50)
@given(st.text(st.sampled_from("<>ab/='\" &#;!-"), max_size=200))
def test_nothing_raises(source: str) -> None:
    html_view(source)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("<div>" * 60_000, id="deep"),
        pytest.param("<p>x" * 60_000, id="wide"),
        pytest.param("<b style='color:#fff'>" * 20_000, id="formatting"),
        pytest.param("<!--" * 60_000, id="comments"),
        pytest.param("&amp" * 60_000, id="entities"),
        pytest.param("<style>" + "{" * 200_000, id="sheet"),
    ],
)
def test_a_bomb_takes_little_time(source: str) -> None:
    begun = time.process_time()

    html_view(within_bounds(source, 1 << 20))

    assert time.process_time() - begun < 2
