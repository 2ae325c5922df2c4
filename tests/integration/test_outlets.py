"""Events reach a tenant's servers signed and in order, again after a failure, and no private address."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from lazaretto.core.events import EventKind
from lazaretto.core.identity import TenantId, new_message_id
from lazaretto.db.migrate import create_database, migrate
from lazaretto.db.pool import Pool
from lazaretto.db.server import EmbeddedServer
from lazaretto.journal.outlet_forms import secret_of
from lazaretto.journal.outlets import GIVE_UP_AFTER, Format, OutletStore, Wanted
from lazaretto.run.certificate import ensure_certificate
from lazaretto.run.pushing import Pusher

pytestmark = pytest.mark.integration

KEY = "a key of the platform"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOOPBACK = ("127.0.0.0/8", "::1/128")


@dataclass
class Listener:
    """A TLS server on loopback that keeps what it gets."""

    certificate: Path
    answer: bytes = b"HTTP/1.1 204 No Content\r\n\r\n"
    is_log: bool = False
    got: list[bytes] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_log:
            self.got.append(await reader.read())
        else:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            )
            self.heads.append(head)
            self.got.append(await reader.readexactly(length))
            writer.write(self.answer)
            await writer.drain()
        writer.close()
        self.came.set()


@pytest.fixture
async def listener(tmp_path: Path) -> AsyncIterator[Listener]:
    certificate, key = tmp_path / "tls" / "a.crt", tmp_path / "tls" / "a.key"
    ensure_certificate(certificate, key, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    made = Listener(certificate)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=context)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


@dataclass
class House:
    """One tenant's feed and outlets."""

    control: Pool
    trace: Pool
    trace_dsn: str
    tenant: TenantId

    @property
    def store(self) -> OutletStore:
        return OutletStore(self.control)

    def pusher(
        self, listener: Listener, allowed: tuple[str, ...] = LOOPBACK, *, has_details: bool = True
    ) -> Pusher:
        trust = ssl.create_default_context(cafile=str(listener.certificate))
        return Pusher(
            self.control,
            self.trace,
            key=KEY,
            host_name="gw.example",
            name_of=lambda _: "acme",
            has_details=lambda _: has_details,
            trust=trust,
            allowed=allowed,
        )

    def tell(self, *subjects: str, kind: EventKind = EventKind.RECEIVED) -> None:
        with psycopg.connect(self.trace_dsn, autocommit=True) as connection:
            for subject in subjects:
                connection.execute(
                    "INSERT INTO event (at, seq, tenant, message, kind, recipients, details)"
                    " VALUES (%s, %s, %s, %s, %s, %s, %s)",
                    [
                        NOW,
                        uuid4().int >> 65,
                        self.tenant,
                        new_message_id(),
                        kind.value,
                        ["alice@acme.example"],
                        json.dumps({"subject": subject, "client": {"ip": "192.0.2.7"}}),
                    ],
                )


@pytest.fixture
async def house(database_server: EmbeddedServer) -> AsyncIterator[House]:
    mark = uuid4().hex[:8]
    dsns = {}
    for kind in ("control", "trace"):
        create_database(database_server.dsn("postgres"), f"{kind}_{mark}")
        dsns[kind] = database_server.dsn(f"{kind}_{mark}")
        migrate(dsns[kind], kind)
    with psycopg.connect(dsns["trace"], autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE event_march PARTITION OF event FOR VALUES FROM ('2026-03-01') TO ('2026-04-01')"
        )
    with psycopg.connect(dsns["control"], autocommit=True) as connection:
        row = connection.execute(
            "INSERT INTO tenant (name, version, publication) VALUES ('acme', 1, 1) RETURNING id"
        ).fetchone()
    assert row is not None
    control, trace = Pool(dsns["control"], 3), Pool(dsns["trace"], 3)
    yield House(control, trace, dsns["trace"], TenantId(row[0]))
    await control.close()
    await trace.close()


async def test_a_web_hook_gets_signed_events_in_order(house: House, listener: Listener) -> None:
    wanted = Wanted(name="ours", target=f"https://localhost:{listener.port}/hook?a=1")
    outlet = await house.store.add(house.tenant, wanted, 0, "eva", NOW)
    house.tell("first", "second")

    await house.pusher(listener).send_due(NOW)

    (body,) = listener.got
    told = json.loads(body)
    assert ([each["subject"] for each in told["events"]], told["tenant"]) == (["first", "second"], "acme")
    assert listener.heads[0].startswith(b"POST /hook?a=1 HTTP/1.1\r\n")
    fields = dict(line.split(b": ", 1) for line in listener.heads[0].split(b"\r\n")[1:] if b": " in line)
    signature = {key.lower(): value for key, value in fields.items()}[b"lazaretto-signature"].decode()
    at, _, digest = signature.removeprefix("t=").partition(",v1=")
    secret = secret_of(KEY, outlet.id, 1)
    assert digest == hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


