"""TLSA records vouch for a host's own certificate or for its issuer, and for nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256, sha512

import pytest

from lazaretto.protocol.dane import ChainRefused, check_chain, is_for, public_key_of, read_chain, usable

from .conftest import TOMORROW, YESTERDAY, Authority

NAME = "mx.other.example"
NOW = datetime.now(UTC)
LONG_AGO = YESTERDAY - timedelta(days=30)


def accepts(record: str, chain: list[bytes], *names: str, now: datetime = NOW) -> bool:
    try:
        check_chain(usable([record]), read_chain(chain), names or (NAME,), now)
    except ChainRefused:
        return False
    return True


@pytest.mark.parametrize(("selector", "matching"), [(s, m) for s in (0, 1) for m in (0, 1, 2)])
@pytest.mark.parametrize("usage", [2, 3])
def test_each_form_of_record_names_its_certificate(
    authority: Authority, usage: int, selector: int, matching: int
) -> None:
    shown, other = authority.issue(NAME), authority.issue(NAME)

    def record(der: bytes, public_key: bytes) -> str:
        whole = der if selector == 0 else public_key
        data = {0: whole, 1: sha256(whole).digest(), 2: sha512(whole).digest()}[matching]
        return f"{usage} {selector} {matching} {data.hex()}"

    signer = record(authority.der, public_key_of(authority.certificate))
    named = signer if usage == 2 else record(shown.der, shown.public_key)
    wrong = record(other.der, other.public_key)

    assert accepts(named, [shown.der, authority.der])
    assert not accepts(wrong, [shown.der, authority.der])


def host(der: bytes) -> str:
    return f"3 0 1 {sha256(der).hexdigest()}"


def issuer(der: bytes) -> str:
    return f"2 0 1 {sha256(der).hexdigest()}"


def test_a_hosts_own_certificate_needs_neither_name_nor_dates(authority: Authority) -> None:
    shown = authority.issue("elsewhere.example", since=LONG_AGO, until=YESTERDAY)

    assert accepts(host(shown.der), [shown.der])


def test_an_issuers_certificate_must_be_for_a_name_that_leads_there(authority: Authority) -> None:
    shown = authority.issue("other.example")
    chain = [shown.der, authority.der]

    assert accepts(issuer(authority.der), chain, NAME, "other.example")
    assert not accepts(issuer(authority.der), chain, NAME)


@pytest.mark.parametrize(("since", "until"), [(LONG_AGO, YESTERDAY), (TOMORROW, TOMORROW + timedelta(1))])
def test_an_issuers_certificate_must_be_of_today(
    authority: Authority, since: datetime, until: datetime
) -> None:
    shown = authority.issue(NAME, since=since, until=until)

    assert not accepts(issuer(authority.der), [shown.der, authority.der])


def test_an_issuer_that_is_shown_but_did_not_sign_vouches_for_nothing(
    authority: Authority, stranger: Authority
) -> None:
    shown = stranger.issue(NAME)

    assert not accepts(issuer(authority.der), [shown.der, authority.der])


def test_a_host_is_no_issuer(authority: Authority) -> None:
    shown, sibling = authority.issue(NAME), authority.issue(NAME)

    assert not accepts(issuer(sibling.der), [shown.der, sibling.der])


def test_an_issuer_in_the_record_itself_need_not_be_shown(authority: Authority) -> None:
    shown = authority.issue(NAME)

    assert accepts(f"2 0 0 {authority.der.hex()}", [shown.der])
    assert not accepts(issuer(authority.der), [shown.der])


@pytest.mark.parametrize(
    "record",
    [
        pytest.param("0 0 1 " + "ab" * 32, id="PKIX-TA"),
        pytest.param("1 1 1 " + "ab" * 32, id="PKIX-EE"),
        pytest.param("3 2 1 " + "ab" * 32, id="unknown selector"),
        pytest.param("3 1 3 " + "ab" * 32, id="unknown matching"),
        pytest.param("3 1 1 " + "ab" * 31, id="short"),
        pytest.param("3 1 0", id="no data"),
        pytest.param("3 1 1 xyz", id="not hexadecimal"),
    ],
)
def test_other_records_are_not_usable(record: str) -> None:
    assert usable([record]) == ()


def test_octets_that_are_no_certificate_are_refused() -> None:
    with pytest.raises(ChainRefused):
        read_chain([b"\x30\x03abc"])


@pytest.mark.parametrize(
    ("shown", "name", "same"),
    [
        ("mx.a.example", "MX.a.example.", True),
        ("*.a.example", "mx.a.example", True),
        ("*.a.example", "a.example", False),
        ("*.a.example", "x.mx.a.example", False),
        ("*.example", "a.example", False),
        ("mx.a.example", ".a.example", True),
        ("*.a.example", ".a.example", True),
        ("a.example", ".a.example", False),
        ("evila.example", ".a.example", False),
    ],
)
def test_names_are_compared_label_by_label(authority: Authority, shown: str, name: str, same: bool) -> None:
    assert is_for(authority.issue(shown).certificate, [name]) is same
