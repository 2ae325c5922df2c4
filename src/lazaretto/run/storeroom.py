"""What the web process and commands about people need: the store of one home, opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from lazaretto.run.database import Database
from lazaretto.run.home import Home
from lazaretto.run.naming import host_name
from lazaretto.run.settings import Settings, load_settings
from lazaretto.run.storekey import web_key
from lazaretto.store.given import StoreSettings
from lazaretto.store.opening import bring_up_to_date, open_store

DEMO_ADDRESS: Final = "127.0.0.1:8025"
"""Where pages listen in the demonstration."""


def store_settings(home: Home, settings: Settings, http: str = "", dns_file: str = "") -> StoreSettings:
    """Return what the store of ``home`` is opened with."""
    database = Database(home, settings)
    base_url = base_url_of(settings, http)
    host = urlsplit(base_url).hostname or ""
    own_name = host_name(settings)
    return StoreSettings(
        control=database.dsn("control"),
        spool=database.dsn("spool"),
        trace=database.dsn("trace"),
        master_key=str(home.master_key),
        content=str(home.content),
        object_store=_object_store(settings),
        secret=web_key(home),
        base_url=base_url,
        hosts=tuple(dict.fromkeys((host, "127.0.0.1", "localhost", "[::1]"))),
        keep_audit_months=settings.spool.keep_audit_months,
        give_up_after=settings.spool.give_up_after.total_seconds(),
        requests_per_minute=settings.web.requests_per_minute,
        max_body=settings.web.max_body,
        secure=base_url.startswith("https://"),
        reachable_networks=settings.web.outlet_networks,
        dns_file=dns_file,
        dns_servers=settings.dns.servers,
        host_name=own_name,
        mx_hosts=settings.web.mx_hosts or (own_name,),
        spf_include=settings.web.spf_include,
        probe_address=settings.web.probe_address,
        probe_networks=settings.web.probe_networks,
    )


def base_url_of(settings: Settings, http: str = "") -> str:
    """Return what links in mail and pages begin with, without a slash at its end."""
    return settings.web.base_url.rstrip("/") or f"http://{http or settings.listen.http or DEMO_ADDRESS}"


def _object_store(settings: Settings) -> dict[str, Any] | None:
    store = settings.content.object_store
    if store is None:
        return None
    given = store.model_dump(mode="json")
    return {**given, "secret_access_key": store.secret_access_key.get_secret_value()}


@contextmanager
def open_storeroom(home: Home) -> Iterator[None]:
    """Open the store of ``home`` for the length of a command; starts PostgreSQL if nothing runs."""
    settings = load_settings(home)
    with Database(home, settings).available():
        open_store(store_settings(home, settings))
        bring_up_to_date()
        yield
