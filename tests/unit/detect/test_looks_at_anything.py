"""No detector of text, links, names and authentication breaks on mail that nobody would write."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Facts
from lazaretto.core.findings import COULD_NOT_LOOK
from lazaretto.detect.registry import detectors
from lazaretto.detect.runner import DETECTOR_FAILED, look_at
from lazaretto.mail.scanner import view_of

FACTS = Facts(received_at=datetime(2026, 1, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"))
LOOKING = [each for each in detectors() if not each.card.name.startswith("malware.")]
LETTER = b"""\
From: "Ann Lee via Users" <users@lists.example>
Reply-To: =?utf-8?q?Ann=20Lee?= <ann@sender.example>
To: bob@customer.example
Subject: Re: =?utf-8?b?UGF5UGFs?= your account
Date: Mon, 1 Jun 2026 10:00:00 +0000
Message-ID: <1.2@sender.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=_b1"

--=_b1
Content-Type: text/html; charset=utf-8

<style>td{color:#fff}</style><form action="https://x.example/a">
<table><tr><td>verify</td></tr></table>
<a href="http://1.2.3.4/login?e=bob@customer.example">https://bank.example</a><img src="cid:1"></form>
--=_b1
Content-Type: text/plain

____
Users mailing list
https://lists.example/listinfo/u
--=_b1--
""".replace(b"\n", b"\r\n")
PIECES = st.sampled_from(
    b'\r\n| \0|=?utf-8?b?|?=|--=_b1|<a href=|">|<!--|&#x110000;|\xff\xfe|\xe2\x80\xae|"|(|\\| via |'
    b"Content-Type: text/html\r\n\r\n|https://xn--a@[::1]:99999/%zz|From: <@>\r\n|"
    b"Content-Transfer-Encoding: base64\r\n|Reply-To: a@b, c <d@e>\r\n".split(b"|")
)
EDITS = st.lists(
    st.tuples(st.integers(0, len(LETTER)), st.integers(0, 40), st.one_of(PIECES, st.binary(max_size=6))),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EDITS)
def test_a_letter_with_pieces_cut_out_and_put_in_is_looked_at_by_everyone(
    edits: list[tuple[int, int, bytes]],
) -> None:
    octets = LETTER
    for place, length, piece in edits:
        octets = octets[:place] + piece + octets[place + length :]

    symbols = {finding.symbol for finding in look_at(view_of(octets), FACTS, None, LOOKING)}

    assert not symbols & {DETECTOR_FAILED.name, COULD_NOT_LOOK.name}
