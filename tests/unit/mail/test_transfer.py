"""Encodings are undone as tolerantly as the most tolerant client does, in pieces, without raising."""

from __future__ import annotations

import base64
import binascii
import gzip
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.mail import base64_readings, quoted_printable, transfer
from lazaretto.mail.transfer import Encoding, decode

ZIP = b"PK\x03\x04\x14\x00\x02\x00"


def decoded(encoding: Encoding, octets: bytes) -> bytes:
    return decode(encoding, octets, 0, len(octets), 1 << 20).octets


def uuencoded(octets: bytes) -> bytes:
    return b"".join(binascii.b2a_uu(octets[place : place + 45]) for place in range(0, len(octets), 45))


@pytest.mark.parametrize(
    ("encoding", "octets"),
    [
        pytest.param(Encoding.BASE64, b"UEsDBBQAAgA=", id="base64"),
        pytest.param(Encoding.BASE64, b"U\nEsD\r\nBBQ AAg\tA=\n", id="white space"),
        pytest.param(Encoding.BASE64, b"U-E*s.D#BBQ\x00AAgA=", id="junk"),
        pytest.param(Encoding.BASE64, b"UEsDBBQAAgA", id="padding forgotten"),
        pytest.param(Encoding.BASE64, b"UEs=AwQ=FAA=AgA=", id="many groups"),
        pytest.param(Encoding.BASE64_TO_JUNK, b"UEsDBBQAAgA=\n--footer words", id="to the first junk"),
        pytest.param(Encoding.BASE64_CLEAN_LINES, b"UEsD\njunk!\nBBQAAgA=", id="clean lines"),
        pytest.param(Encoding.BASE64_LINES_TO_JUNK, b"UEs#abcd\nDBBQAAgA=", id="lines to junk"),
        pytest.param(Encoding.BASE64_LINEWISE, b"UEsDX\nBBQAX\nAgA=", id="linewise"),
        pytest.param(Encoding.BASE64_TO_PADDING, b"UEsDBBQAAgA=QUJD", id="to the padding"),
        pytest.param(Encoding.BASE64_WITHOUT_PADDING, b"U=E=sDBBQAAg=A", id="without padding"),
        pytest.param(Encoding.BASE64_QUADWISE, b"U=EsA=wQF=AAA=gA", id="quadwise"),
        pytest.param(Encoding.BASE64_FIRST_BLOCK, b"\nUEsDBBQAAgA=\n\nQUJD", id="first block"),
        pytest.param(Encoding.QUOTED_PRINTABLE, b"PK=03=04=14=00=\r\n=02=00", id="quoted-printable"),
        pytest.param(
            Encoding.QUOTED_PRINTABLE, b"=50=4b=03=04=\t \n=14=00=02=00", id="blanks after the soft break"
        ),
        pytest.param(Encoding.QUOTED_PRINTABLE_SKIP_1, b"=P=K==03==04==14==00==02==00", id="signs too many"),
        pytest.param(
            Encoding.QUOTED_PRINTABLE_SKIP_2, b"=0P=0K=0=03=0=04=0=14=0=00=0=02=0=00", id="half escapes"
        ),
        pytest.param(Encoding.QUOTED_PRINTABLE_SKIP_3, b"=0X=50=XX=4B=03=04=14=00=02=00", id="wrong escapes"),
        pytest.param(
            Encoding.QUOTED_PRINTABLE_JOINED, b"=5=\n0K==\r\n03=04=14=00= \n=02=00", id="escapes in two lines"
        ),
        pytest.param(Encoding.UUENCODE, b"begin 644 x\n" + uuencoded(ZIP) + b"`\nend\n", id="uuencode"),
        pytest.param(Encoding.GZIP64, base64.encodebytes(gzip.compress(ZIP)), id="gzip64"),
    ],
)
def test_the_payload_comes_out(encoding: Encoding, octets: bytes) -> None:
    assert decoded(encoding, octets) == ZIP


def test_padding_counts_as_zero_where_clients_say_so() -> None:
    assert decoded(Encoding.BASE64_PADDING_AS_ZERO, b"UEsDBBQ=Ag=A") == b"PK\x03\x04\x14\x00\x02\x00\x00"


def test_yenc_is_undone() -> None:
    body = bytes((octet + 42) & 255 for octet in b"abc") + b"=" + bytes([(0x3D + 64) & 255])

    assert (
        decoded(Encoding.YENC, b"=ybegin line=128 size=4 name=x\r\n" + body + b"\r\n=yend size=4\r\n")
        == b"abc\x13"
    )


@given(st.binary(max_size=3_000))
def test_honest_base64_is_exact(octets: bytes) -> None:
    encoded = base64.encodebytes(octets)

    assert decoded(Encoding.BASE64, encoded) == octets
    assert not base64_readings.faults(encoded, 0, len(encoded))


@given(st.binary(max_size=3_000))
def test_honest_quoted_printable_is_exact(octets: bytes) -> None:
    encoded = quopri.encodestring(octets)

    assert decoded(Encoding.QUOTED_PRINTABLE, encoded) == binascii.a2b_qp(encoded)
    assert not quoted_printable.fault(encoded, 0, len(encoded))


@given(st.sampled_from(Encoding), st.binary(max_size=400))
def test_nothing_raises_and_the_limit_holds(encoding: Encoding, octets: bytes) -> None:
    found = decode(encoding, octets, 0, len(octets), 50)

    assert len(found.octets) <= 50


@pytest.mark.parametrize("encoding", [e for e in Encoding if e not in (Encoding.BINHEX, Encoding.GZIP64)])
def test_pieces_do_not_show(encoding: Encoding, monkeypatch: pytest.MonkeyPatch) -> None:
    octets = b"".join(b"UEsD=41BBQAAg=\nAIABFK=%03x\r\n" % number for number in range(200))
    whole = decoded(encoding, octets)
    monkeypatch.setattr(transfer, "PIECE", 64)

    assert decoded(encoding, octets) == whole


def test_more_than_was_asked_for_is_cut_and_said() -> None:
    found = decode(Encoding.BASE64, base64.b64encode(b"x" * 100), 0, 136, 10)

    assert (found.octets, found.cut) == (b"x" * 10, True)
