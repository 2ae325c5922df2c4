"""The job that sends tenants' events to their outlets."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import httpx
import structlog

from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.events import EventKind
from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Pool
from lazaretto.delivery.reaching import checked_address
from lazaretto.journal.feeding import FedEvent, Feed
from lazaretto.journal.outlet_forms import SIGNATURE_FIELD, hook_body, log_message, secret_of, signature
from lazaretto.journal.outlets import Outlet, OutletStore, host_and_port

log = structlog.get_logger(__name__)

LOOK_EVERY: Final = 2.0
AT_ONCE: Final = 500
"""Events of one call."""
IDLE: Final = timedelta(seconds=2)
_PATIENCE: Final = 15.0


class Pusher:
    """Sends what is due; ``trust`` is whose certificates count, ``allowed`` which private networks.

    ``has_details`` tells which tenants ordered detailed events of malware; others never get them.
    """

    def __init__(
        self,
        control: Pool,
        trace: Pool,
        *,
        key: str,
        host_name: str,
        name_of: Callable[[TenantId], str] = str,
        has_details: Callable[[TenantId], bool] = lambda _: True,
        trust: ssl.SSLContext | None = None,
        allowed: Sequence[str] = (),
    ) -> None:
        self._store = OutletStore(control)
        self._feed = Feed(trace)
        self._key = key
        self._host_name = host_name
        self._name_of = name_of
        self._has_details = has_details
        self._trust = trust or ssl.create_default_context()
        self._allowed = allowed

    async def run(self) -> None:
        """Send what is due, for ever."""
        while True:
            await self.send_due(datetime.now(UTC))
            await asyncio.sleep(LOOK_EVERY)

    async def send_due(self, now: datetime) -> None:
        """Send what is due at ``now``; one outlet does not wait for another."""
        outlets = await self._store.claim(now)
        await asyncio.gather(*(self._send(outlet, now) for outlet in outlets))

    async def _send(self, outlet: Outlet, now: datetime) -> None:
        kinds = self._kinds(outlet)
        if kinds is None:
            await self._store.sent(outlet, outlet.place, outlet.sent_at or now, now + IDLE)
            return
        events = await self._feed.read(TenantId(outlet.tenant), outlet.place, kinds=kinds, limit=AT_ONCE)
        if not events:
            await self._store.sent(outlet, outlet.place, outlet.sent_at or now, now + IDLE)
            return
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._deliver(outlet, events, now)
        except (TemporaryFailure, httpx.HTTPError, OSError, TimeoutError) as failure:
            problem = str(failure) or type(failure).__name__
            log.info("outlet failed", outlet=str(outlet.id), problem=problem)
            await self._store.failed(outlet, problem, now)
            return
        more = len(events) == AT_ONCE
        await self._store.sent(outlet, events[-1].shipped, now, now if more else now + IDLE)

    def _kinds(self, outlet: Outlet) -> list[EventKind] | None:
        """Return the kinds that are sent, empty = all; None where nothing of them was ordered."""
        kinds = [EventKind(kind) for kind in outlet.kinds]
        if self._has_details(TenantId(outlet.tenant)):
            return kinds
        return [kind for kind in kinds or EventKind if kind is not EventKind.CONVICTED] or None

    async def _deliver(self, outlet: Outlet, events: Sequence[FedEvent], now: datetime) -> None:
        host, port = host_and_port(outlet.target)
        address = await checked_address(host, port, self._allowed)
        tenant = self._name_of(TenantId(outlet.tenant))
        if outlet.target.startswith("https:"):
            await self._call(outlet, host, address, hook_body(outlet, tenant, events), now)
        else:
            messages = [log_message(outlet, self._host_name, tenant, event) for event in events]
            await self._log(host, address, port, b"".join(messages))

    async def _call(self, outlet: Outlet, host: str, address: str, body: bytes, now: datetime) -> None:
        secret = secret_of(self._key, outlet.id, outlet.generation)
        parts = urlsplit(outlet.target)
        bracketed = f"[{address}]" if ":" in address else address
        port = f":{parts.port}" if parts.port else ""
        url = urlunsplit(("https", bracketed + port, parts.path or "/", parts.query, ""))
        headers = {
            "Host": host + port,
            "Content-Type": "application/json",
            "User-Agent": "Lazaretto",
            SIGNATURE_FIELD: signature(secret, body, now),
        }
        # A redirect could lead to where the first address was not allowed to.
        async with (
            httpx.AsyncClient(verify=self._trust, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "POST",
                url,
                content=body,
                headers=headers,
                extensions={"sni_hostname": host},
                timeout=_PATIENCE,
            ) as response,
        ):
            if not 200 <= response.status_code < 300:
                raise TemporaryFailure(f"{host} answered {response.status_code}")

    async def _log(self, host: str, address: str, port: int, octets: bytes) -> None:
        _, writer = await asyncio.open_connection(address, port, ssl=self._trust, server_hostname=host)
        try:
            writer.write(octets)
            await writer.drain()
        finally:
            writer.close()
            with suppress(OSError, ssl.SSLError):
                # Waits for the other side's word that it has seen the end.
                await writer.wait_closed()
