"""Banners, disclaimers and attachments: valid MIME, untouched octets, twice no more than once."""

from __future__ import annotations

import base64
import io
import zipfile
from email import message_from_bytes
from email.message import Message
from email.policy import default
from types import SimpleNamespace

import pytest

from lazaretto.actions.carrying_out import Changes, changes
from lazaretto.actions.registry import actions
from lazaretto.core.decision import ActionOrder, Decision, Disposition
from lazaretto.core.envelope import Direction
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Verdict
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.mail.scanner import view_of
from lazaretto.mail.splicing import splice
from tests.unit.actions.test_carrying_out import FACTS

SNAPSHOT = TenantSnapshot(tenant=TenantId(1), name="acme", version=1, domains={})
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
REPORT = b"line of a report, again and again\n" * 2_000
MIXED = (
    b"From: Ann <ann@partner.example>\r\nSubject: hello\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=o\r\n\r\npreamble\r\n"
    b"--o\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n"
    b"--i\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhello\r\n"
    b"--i\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>hello</p></body></html>"
    b"\r\n--i--\r\n"
    b"--o\r\nX-Kept: yes\r\nContent-Type: text/csv; name=report.csv\r\n"
    b"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=report.csv\r\n\r\n"
    + base64.encodebytes(REPORT).replace(b"\n", b"\r\n")
    + b"--o--\r\nepilogue\r\n"
)
NOTE = "Confidential: for {tenant} only."


def made(message: bytes, *orders: ActionOrder, snapshot: TenantSnapshot = SNAPSHOT) -> Changes:
    decision = Decision(recipients=("bob@c.example",), disposition=Disposition.DELIVER, orders=orders)
    judged = SimpleNamespace(verdict=Verdict.CLEAN, score=0.0, direction=Direction.OUTBOUND, findings=())
    facts: Facts = FACTS
    return changes(view_of(message), decision, judged, facts, snapshot)


def carried_out(message: bytes, *orders: ActionOrder) -> bytes:
    return b"".join(splice(message, made(message, *orders).splices))


def order(action: str, **parameters: str) -> ActionOrder:
    return ActionOrder(action=action, parameters=parameters)


def parsed(message: bytes) -> Message:
    read = message_from_bytes(message, policy=default)
    assert not read.defects
    return read


def files(message: bytes) -> dict[str, bytes]:
    return {
        part.get_filename() or "": part.get_payload(decode=True)
        for part in parsed(message).walk()
        if part.get_content_disposition() == "attachment"
    }


ORDERS = [
    pytest.param(order("banner", text="Careful: à vérifier"), id="banner"),
    pytest.param(order("disclaimer", text=NOTE), id="disclaimer"),
    pytest.param(
        order("disclaimer", text=NOTE, html="<p>For {tenant}</p>", image=f"image/png;{PIXEL}"), id="image"
    ),
    pytest.param(order("strip-attachments", names="*.csv"), id="strip"),
    pytest.param(order("compress-attachments"), id="compress"),
]
MESSAGES = [
    pytest.param(MIXED, id="mixed"),
    pytest.param(MIXED.replace(b"\r\n", b"\n"), id="mixed, bare line feeds"),
    pytest.param(b"From: a@b.example\r\nSubject: x\r\n\r\nhello\r\n", id="plain"),
    pytest.param(b"From: a@b.example\r\nSubject: x\r\n\r\nhello", id="no last line end"),
    pytest.param(b"From: a@b.example\r\nSubject: x\r\n\r\n", id="empty body"),
    pytest.param(
        b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: text/csv; name=a.csv\r\n\r\n" + REPORT,
        id="a file alone",
    ),
]


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("wanted", ORDERS)
def test_an_action_applied_twice_does_no_more_than_once(wanted: ActionOrder, message: bytes) -> None:
    once = carried_out(message, wanted)

    assert carried_out(once, wanted) == once
    parsed(once)


def test_a_text_goes_into_every_alternative_and_nothing_else_changes() -> None:
    changed = carried_out(MIXED, order("disclaimer", text=NOTE), order("banner", text="Careful"))

    read = parsed(changed)
    plain, html = read.get_body(("plain",)).get_content(), read.get_body(("html",)).get_content()  # type: ignore[attr-defined]
    assert plain.startswith("Careful") and plain.rstrip().endswith("Confidential: for acme only.")
    assert html.index("Careful") < html.index("hello") < html.index("for acme only") < html.index("</body>")
    assert files(changed) == {"report.csv": REPORT}
    assert changed.endswith(b"--o--\r\nepilogue\r\n")


def test_a_reply_that_quotes_the_disclaimer_gets_no_second_one() -> None:
    quoted = b"> hello\r\n>\r\n> -- \r\n> Confidential:\r\n> for acme only.\r\n"
    reply = b"From: b@c.example\r\n\r\nyes\r\n\r\n" + quoted

    assert made(reply, order("disclaimer", text=NOTE)).splices == ()


def test_signed_mail_keeps_every_octet() -> None:
    signed = (
        b"From: a@b.example\r\nContent-Type: multipart/signed; boundary=s\r\n"
        b"\r\n--s\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
        b"--s\r\nContent-Type: application/pgp-signature; name=a.asc\r\n\r\nx\r\n--s--\r\n"
    )

    orders = (order("banner", text="x"), order("disclaimer", text="y"), order("strip-attachments", names="*"))

    assert carried_out(signed, *orders) == signed


def test_a_picture_comes_along_with_the_html() -> None:
    changed = carried_out(MIXED, order("disclaimer", text="x", html="<p>y</p>", image=f"image/png;{PIXEL}"))

    (picture,) = [part for part in parsed(changed).walk() if part.get_content_type() == "image/png"]
    assert picture.get_payload(decode=True) == base64.b64decode(PIXEL)
    assert f"cid:{picture['Content-ID'].strip('<>')}".encode() in changed


def test_a_removed_file_leaves_a_note_with_its_name_and_checksum() -> None:
    changed = carried_out(MIXED, order("strip-attachments", names="*.exe\n*.CSV"))

    (name, note), *others = files(changed).items()
    assert (name, others) == ("report.csv.removed.txt", [])
    assert b"report.csv" in note and b"68000 octets" in note
    assert b"X-Kept: yes" in changed


def test_a_compressed_file_is_the_same_file_in_an_archive() -> None:
    changed = carried_out(MIXED, order("compress-attachments"))

    (name, octets), *_ = files(changed).items()
    assert name == "report.csv.zip"
    assert zipfile.ZipFile(io.BytesIO(octets)).read("report.csv") == REPORT
    assert len(changed) < len(MIXED) / 5


def test_every_action_says_who_it_is() -> None:
    for name, action in actions().items():
        card = action.card
        assert card.name == name and card.summary[:1].isupper() and not card.summary.endswith(".")
        assert action.__doc__


def test_a_strangers_name_in_a_disclaimer_is_text_not_markup() -> None:
    message = b'From: "<script>x</script>" <a@b.example>\r\nContent-Type: text/html\r\n\r\n<p>hello</p>\r\n'

    changed = carried_out(message, order("disclaimer", text="x", html="<p>Sent by {sender_name}</p>"))

    assert b"Sent by &lt;script&gt;" in changed
