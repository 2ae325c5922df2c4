"""Text that is added to a body is read by clients, and everything that was there is read as before."""

from __future__ import annotations

import base64
import quopri
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazaretto.mail.bodies import readable_bodies
from lazaretto.mail.inserting import End, folded_for_comparison, inserted
from lazaretto.mail.scanner import view_of
from lazaretto.mail.splicing import splice

NOTE = "Légende: à bientôt\nsecond line, with = and . and - signs that goes on and on and on until it is long"


def a_message(body: bytes, kind: str, encoding: str, charset: str, line_end: bytes) -> bytes:
    header = f"From: a@a.example\nContent-Type: {kind}; charset={charset}\n"
    header += f"Content-Transfer-Encoding: {encoding}\nMIME-Version: 1.0\n\n"
    if encoding == "base64":
        body = base64.encodebytes(body)
    elif encoding == "quoted-printable":
        body = quopri.encodestring(body)
    return (header.encode() + body).replace(b"\r\n", b"\n").replace(b"\n", line_end)


def with_note(octets: bytes, end: End, note: str = NOTE) -> bytes:
    view = view_of(octets)
    (part,) = readable_bodies(view)
    change = inserted(part, note, end, view.line_end)
    assert change is not None
    return b"".join(splice(octets, (change,)))


def lines_of(octets: bytes) -> list[str]:
    text = view_of(octets).leaves[0].text()
    return [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]


TEXTS = st.text(
    st.characters(max_codepoint=0x24F, blacklist_categories=("Cs", "Cc", "Zl", "Zp")), max_size=200
)


@settings(deadline=None, max_examples=150)
@given(
    body=st.lists(TEXTS, max_size=6).map("\n".join),
    encoding=st.sampled_from(["8bit", "base64", "quoted-printable"]),
    end=st.sampled_from(list(End)),
    line_end=st.sampled_from([b"\r\n", b"\n"]),
)
def test_plain_text_keeps_its_lines_and_gets_ours(
    body: str, encoding: str, end: End, line_end: bytes
) -> None:
    octets = a_message(body.encode(), "text/plain", encoding, "utf-8", line_end)

    before, after = lines_of(octets), lines_of(with_note(octets, end))

    note = NOTE.split("\n")
    kept = [line for line in before if line]
    got = [line for line in after if line]
    assert got == ([*note, *kept] if end is End.TOP else [*kept, *note])


@settings(deadline=None, max_examples=150)
@given(
    inner=TEXTS.map(lambda text: text.replace("<", "").replace("&", "")),
    encoding=st.sampled_from(["8bit", "base64", "quoted-printable"]),
    end=st.sampled_from(list(End)),
)
def test_html_gets_ours_inside_its_body(inner: str, encoding: str, end: End) -> None:
    body = f'<html><head><title>x</title></head><BODY class="a"><p>{inner}</p></body></html>'
    octets = a_message(body.encode(), "text/html", encoding, "utf-8", b"\r\n")

    after = view_of(with_note(octets, end, "<p>Ours: é</p>")).leaves[0].text().replace("\r\n", "")

    expected = (
        f'<BODY class="a"><p>Ours: &#233;</p><p>{inner}</p></body>'
        if end is End.TOP
        else f'<BODY class="a"><p>{inner}</p><p>Ours: &#233;</p></body>'
    )
    assert expected in re.sub("</p> +<", "</p><", after.replace("\n", ""))


@pytest.mark.parametrize(
    ("charset", "encoding", "shown"),
    [
        ("us-ascii", "7bit", "Legende"),
        ("utf-8", "7bit", "Legende"),
        ("utf-8", "8bit", "Légende"),
        ("iso-8859-1", "8bit", "Légende"),
        ("iso-8859-1", "quoted-printable", "Légende"),
        ("koi8-r", "8bit", "Legende"),
    ],
)
def test_what_a_charset_cannot_say_is_said_in_ascii(charset: str, encoding: str, shown: str) -> None:
    octets = a_message(b"hello\n", "text/plain", encoding, charset, b"\r\n")

    assert shown in view_of(with_note(octets, End.BOTTOM)).text


def test_octets_outside_of_the_insertion_stay_as_they_are() -> None:
    octets = a_message(b"one\ntwo\n" * 50, "text/plain", "base64", "utf-8", b"\r\n")

    changed = with_note(octets, End.BOTTOM)

    assert changed.startswith(octets.rstrip(b"=\r\n")[:-4])


@pytest.mark.parametrize(
    "kind",
    [
        'multipart/signed; boundary=b; protocol="application/pkcs7-signature"',
        "multipart/encrypted; boundary=b",
    ],
)
def test_what_is_signed_or_encrypted_has_no_body_to_change(kind: str) -> None:
    octets = f"From: a@a.example\r\nContent-Type: {kind}\r\n\r\n--b\r\n\r\nhello\r\n--b--\r\n".encode()

    assert readable_bodies(view_of(octets)) == ()


def test_all_alternatives_are_the_body_and_attachments_are_not() -> None:
    octets = (
        b"From: a@a.example\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n"
        b"--o\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n"
        b"--i\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
        b"--i\r\nContent-Type: text/html\r\n\r\n<p>hello</p>\r\n--i--\r\n"
        b"--o\r\nContent-Type: text/plain; name=a.txt\r\n\r\nfile\r\n--o--\r\n"
    )

    assert [part.content_type for part in readable_bodies(view_of(octets))] == ["text/plain", "text/html"]


def test_quoting_and_wrapping_do_not_hide_a_text() -> None:
    assert folded_for_comparison("> Légende:\r\n> à bientôt") == folded_for_comparison("legende: a bientot")