async def test_what_was_taken_is_not_sent_again(house: House, listener: Listener) -> None:
    await house.store.add(
        house.tenant, Wanted(name="ours", target=f"https://localhost:{listener.port}/"), 0, "eva", NOW
    )
    pusher = house.pusher(listener)
    house.tell("first")
    await pusher.send_due(NOW)
    house.tell("second")
    await pusher.send_due(NOW + timedelta(minutes=1))
    await pusher.send_due(NOW + timedelta(minutes=2))

    assert [json.loads(body)["events"][0]["subject"] for body in listener.got] == ["first", "second"]


async def test_what_was_not_taken_comes_again_later_and_later(house: House, listener: Listener) -> None:
    await house.store.add(
        house.tenant, Wanted(name="ours", target=f"https://localhost:{listener.port}/"), 0, "eva", NOW
    )
    house.tell("first")
    pusher = house.pusher(listener)
    listener.answer = (
        b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\n\r\n"
    )
    await pusher.send_due(NOW)
    (failed,) = await house.store.list(house.tenant)
    await pusher.send_due(NOW + timedelta(seconds=5))
    listener.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    await pusher.send_due(NOW + timedelta(seconds=10))
    (well,) = await house.store.list(house.tenant)

    assert (failed.problem, failed.next_at - NOW) == ("localhost answered 302", timedelta(seconds=10))
    assert len(listener.got) == 2
    assert (well.problem, well.failures, well.sent_at) == ("", 0, NOW + timedelta(seconds=10))


async def test_an_outlet_that_fails_for_days_is_switched_off_and_can_be_tried_again(
    house: House, listener: Listener
) -> None:
    wanted = Wanted(name="ours", target=f"https://localhost:{listener.port}/")
    outlet = await house.store.add(house.tenant, wanted, 0, "eva", NOW)
    house.tell("first")
    pusher = house.pusher(listener)
    listener.answer = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"
    await pusher.send_due(NOW)
    await pusher.send_due(NOW + GIVE_UP_AFTER)
    (off,) = await house.store.list(house.tenant)
    listener.answer = b"HTTP/1.1 204 No Content\r\n\r\n"
    await house.store.resume(house.tenant, outlet.id, NOW + GIVE_UP_AFTER)
    await pusher.send_due(NOW + GIVE_UP_AFTER)

    assert not off.is_active
    assert json.loads(listener.got[-1])["events"][0]["subject"] == "first"


@pytest.mark.parametrize(
    ("form", "scheme", "log"),
    [(Format.JSON, "https", False), (Format.JSON, "syslog+tls", True), (Format.CEF, "syslog+tls", True)],
    ids=["web hook", "JSON in a log", "CEF in a log"],
)
async def test_details_of_malware_go_only_to_those_who_ordered_them(
    house: House, listener: Listener, form: Format, scheme: str, log: bool
) -> None:
    listener.is_log = log
    target = f"{scheme}://localhost:{listener.port}/"
    for name, kinds in (("all", ()), ("some", (EventKind.CONVICTED,))):
        wanted = Wanted(name=name, target=target, format=form, kinds=kinds)
        await house.store.add(house.tenant, wanted, 0, "eva", NOW)
    house.tell("an ordinary letter")
    house.tell("an infected letter", kind=EventKind.CONVICTED)

    await house.pusher(listener, has_details=False).send_due(NOW)
    await asyncio.wait_for(listener.came.wait(), 60)
    (without,) = listener.got
    await house.pusher(listener).send_due(NOW + timedelta(minutes=1))
    async with asyncio.timeout(60):
        while len(listener.got) < 2:
            await asyncio.sleep(0.01)

    assert b"an ordinary letter" in without
    assert b"convicted" not in without
    assert b"infected" not in without
    assert b"an infected letter" in listener.got[1]


async def test_a_private_address_is_never_reached(house: House, listener: Listener) -> None:
    for name, host in (("name", "localhost"), ("number", "127.0.0.1"), ("mapped", "[::ffff:127.0.0.1]")):
        wanted = Wanted(name=name, target=f"https://{host}:{listener.port}/")
        await house.store.add(house.tenant, wanted, 0, "eva", NOW)
    house.tell("first")

    await house.pusher(listener, allowed=()).send_due(NOW)

    assert listener.got == []
    assert all("no public address" in outlet.problem for outlet in await house.store.list(house.tenant))


@pytest.mark.parametrize("form", list(Format))
async def test_a_log_server_gets_framed_messages(house: House, listener: Listener, form: Format) -> None:
    listener.is_log = True
    wanted = Wanted(
        name="logs",
        target=f"syslog+tls://localhost:{listener.port}",
        format=form,
        kinds=(EventKind.QUARANTINED,),
    )
    await house.store.add(house.tenant, wanted, 0, "eva", NOW)
    house.tell("not meant")
    house.tell("a | b = c\nd", kind=EventKind.QUARANTINED)

    await house.pusher(listener).send_due(NOW)

    await asyncio.wait_for(listener.came.wait(), 60)
    (octets,) = listener.got
    length, _, message = octets.partition(b" ")
    assert int(length) == len(message)
    assert message.startswith(b"<20>1 2026-03-01T12:00:00.000Z gw.example lazaretto - quarantined - ")
    assert b"\n" not in message
    if form is Format.CEF:
        assert b"CEF:0|Lazaretto|Lazaretto|1|quarantined|" in message
        assert b"msg=a | b \\= c d" in message
