"""A client that asks for a name is shown the certificate for it, and a new one without a restart."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509

from lazaretto.edge.doors import Door, ListenAddress
from lazaretto.edge.server import EdgeServer, serve_edge
from lazaretto.edge.settings import EdgeSettings
from lazaretto.run.certificate import ensure_certificate
from lazaretto.run.renewing import CertificateWatch
from lazaretto.testing.edge_fakes import ACME, FixedDirectory, MemorySpool
from tests.dialogs.conversation import Line
from tests.dialogs.held_by_hand import said


class Tower:
    """An edge's certificate files and the watch over them."""

    def __init__(self, folder: Path) -> None:
        self.names = folder / "names"
        self.names.mkdir()
        own = folder / "edge.crt", folder / "edge.key"
        ensure_certificate(*own, "mx.lazaretto.example")
        self.watch = CertificateWatch(*own, "", names=self.names)

    def add(self, name: str, file: str) -> None:
        """Put a certificate for ``name`` beside the others."""
        ensure_certificate(self.names / f"{file}.crt", self.names / f"{file}.key", name)


@asynccontextmanager
async def an_edge(tower: Tower) -> AsyncIterator[EdgeServer]:
    edge = serve_edge(
        EdgeSettings(banner_delay=0),
        MemorySpool().seams(FixedDirectory(ACME)),
        [ListenAddress("127.0.0.1", 0), ListenAddress("127.0.0.1", 0, Door.CONNECTOR)],
        host_name="mx.lazaretto.example",
    )
    edge.use_tls(*tower.watch.contexts())
    await edge.start()
    try:
        yield edge
    finally:
        await edge.close()


async def shown(edge: EdgeServer, asked: str | None, *, door: int = 0) -> str:
    """Return the name in the certificate that is shown to who asks for ``asked``."""
    address = edge.addresses[door]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    line = Line(*await asyncio.open_connection(address.host, address.port))
    assert (await line.reply()).startswith("220")
    assert (await said(line, b"EHLO sender.example\r\n")).startswith("250")
    assert (await said(line, b"STARTTLS\r\n")).startswith("220")
    await line.writer.start_tls(context, server_hostname=asked)
    octets = line.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    assert (await said(line, b"EHLO sender.example\r\n")).startswith("250")
    line.writer.close()
    names = x509.load_der_x509_certificate(octets).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    return str(names.value.get_values_for_type(x509.DNSName)[0])


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        pytest.param(None, "mx.lazaretto.example", id="no name"),
        pytest.param("mx.lazaretto.example", "mx.lazaretto.example", id="its own"),
        pytest.param("stranger.example", "mx.lazaretto.example", id="a name that nobody has"),
        pytest.param("mx.tower2.example", "mx.tower2.example", id="another tower's"),
        pytest.param("MX.Tower2.Example", "mx.tower2.example", id="in capitals"),
        pytest.param("acme.hosted.example", "*.hosted.example", id="below a name with a star"),
        pytest.param("a.b.hosted.example", "mx.lazaretto.example", id="two labels below a star"),
        pytest.param("hosted.example", "mx.lazaretto.example", id="the name above a star"),
    ],
)
@pytest.mark.parametrize("door", [0, 1], ids=["public", "connectors"])
async def test_the_name_that_is_asked_for_chooses_the_certificate(
    tmp_path: Path, asked: str | None, name: str, door: int
) -> None:
    tower = Tower(tmp_path)
    tower.add("mx.tower2.example", "tower2")
    tower.add("*.hosted.example", "hosted")

    async with an_edge(tower) as edge:
        assert await shown(edge, asked, door=door) == name


async def test_a_certificate_is_added_replaced_and_taken_away_without_a_restart(tmp_path: Path) -> None:
    tower = Tower(tmp_path)
    async with an_edge(tower) as edge:
        assert await shown(edge, "mx.tower2.example") == "mx.lazaretto.example"
        assert not tower.watch.look(edge.use_tls)

        tower.add("mx.tower2.example", "tower2")
        assert tower.watch.look(edge.use_tls)
        assert await shown(edge, "mx.tower2.example") == "mx.tower2.example"

        (tower.names / "tower2.crt").unlink()
        assert tower.watch.look(edge.use_tls)
        assert await shown(edge, "mx.tower2.example") == "mx.lazaretto.example"


@pytest.mark.parametrize("broken", ["no certificate", ""], ids=["not PEM", "empty"])
async def test_a_broken_certificate_leaves_those_of_before_in_force(tmp_path: Path, broken: str) -> None:
    tower = Tower(tmp_path)
    tower.add("mx.tower2.example", "tower2")
    async with an_edge(tower) as edge:
        (tower.names / "other.crt").write_text(broken)

        assert not tower.watch.look(edge.use_tls)
        assert await shown(edge, "mx.tower2.example") == "mx.tower2.example"


async def test_a_certificate_without_its_key_waits_for_it(tmp_path: Path) -> None:
    tower = Tower(tmp_path)
    async with an_edge(tower) as edge:
        tower.add("mx.tower2.example", "tower2")
        (tower.names / "tower2.key").rename(tower.names / "aside")
        assert not tower.watch.look(edge.use_tls)

        (tower.names / "aside").rename(tower.names / "tower2.key")

        assert tower.watch.look(edge.use_tls)
        assert await shown(edge, "mx.tower2.example") == "mx.tower2.example"
