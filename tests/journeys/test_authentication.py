"""What becomes of mail for which its sender's domain does not vouch, seen by the one who sends it."""

from __future__ import annotations

import smtplib

import pytest

from tests.journeys.conftest import Platform
from tests.journeys.test_first_journeys import a_letter

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

STRANGER = "127.0.0.77"


def _send(platform: Platform, author: str, reverse_path: str, recipient: str) -> str:
    octets = a_letter(sender=f"Ann <{author}>").as_bytes()
    with smtplib.SMTP("127.0.0.1", platform.product.port, source_address=(STRANGER, 0), timeout=60) as client:
        client.ehlo("mx.stranger.example")
        client.mail(reverse_path)
        client.rcpt(recipient)
        try:
            code, text = client.data(octets)
        except smtplib.SMTPDataError as failure:
            code, text = failure.smtp_code, failure.smtp_error
    return f"{code} {text.decode() if isinstance(text, bytes) else text}"


@pytest.mark.parametrize(
    ("spf", "dmarc", "begins"),
    [
        pytest.param("block-and-delete", "by-policy", "550 5.7.23", id="SPF alone decides"),
        pytest.param("off", "by-policy", "250 ", id="its switch is its own"),
    ],
)
def test_a_hard_fail_of_spf_has_its_own_switch_and_code(
    platform: Platform, spf: str, dmarc: str, begins: str
) -> None:
    platform.publish("spf", "spf.example", f"antispam: {{spf: {spf}, dmarc: {dmarc}}}")

    reply = _send(platform, "ann@hardfail.example", "ann@hardfail.example", "bob@spf.example")

    assert reply.startswith(begins)


@pytest.mark.parametrize(
    ("author", "setting", "begins", "place"),
    [
        pytest.param("ann@reject.example", "by-policy", "550 5.7.1", "", id="reject"),
        pytest.param("ann@quarantine.example", "by-policy", "250 ", "quarantined", id="quarantine"),
        pytest.param("ann@none.example", "by-policy", "250 ", "delivered", id="none"),
        pytest.param("ann@reject.example", "off", "250 ", "delivered", id="the tenant does not honour it"),
    ],
)
def test_a_failure_of_dmarc_is_treated_as_the_authors_domain_asks(
    platform: Platform, author: str, setting: str, begins: str, place: str
) -> None:
    platform.publish("dmarc", "dmarc.example", f"antispam: {{dmarc: {setting}}}")

    reply = _send(platform, author, "bounce@stranger.example", "bob@dmarc.example")

    assert reply.startswith(begins)
    if place:
        platform.story(reply.rpartition(" ")[2], place)


def test_results_under_our_name_are_ours_and_no_strangers(platform: Platform) -> None:
    forged = (
        f"Authentication-Results: {_our_name(platform)}; dmarc=pass header.from=bank.example\r\n".encode()
    )
    identity, _ = platform.send(forged + a_letter().as_bytes(), "bob@one.example")
    platform.story(identity, "delivered")

    (octets,) = platform.delivered(identity)
    header = b"\r\n" + octets.partition(b"\r\n\r\n")[0]

    assert header.count(b"\r\nAuthentication-Results:") == 1
    assert b"bank.example" not in header
    assert b"spf=" in header


def _our_name(platform: Platform) -> str:
    with smtplib.SMTP("127.0.0.1", platform.product.port, timeout=60) as client:
        code, text = client.ehlo("mx.partner.example")
    assert code == 250
    return text.decode().split()[0]
