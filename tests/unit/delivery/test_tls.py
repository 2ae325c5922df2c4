"""TLS is used where it is offered; where it is demanded nothing is said without it; what a stranger
slips in before the handshake is never read."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lazaretto.core.snapshot import NextHop, TlsDemand
from lazaretto.delivery.connecting import Opener
from lazaretto.delivery.extensions import Extension
from lazaretto.delivery.failures import ConversationFailed, HandshakeFailed, TlsNotOffered
from lazaretto.delivery.payload import Payload
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.delivery.tls_demand import demand_of_route
from lazaretto.testing import next_hop
from lazaretto.testing.copies import MESSAGE, a_copy
from lazaretto.testing.next_hop import Behaviour

NAME = "mx.customer.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for ``NAME`` with its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def context(certificate: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate)
    return made


async def open_one(hop: next_hop.NextHop, demand: TlsDemand, *, host: str = NAME, ca_file: str = ""):
    opener = Opener(DeliverySettings(ca_file=ca_file, tls_timeout=1.0), "gw.example")
    return await opener.open(NextHop(host=host, port=hop.port), ("127.0.0.1",), demand_of_route(demand))


async def test_tls_is_used_wherever_it_is_offered(context: ssl.SSLContext) -> None:
    async with next_hop.NextHop(Behaviour(context=context)) as hop:
        conversation = await open_one(hop, TlsDemand.OPPORTUNISTIC)
        copy = a_copy()
        handover = await conversation.transact(copy, copy.recipients, Payload(copy, MESSAGE))
        await conversation.quit()

    tls = handover.outcomes[0].remote.tls
    assert tls is not None
    assert (tls.protocol, tls.verified) == ("TLSv1.3", False)
    assert hop.arrivals[0].tls
    assert hop.verbs()[:3] == ["EHLO", "STARTTLS", "EHLO"]


async def test_a_verified_certificate_is_recorded(context: ssl.SSLContext, certificate: Path) -> None:
    async with next_hop.NextHop(Behaviour(context=context)) as hop:
        conversation = await open_one(hop, TlsDemand.VERIFIED, ca_file=str(certificate))
        conversation.close()

    assert conversation.remote.tls is not None
    assert conversation.remote.tls.verified


async def test_large_content_goes_through_tls(context: ssl.SSLContext) -> None:
    octets = MESSAGE + b"line\r\n" * 500_000
    async with next_hop.NextHop(Behaviour(context=context)) as hop:
        conversation = await open_one(hop, TlsDemand.OPPORTUNISTIC)
        copy = a_copy()
        await conversation.transact(copy, copy.recipients, Payload(copy, octets))
        await conversation.quit()

    assert hop.arrivals[0].content == octets


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(lambda c: Behaviour(context=c, answers={"STARTTLS": b"454 4.7.0 No\r\n"}), id="refused"),
        pytest.param(lambda c: Behaviour(context=c, hang_up=frozenset({"STARTTLS"})), id="hangs up"),
        pytest.param(
            lambda c: Behaviour(offers=("PIPELINING", "STARTTLS"), answers={"STARTTLS": b"220 Go\r\n"}),
            id="no handshake",
        ),
    ],
)
async def test_where_tls_fails_and_nobody_demands_it_a_new_connection_is_in_clear(
    behaviour, context: ssl.SSLContext
) -> None:
    async with next_hop.NextHop(behaviour(context)) as hop:
        conversation = await open_one(hop, TlsDemand.OPPORTUNISTIC)
        copy = a_copy()
        await conversation.transact(copy, copy.recipients, Payload(copy, MESSAGE))
        await conversation.quit()

    assert hop.connections == 2
    assert not hop.arrivals[0].tls


@pytest.mark.parametrize("demand", [TlsDemand.REQUIRED, TlsDemand.VERIFIED])
async def test_where_tls_is_demanded_a_host_without_gets_nothing(demand: TlsDemand) -> None:
    async with next_hop.NextHop() as hop:
        with pytest.raises(TlsNotOffered) as failed:
            await open_one(hop, demand)

    assert failed.value.reply.enhanced == "4.7.10"
    assert hop.verbs() == ["EHLO"]


@pytest.mark.parametrize(
    ("host", "trusts"),
    [pytest.param(NAME, False, id="unknown issuer"), pytest.param("other.example", True, id="another name")],
)
async def test_a_certificate_that_does_not_verify_gets_nothing(
    context: ssl.SSLContext, certificate: Path, host: str, trusts: bool
) -> None:
    async with next_hop.NextHop(Behaviour(context=context)) as hop:
        with pytest.raises(HandshakeFailed):
            await open_one(hop, TlsDemand.VERIFIED, host=host, ca_file=str(certificate) if trusts else "")

    assert hop.connections == 1
    assert "MAIL" not in hop.verbs()


async def test_input_behind_the_answer_to_starttls_ends_the_connection(context: ssl.SSLContext) -> None:
    injected = Behaviour(context=context, behind_starttls=b"250-next-hop.example\r\n250 DSN\r\n")
    async with next_hop.NextHop(injected) as hop:
        with pytest.raises(ConversationFailed) as failed:
            await open_one(hop, TlsDemand.OPPORTUNISTIC)

    assert "before the TLS handshake" in failed.value.reply.text
    assert "MAIL" not in hop.verbs()


async def test_what_was_offered_in_clear_is_forgotten(context: ssl.SSLContext) -> None:
    async with next_hop.NextHop(Behaviour(context=context, offers=("SIZE 5",))) as hop:
        conversation = await open_one(hop, TlsDemand.REQUIRED)

        assert not conversation.offers(Extension.STARTTLS)
        conversation.close()


async def test_a_handshake_that_stalls_is_given_up() -> None:
    mute = Behaviour(offers=("STARTTLS",), answers={"STARTTLS": b"220 Go\r\n"})
    async with next_hop.NextHop(mute) as hop:
        with pytest.raises(HandshakeFailed):
            await open_one(hop, TlsDemand.REQUIRED)
