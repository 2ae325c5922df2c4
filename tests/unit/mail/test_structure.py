"""The tree of parts is the standards' first; whatever another client may see follows as alternatives."""

from __future__ import annotations

import time

import pytest

from lazaretto.mail.limits import Limits
from lazaretto.mail.scanner import view_of
from lazaretto.mail.view import MessageView
from tests.unit.detect.malware.containers import a_binhex_text

PAYLOAD = b"PK\x03\x04 the payload that must be found wherever it hides"
ENCODED = b"UEsDBCB0aGUgcGF5bG9hZCB0aGF0IG11c3QgYmUgZm91bmQgd2hlcmV2ZXIgaXQgaGlkZXM="
ATTACHED = (
    b"Content-Type: application/zip; name=x.zip\nContent-Transfer-Encoding: base64\n"
    b"Content-Disposition: attachment; filename=x.zip\n\n" + ENCODED + b"\n"
)


def found(view: MessageView) -> bool:
    return any(PAYLOAD in part.decoded() for part in view.parts if not part.is_container)


def multipart(content_type: bytes, boundary: bytes = b"b") -> bytes:
    return (
        b"From: a@x.example\nContent-Type: "
        + content_type
        + b"\n\npreamble\n--"
        + boundary
        + b"\nContent-Type: text/plain\n\nhello\n--"
        + boundary
        + b"\n"
        + ATTACHED
        + b"--"
        + boundary
        + b"--\nepilogue\n"
    )


def nested(depth: int) -> bytes:
    octets = b""
    for level in range(depth):
        octets += b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
    return octets + b"\n\ndeep\n"


def test_an_honest_tree_is_read_with_places() -> None:
    octets = multipart(b"multipart/mixed; boundary=b")

    view = view_of(octets)

    assert [(part.path, part.content_type) for part in view.parts] == [
        ("1", "multipart/mixed"),
        ("1.1", "text/plain"),
        ("1.2", "application/zip"),
    ]
    text, attachment = view.leaves
    assert octets[text.offset : text.end] == b"hello"
    assert attachment.decoded() == PAYLOAD
    assert view.attachments == (attachment,)
    assert view.anomalies == ()


