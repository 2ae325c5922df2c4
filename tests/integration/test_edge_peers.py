"""Other people's programs speak to our edge: Postfix, its smtp-source, swaks and OpenSSL's client."""

from __future__ import annotations

import asyncio
import shutil
import smtplib
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from lazaretto.edge.doors import ListenAddress
from lazaretto.edge.server import EdgeServer, serve_edge
from lazaretto.edge.settings import EdgeSettings
from lazaretto.run.certificate import answering_by_name, ensure_certificate, server_context
from lazaretto.testing.edge_fakes import ACME, OTHER, FixedDirectory, MemorySpool
from lazaretto.testing.postfix import Postfix, is_there

_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
PATIENCE = 120

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        not is_there() or any(shutil.which(name, path=_PATH) is None for name in ("swaks", "smtp-source")),
        reason="needs root and the Debian packages postfix and swaks",
    ),
]


@dataclass(frozen=True)
class Door:
    """A listening edge and what it kept."""

    edge: EdgeServer
    spool: MemorySpool

    @property
    def port(self) -> int:
        return self.edge.addresses[0].port

    @property
    def contents(self) -> list[bytes]:
        return [submission.content.octets or b"" for submission, _ in self.spool.kept]

    async def kept(self, count: int) -> list[bytes]:
        """Return what was kept as soon as there are ``count`` messages."""
        async with asyncio.timeout(PATIENCE):
            while len(self.spool.kept) < count:
                await asyncio.sleep(0.02)
        return self.contents


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """Certificates for two names; the first is shown where nobody asks for the second."""
    folder = tmp_path_factory.mktemp("peers")
    made = {}
    for name in ("mx.lazaretto.example", "mx.tower2.example"):
        pair = folder / f"{name}.crt", folder / f"{name}.key"
        ensure_certificate(*pair, name)
        made[name] = server_context(*pair)
    return answering_by_name(made.pop("mx.lazaretto.example"), made)


@pytest.fixture
async def door(context: ssl.SSLContext) -> AsyncIterator[Door]:
    """An edge that takes mail for customer.example and keeps strangers waiting for its banner."""
    async with _listening(context) as made:
        yield made


@asynccontextmanager
async def _listening(context: ssl.SSLContext) -> AsyncIterator[Door]:
    spool = MemorySpool()
    edge = serve_edge(
        EdgeSettings(banner_delay=0.2),
        spool.seams(FixedDirectory(ACME, OTHER)),
        [ListenAddress("127.0.0.1", 0)],
        host_name="mx.lazaretto.example",
        tls=context,
    )
    await edge.start()
    try:
        yield Door(edge, spool)
    finally:
        await edge.close()


@dataclass(frozen=True)
class Ran:
    """What a program said, and how it ended."""

    code: int
    said: str


