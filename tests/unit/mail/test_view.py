"""A view shows a message from every side and raises for none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazaretto.mail import octets as octets_module
from lazaretto.mail.filetype import FileType
from lazaretto.mail.octets import WindowedOctets
from lazaretto.mail.scanner import view_of
from lazaretto.mail.urls import Found
from lazaretto.mail.view import MessageView

NEWSLETTER = (
    b"Received: from somewhere\r\n"
    b"From: =?utf-8?q?J=C3=B6rg?= <joerg@shop.example>\r\n"
    b"To: bob@customer.example, Ann <ann@customer.example>\r\n"
    b"Subject: =?utf-8?b?w4lsaXNl?= writes\r\n"
    b"Message-ID: <1@shop.example>\r\n"
    b"Content-Type: multipart/mixed; boundary=m\r\n\r\n"
    b"--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n"
    b"--a\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"caf=C3=A9 at http://shop.example/now\r\n"
    b"--a\r\nContent-Type: text/html; charset=iso-8859-1\r\n\r\n"
    b"<p>caf\xe9</p><a href='https://shop.example/x'>here</a><i style='display:none'>viagra</i>\r\n"
    b"--a--\r\n"
    b"--m\r\nContent-Type: image/png; name=photo.png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    b"TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAAAAFBFAAA=\r\n"
    b"--m--\r\n"
)


def everything(view: MessageView) -> list[object]:
    return [
        [(field.name, field.offset, field.length, field.decoded) for field in view.header.fields],
        (view.subject, view.message_id, view.author, view.authors, view.line_end, view.mailboxes("to")),
        [(part.path, part.offset, part.length, part.content_type, part.names) for part in view.parts],
        [(part.decoded(), part.real_type, part.is_attachment) for part in view.parts],
        (view.text, view.texts, view.other_texts, view.html, view.urls, view.anomalies),
    ]


def test_a_newsletter_is_seen_from_every_side() -> None:
    view = view_of(NEWSLETTER)

    assert view.author is not None
    assert (view.author.display_name, str(view.author.address)) == ("Jörg", "joerg@shop.example")
    assert [str(box.address) for box in view.mailboxes("to")] == [
        "bob@customer.example",
        "ann@customer.example",
    ]
    assert (view.subject, view.message_id) == ("Élise writes", "<1@shop.example>")
    assert view.texts == ("café at http://shop.example/now",)
    assert (view.html.visible, view.html.hidden) == ("café\nhere", "viagra")
    assert [(url.host, url.found, url.shown) for url in view.urls] == [
        ("shop.example", Found.LINK, "here"),
        ("shop.example", Found.TEXT, ""),
    ]
    assert [(part.names, part.real_type) for part in view.attachments] == [(("photo.png",), FileType.PE)]
    assert view.anomalies == ()


def test_the_author_of_a_message_without_one_is_nobody() -> None:
    view = view_of(b"Subject: x\n\ny")

    assert view.author is None
    assert view.authors == ()


@pytest.mark.parametrize(
    ("header", "names"),
    [
        pytest.param(b'Content-Disposition: attachment; filename="a.txt"', ("a.txt",), id="plain"),
        pytest.param(
            b"Content-Type: a/b; name=b.exe\nContent-Disposition: attachment; filename=a.txt",
            ("a.txt", "b.exe"),
            id="two",
        ),
        pytest.param(
            b"Content-Disposition: attachment; filename*=utf-8''%e2%80%aetxt.exe",
            ("\u202etxt.exe", "txt.exe"),
            id="right to left",
        ),
        pytest.param(
            b'Content-Disposition: attachment; filename="=?utf-8?q?a=2Eexe?="', ("a.exe",), id="encoded word"
        ),
        pytest.param(
            b'Content-Disposition: attachment; filename="a.exe. . "',
            ("a.exe. . ", "a.exe"),
            id="dots at the end",
        ),
        pytest.param(
            b'Content-Disposition: attachment; filename="..\\\\x\\\\a.exe"',
            ("..\\x\\a.exe", "a.exe"),
            id="path",
        ),
        pytest.param(
            b"Content-Disposition: attachment; filename=a.exe:x.txt", ("a.exe:x.txt", "a.exe"), id="stream"
        ),
    ],
)
def test_every_name_is_a_candidate(header: bytes, names: tuple[str, ...]) -> None:
    part = view_of(header + b"\n\nx").parts[0]

    assert set(names) <= set(part.names)
    assert part.names[0] == names[0]
    assert part.is_attachment


def test_a_charset_may_stand_in_the_document() -> None:
    view = view_of(b"Content-Type: text/html\n\n<meta charset=koi8-r><p>" + "привет".encode("koi8-r"))

    assert view.text == "привет"


def test_text_that_only_some_clients_see_is_kept_apart() -> None:
    view = view_of(b"Content-Type: text/plain; charset=us-ascii\n\n+AGMAbABpAGMAaw- +AG4AbwB3-")

    assert view.texts == ("+AGMAbABpAGMAaw- +AG4AbwB3-",)
    assert view.other_texts == ("click now",)


_ALPHABET = st.sampled_from(
    [
        b"\n",
        b"\r\n",
        b"\r",
        b"--",
        b"b",
        b"--b",
        b"--b--",
        b":",
        b" ",
        b"\0",
        b"=",
        b"=?utf-8?q?a?=",
        b"<a href=x>",
        b"\xff",
        b"Content-Type: multipart/mixed; boundary=b\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Subject: x\n",
        b"Content-Type: message/rfc822\n\n",
        b"\n\n",
        b"QUJD",
        b"begin 644 x\n",
        b"From: a <a@b.example>\n",
        b"http://x.example",
        b"Content-Type: text/html\n\n",
        b"Content-Type: text/plain; charset=utf-16\n\n",
        b"Content-Disposition: attachment;",
    ]
)
_MESSAGES = st.one_of(st.binary(max_size=300), st.lists(_ALPHABET, max_size=40).map(b"".join))


@settings(max_examples=300, deadline=None)
@given(_MESSAGES)
def test_no_octets_raise_and_places_are_inside(octets: bytes) -> None:
    view = view_of(octets)

    everything(view)

    assert all(0 <= field.offset <= field.end <= len(octets) for field in view.header.fields)
    for part in view.parts:
        assert 0 <= part.offset <= part.end <= len(part.source)


@settings(max_examples=200, deadline=None)
@given(_MESSAGES)
def test_a_windowed_message_looks_the_same(octets: bytes) -> None:
    octets_module.WINDOW, before = 16, octets_module.WINDOW
    try:
        windowed = WindowedOctets(lambda at, length: octets[at : at + length], len(octets))
        assert everything(view_of(windowed)) == everything(view_of(octets))
    finally:
        octets_module.WINDOW = before