@pytest.mark.parametrize("end", [pytest.param(b"\r\n", id="CRLF"), pytest.param(b"\n", id="LF")])
def test_nested_messages_are_descended_into(end: bytes) -> None:
    inner = multipart(b"multipart/mixed; boundary=b")
    octets = (b"Content-Type: message/rfc822\n\n" + inner).replace(b"\n", end)

    view = view_of(octets)

    assert [part.path for part in view.parts] == ["1", "1.1", "1.1.1", "1.1.2"]
    assert found(view)


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(multipart(b"multipart/mixed; boundary=x; boundary=b"), id="second boundary"),
        pytest.param(multipart(b"multipart/mixed; boundary*=''b"), id="RFC 2231"),
        pytest.param(multipart(b"multipart/mixed; boundary=(x)b"), id="comment"),
        pytest.param(multipart(b'multipart/mixed; boundary="b'), id="open quote"),
        pytest.param(multipart(b"multipart/mixed"), id="no boundary"),
        pytest.param(multipart(b"text/plain; boundary=b"), id="not called multipart"),
        pytest.param(multipart(b"multipart; boundary=b"), id="no subtype"),
        pytest.param(multipart(b"text/plain\nContent-Type: multipart/mixed; boundary=b"), id="second type"),
        pytest.param(multipart(b"multipart/mixed; boundary=b", b"bX"), id="boundary a prefix"),
        pytest.param(
            multipart(b"multipart/mixed; boundary=b").replace(b"--b\nC", b"--c\nC"), id="other boundary"
        ),
        pytest.param(multipart(b"multipart/mixed; boundary=b").replace(b"--b--\n", b""), id="no end"),
        pytest.param(
            multipart(b"multipart/mixed; boundary=b").replace(b"hello", b"hello\n--b--"), id="after the end"
        ),
        pytest.param(
            multipart(b"multipart/mixed; boundary=b").replace(b"\n--", b"\n\r--"), id="carriage returns"
        ),
        pytest.param(
            multipart(b"multipart/mixed; boundary=b").replace(b"base64", b"x-base64"), id="unknown encoding"
        ),
        pytest.param(
            multipart(b"multipart/mixed; boundary=b").replace(
                b"base64", b"7bit\nContent-Transfer-Encoding: base64"
            ),
            id="second encoding",
        ),
        pytest.param(
            multipart(b"multipart/mixed; boundary=b").replace(b": base64", b" base64"), id="no colon"
        ),
        pytest.param(
            multipart(b"multipart/mixed; boundary=b").replace(b": base64", b":\n base64"), id="folded"
        ),
        pytest.param(
            multipart(b"multipart/mixed; boundary=b").replace(b"\n" + ENCODED, ENCODED), id="no empty line"
        ),
        pytest.param(
            multipart(b"multipart/mixed; boundary=b").replace(b"-Type: app", b"\nContent-Type: app"), id="odd"
        ),
        pytest.param(b"Subject: x\n\n" + ATTACHED, id="fields in the body"),
        pytest.param(
            multipart(b"multipart/mixed; boundary=b").replace(
                b"\n--b\nContent-Type: app", b" --b\nContent-Type: app"
            ),
            id="a delimiter in the middle of a line",
        ),
        pytest.param(
            multipart(b"multipart/mixed; boundary=b").replace(
                b"--b\nContent-Type: app", b"--bX\n" + b"X-Y: z\n" * 40 + b"junk\nContent-Type: app"
            ),
            id="many fields behind a boundary that continues another",
        ),
        pytest.param(
            multipart(b"multipart/mixed; boundary=b").replace(
                b"--b\nContent-Type: app", b"--b--\nContent-Type: app"
            ),
            id="behind the end itself",
        ),
        pytest.param(
            multipart(b"multipart/mixed; boun\0dary=b").replace(
                b"--b\nContent-Type: app", b"-\0-b\nContent-T\0ype: app"
            ),
            id="zeros, which some drop",
        ),
        pytest.param(
            multipart(b"multipart/mixed; boundary=b")
            .replace(
                b"Content-Transfer-Encoding: base64",
                b"Content-Transfer-Encoding: 7bit\n" * 12 + b"Content-Transfer-Encoding: base64",
            )
            .replace(
                ENCODED, b"  " + b" ".join(ENCODED[place : place + 4] for place in range(0, len(ENCODED), 4))
            ),
            id="the last of many encodings",
        ),
        pytest.param(
            b"Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: quoted-printable\n\n"
            b"--b\n\nhello\n=2D-b\n" + ATTACHED.replace(b"=", b"=3D") + b"--b--\n",
            id="a multipart with more delimiters once it is decoded",
        ),
        pytest.param(
            b"Content-Type: multipart/mixed; boundary=b\n\n--b\n"
            b"Content-Type: multipart/mixed; boundary=c\n\n--c\n"
            + ATTACHED.replace(ENCODED, ENCODED[:40] + b"\n--b\n" + ENCODED[40:])
            + b"--c--\n--b--\n",
            id="a part that goes on behind the end of the multipart around it",
        ),
        pytest.param(
            b"Content-Type: message/rfc822\nContent-Transfer-Encoding: x-uuencode\n\nSubject: x\n" + ATTACHED,
            id="a message that is not encoded as it says",
        ),
        pytest.param(
            b"Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n"
            + (b"Subject: x\n" + ATTACHED).replace(b"=", b"=3D").replace(b"\n", b"=0D"),
            id="an encoded message whose lines end in carriage returns",
        ),
        pytest.param(
            b"Content-Transfer-Encoding: 8bit\n\n" + ENCODED[:40] + b"\n" + ENCODED[40:], id="unlabelled"
        ),
    ],
)
def test_a_payload_is_found_wherever_a_client_may_find_it(octets: bytes) -> None:
    assert found(view_of(octets))