async def run(*command: str, typed: bytes = b"") -> Ran:
    """Run a program to its end; ``typed`` is what it reads."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env={"PATH": _PATH},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(PATIENCE):
        said, _ = await process.communicate(typed)
    return Ran(process.returncode or 0, said.decode("utf-8", "replace"))


async def swaks(door: Door, *more: str, to: str = "bob@customer.example") -> Ran:
    return await run(
        "swaks", "--server", f"127.0.0.1:{door.port}", "--helo", "sender.example",
        "--from", "ann@sender.example", "--to", to, *more,
    )  # fmt: skip


@pytest.mark.parametrize(
    "more",
    [
        pytest.param((), id="in clear"),
        pytest.param(("--tls",), id="TLS"),
        pytest.param(("--pipeline",), id="pipelined"),
        pytest.param(("--tls", "--pipeline"), id="TLS, pipelined"),
        pytest.param(("--protocol", "SMTP"), id="HELO"),
        pytest.param(("--attach-type", "text/plain", "--attach", "some text"), id="attachment"),
    ],
)
async def test_swaks_gets_its_message_through(door: Door, more: tuple[str, ...]) -> None:
    ran = await swaks(door, "--header", "Subject: from swaks", "--body", "one\n.two\n..three\n", *more)

    assert ran.code == 0, ran.said
    (content,) = await door.kept(1)
    assert b"Subject: from swaks\r\n" in content
    if "--attach" not in more:
        assert b"one\r\n.two\r\n..three\r\n" in content
    channel = door.spool.kept[0][0].client.channel
    assert channel is not None
    assert channel.used == ("--tls" in more)


async def test_swaks_is_told_why_a_recipient_is_refused(door: Door) -> None:
    unknown = await swaks(door, to="nobody@customer.example")
    elsewhere = await swaks(door, to="eve@elsewhere.example")
    some = await swaks(door, to="nobody@customer.example,bob@customer.example")

    assert unknown.code == elsewhere.code == 24
    assert "550 5.1.1 invalid recipient" in unknown.said
    assert "550 5.7.1 relaying denied" in elsewhere.said
    assert some.code == 0
    assert len(await door.kept(1)) == 1


async def openssl(door: Door, *more: str, typed: bytes = b"") -> Ran:
    connect = f"127.0.0.1:{door.port}"
    return await run("openssl", "s_client", "-connect", connect, "-starttls", "smtp", *more, typed=typed)


@pytest.mark.parametrize(
    ("more", "protocol", "name"),
    [
        pytest.param(("-tls1_2",), "TLSv1.2", "mx.lazaretto.example", id="TLS 1.2"),
        pytest.param(("-tls1_3",), "TLSv1.3", "mx.lazaretto.example", id="TLS 1.3"),
        pytest.param(("-servername", "mx.tower2.example"), "TLSv1.3", "mx.tower2.example", id="by name"),
        pytest.param(
            ("-servername", "stranger.example"), "TLSv1.3", "mx.lazaretto.example", id="no such name"
        ),
        pytest.param(("-noservername",), "TLSv1.3", "mx.lazaretto.example", id="without a name"),
    ],
)
async def test_openssl_agrees_on_protocol_and_name(
    door: Door, more: tuple[str, ...], protocol: str, name: str
) -> None:
    ran = await openssl(door, *more, typed=b"QUIT\n")

    assert f"New, {protocol}," in ran.said.replace("TLSv1/SSLv3", protocol), ran.said
    assert f"subject=CN = {name}" in ran.said


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"), id="TLS 1.1"),
        pytest.param(("-tls1_2", "-cipher", "aNULL:@SECLEVEL=0"), id="no certificate"),
        pytest.param(("-tls1_2", "-cipher", "eNULL:@SECLEVEL=0"), id="no encryption"),
    ],
)
async def test_openssl_gets_no_weak_channel(door: Door, more: tuple[str, ...]) -> None:
    ran = await openssl(door, *more)

    assert ran.code != 0, ran.said
    assert "Cipher is (NONE)" in ran.said


async def test_a_dialogue_typed_into_openssl_is_a_message(door: Door) -> None:
    lines = (
        b"EHLO sender.example",
        b"MAIL FROM:<ann@sender.example>",
        b"RCPT TO:<bob@customer.example>",
        b"DATA",
    )
    # -quiet: it does not act on the letters R and Q by itself; -crlf: SMTP's line ends.
    process = await asyncio.create_subprocess_exec(
        "openssl", "s_client", "-connect", f"127.0.0.1:{door.port}", "-starttls", "smtp", "-quiet", "-crlf",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        # It shows the last line of the EHLO reply before TLS, if anything; ours come behind it.
        for line in lines:
            process.stdin.write(line + b"\n")
            reply = b""
            while not reply.startswith((b"250 DSN", b"250 2.1", b"354")):
                reply = await process.stdout.readline()
                assert reply, "openssl ended"
        process.stdin.write(b"Subject: typed\n\nhello\n.\nQUIT\n")
        (content,) = await door.kept(1)
        await process.wait()

    assert content == b"Subject: typed\r\n\r\nhello\r\n"


async def test_smtp_source_loses_nothing_over_many_connections(door: Door) -> None:
    ran = await run(
        "smtp-source", "-s", "20", "-m", "400", "-l", "5000", "-f", "ann@sender.example",
        "-t", "bob@customer.example", f"127.0.0.1:{door.port}",
    )  # fmt: skip

    assert ran.code == 0, ran.said
    contents = await door.kept(400)
    assert len(contents) == 400
    assert len({content.partition(b"Message-Id: ")[2].partition(b"\r\n")[0] for content in contents}) == 400
    assert {len(content) // 1000 for content in contents} == {5}
    assert door.edge.counters.open_sessions == 0


# Postfix as client.

POSTFIX = """\
myhostname = out.sender.example
relay_domains = customer.example
relayhost = [127.0.0.1]:{port}
smtp_tls_security_level = {tls}
smtp_tls_loglevel = 1
smtp_connection_cache_destinations = [127.0.0.1]:{port}
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that Postfix's unprivileged daemons may enter."""
    made = Path(tempfile.mkdtemp(prefix="lazaretto-peers-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def a_letter(number: int) -> bytes:
    text = "".join(f"{number} line {line}\r\n.{line}\r\n" for line in range(number * 3))
    return f"From: ann@sender.example\r\nSubject: letter {number}\r\n\r\n{text}".encode()


def send_all(port: int, count: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as client:
        for number in range(count):
            client.sendmail("ann@sender.example", ["bob@customer.example"], a_letter(number))


@pytest.mark.parametrize("tls", ["may", "encrypt", "none"])
async def test_postfix_hands_over_every_message_as_it_is(door: Door, folder: Path, tls: str) -> None:
    postfix = await asyncio.to_thread(Postfix.start, folder, POSTFIX.format(port=door.port, tls=tls))
    try:
        await asyncio.to_thread(send_all, postfix.port, 60)
        contents = await door.kept(60)
        async with asyncio.timeout(PATIENCE):
            while not postfix.is_empty():
                await asyncio.sleep(0.05)
    finally:
        await asyncio.to_thread(postfix.stop)

    bodies = {content.partition(b"\r\n\r\n")[2] for content in contents}
    assert bodies == {a_letter(number).partition(b"\r\n\r\n")[2] for number in range(60)}
    assert len(door.spool.kept) == 60
    channels = [submission.client.channel for submission, _ in door.spool.kept]
    assert all(channel is not None and channel.used == (tls != "none") for channel in channels)


async def test_postfix_keeps_what_we_put_off_and_comes_again(door: Door, folder: Path) -> None:
    door.spool.room = False
    more = "minimal_backoff_time = 1s\nqueue_run_delay = 1s\nmaximal_backoff_time = 2s\n"
    postfix = await asyncio.to_thread(Postfix.start, folder, POSTFIX.format(port=door.port, tls="may") + more)
    try:
        await asyncio.to_thread(send_all, postfix.port, 5)
        async with asyncio.timeout(PATIENCE):
            while door.edge.counters.refusals["no room"] < 5:
                await asyncio.sleep(0.02)
        assert door.spool.kept == []
        door.spool.room = True
        async with asyncio.timeout(PATIENCE):
            while len(door.spool.kept) < 5:
                await asyncio.to_thread(postfix.flush)
                await asyncio.sleep(0.5)
        contents = door.contents
    finally:
        await asyncio.to_thread(postfix.stop)

    assert len({content.partition(b"\r\n\r\n")[2] for content in contents}) == 5
