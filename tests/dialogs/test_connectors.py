"""At the connectors' port a tenant's own client certificate opens the way out, and only there."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lazaretto.core.snapshot import OutboundProofs, TenantSnapshot
from lazaretto.edge.doors import Door, ListenAddress
from lazaretto.edge.server import EdgeServer, serve_edge
from lazaretto.edge.settings import EdgeSettings
from lazaretto.run.certificate import connector_context, ensure_certificate, server_context
from lazaretto.run.renewing import CertificateWatch
from lazaretto.testing.edge_fakes import ACME, OTHER, FixedDirectory, MemorySpool
from tests.dialogs.conversation import Line
from tests.dialogs.held_by_hand import said

EHLO = b"EHLO mail.customer.example\r\n"


@dataclass(frozen=True, slots=True)
class Files:
    """Certificates: the edge's, a tenant's, and a stranger's that nobody signed."""

    folder: Path

    def pair(self, name: str) -> tuple[Path, Path]:
        """Return certificate and key of ``name``, made when they are new."""
        certificate, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        ensure_certificate(certificate, key, f"{name}.customer.example")
        return certificate, key

    def fingerprint(self, name: str) -> str:
        """Return what a tenant registers."""
        encoded = ssl.PEM_cert_to_DER_cert(self.pair(name)[0].read_text())
        return hashlib.sha256(encoded).hexdigest()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Certificates of this module."""
    return Files(tmp_path_factory.mktemp("connectors"))


@asynccontextmanager
async def an_edge(files: Files, tenant: TenantSnapshot) -> AsyncIterator[EdgeServer]:
    edge_files = files.pair("edge")
    edge = serve_edge(
        EdgeSettings(banner_delay=0),
        MemorySpool().seams(FixedDirectory(tenant, OTHER)),
        [ListenAddress("127.0.0.1", 0), ListenAddress("127.0.0.1", 0, Door.CONNECTOR)],
        host_name="mx.lazaretto.example",
        tls=server_context(*edge_files),
        connector_tls=connector_context(*edge_files, str(files.pair("tenant")[0])),
    )
    await edge.start()
    try:
        yield edge
    finally:
        await edge.close()


def a_client(own: tuple[Path, Path] | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    if own is not None:
        context.load_cert_chain(*own)
    return context


async def secured(address: ListenAddress, context: ssl.SSLContext) -> Line:
    line = Line(*await asyncio.open_connection(address.host, address.port))
    assert (await line.reply()).startswith("220")
    assert (await said(line, EHLO)).startswith("250")
    assert (await said(line, b"STARTTLS\r\n")).startswith("220")
    await line.writer.start_tls(context)
    assert (await said(line, EHLO)).startswith("250")
    return line


async def answer_to_far_recipient(line: Line, sender: str = "alice@customer.example") -> str:
    assert (await said(line, f"MAIL FROM:<{sender}>\r\n".encode())).startswith("250")
    return await said(line, b"RCPT TO:<eve@elsewhere.example>\r\n")


def proving(**proofs: frozenset[str]) -> TenantSnapshot:
    return replace(ACME, outbound_proofs=OutboundProofs(**proofs))


async def test_a_registered_certificate_may_send_under_its_tenants_names(files: Files) -> None:
    tenant = proving(certificates=frozenset({files.fingerprint("tenant")}))
    async with an_edge(files, tenant) as edge:
        line = await secured(edge.addresses[1], a_client(files.pair("tenant")))

        assert (await answer_to_far_recipient(line)).startswith("250")
        assert (await said(line, b"RSET\r\n")).startswith("250")
        assert (await answer_to_far_recipient(line, "olga@other.example")).startswith("550 5.7.1 sender")
        assert (await said(line, b"RSET\r\n")).startswith("250")
        assert (await answer_to_far_recipient(line, "eve@customer.example")).startswith("550 5.7.1 sender")
        assert (await said(line, b"RSET\r\n")).startswith("250")
        assert (await answer_to_far_recipient(line, "")).startswith("250")
        line.writer.close()


async def test_a_name_in_a_trusted_certificate_does_as_well(files: Files) -> None:
    tenant = proving(certificate_names=frozenset({"tenant.customer.example"}))
    async with an_edge(files, tenant) as edge:
        line = await secured(edge.addresses[1], a_client(files.pair("tenant")))

        assert (await answer_to_far_recipient(line)).startswith("250")
        line.writer.close()


@pytest.mark.parametrize("door", [0, 1], ids=["public", "connectors"])
async def test_without_certificate_nothing_is_proven(files: Files, door: int) -> None:
    tenant = proving(certificates=frozenset({files.fingerprint("tenant")}))
    async with an_edge(files, tenant) as edge:
        line = await secured(edge.addresses[door], a_client())

        assert await answer_to_far_recipient(line) == "550 5.7.1 relaying denied"
        line.writer.close()


async def test_the_public_port_asks_for_no_certificate(files: Files) -> None:
    tenant = proving(certificates=frozenset({files.fingerprint("tenant"), files.fingerprint("stranger")}))
    async with an_edge(files, tenant) as edge:
        for name in ("tenant", "stranger"):
            line = await secured(edge.addresses[0], a_client(files.pair(name)))
            assert await answer_to_far_recipient(line) == "550 5.7.1 relaying denied"
            line.writer.close()


async def test_a_certificate_that_nobody_signed_ends_the_handshake(files: Files) -> None:
    async with an_edge(files, proving(certificates=frozenset({files.fingerprint("stranger")}))) as edge:
        with pytest.raises((OSError, asyncio.IncompleteReadError)):
            await secured(edge.addresses[1], a_client(files.pair("stranger")))


async def _session_at(
    address: ListenAddress, context: ssl.SSLContext, session: ssl.SSLSession | None
) -> tuple[ssl.SSLSession | None, bool]:
    def talk() -> tuple[ssl.SSLSession | None, bool]:
        plain = socket.create_connection((address.host, address.port), timeout=60)
        for words in (b"", EHLO, b"STARTTLS\r\n"):
            plain.sendall(words)
            plain.recv(2_000)
        with context.wrap_socket(plain, session=session) as inside:
            return inside.session, bool(inside.session_reused)

    return await asyncio.to_thread(talk)


async def test_a_session_ticket_is_good_at_its_own_port_only(files: Files) -> None:
    async with an_edge(files, ACME) as edge:
        context = a_client()
        session, _ = await _session_at(edge.addresses[0], context, None)

        assert (await _session_at(edge.addresses[0], context, session))[1]
        assert not (await _session_at(edge.addresses[1], context, session))[1]


async def test_a_replaced_certificate_is_shown_from_the_next_handshake_on(
    files: Files, tmp_path: Path
) -> None:
    own = Files(tmp_path)
    certificate, key = own.pair("edge")
    watch = CertificateWatch(certificate, key, "")
    async with an_edge(files, ACME) as edge:
        edge.use_tls(*watch.contexts())
        before = await _shown_certificate(edge.addresses[0])
        assert not watch.look(edge.use_tls)

        other_certificate, other_key = own.pair("renewed")
        other_certificate.replace(certificate)
        assert not watch.look(edge.use_tls), "a certificate without its key is not used"
        assert await _shown_certificate(edge.addresses[0]) == before
        other_key.replace(key)

        assert watch.look(edge.use_tls)
        assert await _shown_certificate(edge.addresses[0]) not in (before, b"")


async def _shown_certificate(address: ListenAddress) -> bytes:
    line = await secured(address, a_client())
    shown = line.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    line.writer.close()
    return bytes(shown)