@pytest.mark.parametrize(
    ("octets", "name"),
    [
        pytest.param(
            multipart(b"multipart/mixed; boundary=x; boundary=b") + b"\n--x\n\nother\n--x--\n",
            "AMBIGUOUS_BOUNDARY",
            id="two boundaries that both occur",
        ),
        pytest.param(
            multipart(b"text/plain; boundary=b"), "AMBIGUOUS_CONTENT_TYPE", id="plain text with parts"
        ),
        pytest.param(
            multipart(b"multipart/mixed; boundary=b").replace(
                b"hello", b"hello\n--bX\nContent-Type: text/html\n\nx"
            ),
            "HIDDEN_PART",
            id="a boundary that continues another",
        ),
        pytest.param(
            multipart(b"multipart/mixed; boundary=b").replace(b"base64", b"quoted-printable, base64"),
            "CONFLICTING_ENCODING",
            id="two encodings",
        ),
        pytest.param(b"From: a@x.example\nFrom: b@y.example\n\nx", "DUPLICATE_FROM", id="two authors"),
    ],
)
def test_what_no_honest_program_writes_is_ambiguous(octets: bytes, name: str) -> None:
    view = view_of(octets)

    assert name in [anomaly.name for anomaly in view.anomalies if anomaly.ambiguous]
    assert view.is_ambiguous


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"From: a@x.example\n\n--\nA signature\n", id="signature"),
        pytest.param(b"From: a@x.example\n\n> --b\n> Content-Type: text/plain\n", id="quoted mail"),
        pytest.param(b"From: a@x.example\n\n--b\nContent-Type: text/plain\n\nx\n--b--\n", id="pasted source"),
        pytest.param(b"From: a@x.example\n\n--- a/x\n+++ b/x\n", id="patch"),
        pytest.param(multipart(b"multipart/mixed; boundary=b").replace(b"--b--\n", b""), id="end cut off"),
        pytest.param(multipart(b"multipart/mixed; boundary=nowhere"), id="boundary missing"),
        pytest.param(
            multipart(b"multipart/mixed; boundary=b").replace(b"base64", b"base64;"), id="semicolon"
        ),
    ],
)
def test_what_honest_programs_write_is_not_ambiguous(octets: bytes) -> None:
    assert not view_of(octets).is_ambiguous


def test_files_in_text_are_parts() -> None:
    uuencoded = b"begin 644 a.txt\n#86)C\n`\nend\n"
    octets = b"From: a@x.example\n\nhello\n" + uuencoded + b"=ybegin line=9 size=1 name=b\n\x8b\n=yend\n"

    inner = [part for part in view_of(octets).parts if part.is_alternative]

    assert [(part.names[0], part.decoded()) for part in inner] == [("a.txt", b"abc"), ("b", b"a")]


def test_stray_carriage_returns_go_on_as_spaces() -> None:
    octets = b"From: a@x.example\r\n\r\nhello\r\nbegin 644 a.txt\r\r\n#86)C\r\r\n`\r\r\nend\r\n"

    inner = [part for part in view_of(octets).parts if part.names]

    assert [(part.names[0], part.decoded()) for part in inner] == [("a.txt", b"abc")]


def test_a_file_in_a_text_may_have_a_long_name() -> None:
    octets = b"From: a@x.example\n\nhello\nbegin 644 " + b"a" * 400 + b".exe\n#86)C\n`\nend\n"

    (inner,) = (part for part in view_of(octets).parts if part.is_alternative)

    assert inner.names[0].endswith("a.exe")
    assert inner.decoded() == b"abc"


def test_what_is_declared_as_binhex_needs_no_sentence() -> None:
    text = a_binhex_text(PAYLOAD)
    octets = b"Content-Type: application/mac-binhex40\n\n" + text[text.index(b":") :]

    assert found(view_of(octets))


@pytest.mark.parametrize(
    "place", [pytest.param(b"preamble", id="before"), pytest.param(b"epilogue", id="after")]
)
def test_what_is_outside_all_parts_is_looked_at(place: bytes) -> None:
    hidden = b"\n".join((ENCODED[:36], ENCODED[36:72], ENCODED[:36], ENCODED[36:72]))
    octets = multipart(b"multipart/mixed; boundary=b").replace(b"\n" + ENCODED, b"\nQUJD")

    view = view_of(octets.replace(place, hidden))

    assert any(part.decoded().startswith(PAYLOAD) for part in view.parts)
    assert len(view.leaves) == 2


@pytest.mark.parametrize(
    ("octets", "limits", "name"),
    [
        pytest.param(nested(120), Limits(), "LIMIT_DEPTH", id="depth"),
        pytest.param(
            b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 3_000,
            Limits(),
            "LIMIT_PARTS",
            id="parts",
        ),
        pytest.param(
            b"Content-Type: a/b" + b"; c=d" * 200 + b"\n\n", Limits(), "LIMIT_PARAMETERS", id="parameters"
        ),
        pytest.param(
            b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--\n" * 50,
            Limits(delimiters=40),
            "LIMIT_DELIMITERS",
            id="delimiters",
        ),
        pytest.param(b"\n" + b"word " * 200_000, Limits(), "LIMIT_TEXT", id="text"),
        pytest.param(
            b"Content-Transfer-Encoding: base64\n\n" + b"QUJD!\n" * 1_500_000,
            Limits(),
            "LIMIT_READINGS",
            id="readings",
        ),
        pytest.param(
            multipart(b"multipart/mixed; boundary=b").replace(
                b"--b\nContent-Type: app", b"--bX\nX-Y: " + b"z" * 70_000 + b"\nContent-Type: app"
            ),
            Limits(),
            "LIMIT_READINGS",
            id="a long header behind a boundary that continues another",
        ),
        pytest.param(b"\n" + b"http://x.example/%d\n" * 9, Limits(urls=1), "LIMIT_URLS", id="urls"),
        pytest.param(
            b"From: " + b"a@b.example, " * 3_000 + b"\n\n", Limits(), "LIMIT_MAILBOXES", id="mailboxes"
        ),
    ],
)
def test_a_bound_that_is_reached_is_an_anomaly(octets: bytes, limits: Limits, name: str) -> None:
    assert name in [anomaly.name for anomaly in view_of(octets, limits).anomalies]


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(nested(5_000), id="nesting"),
        pytest.param(
            b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 200_000, id="delimiters"
        ),
        pytest.param(
            b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--c\nContent-Type: x/y\n\n" * 40_000,
            id="hidden",
        ),
        pytest.param(
            b"\n" + b"".join(b"--%d\nContent-Type: x/y\n" % (n * 7919 % 100_003) for n in range(40_000)),
            id="overlapping",
        ),
        pytest.param(b"x\n" * 400_000 + b"Subject: y\n\n", id="junk in the header"),
        pytest.param((b"Content-Type: message/rfc822\n\n") * 30_000, id="messages"),
        pytest.param(b"\n" + b"begin 644 x\n" * 100_000, id="uuencode"),
        pytest.param(b"Content-Transfer-Encoding: base64\n\n" + b"A=\n\n" * 250_000, id="base64"),
        pytest.param(b"A" * 1_000_000, id="one line"),
        pytest.param(b":" * 1_000_000, id="colons"),
        pytest.param(b"\n\r" * 500_000, id="line ends"),
        pytest.param(b"From: " + b"<" * 1_000_000, id="brackets"),
        pytest.param(b"a: b\n" * 200_000, id="fields"),
        pytest.param(b"Content-Type: text/html\n\n" + b"<div>" * 200_000, id="markup"),
    ],
)
def test_hostile_structure_takes_little_time(octets: bytes) -> None:
    begun = time.process_time()

    view = view_of(octets)
    view.anomalies  # noqa: B018
    [part.names for part in view.parts]

    assert time.process_time() - begun < 4
