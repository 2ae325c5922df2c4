"""The real web application on a real database with two tenants, asked without a socket."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from lazaretto.db.migrate import prepare
from lazaretto.db.server import EmbeddedServer
from lazaretto.store.given import StoreSettings
from lazaretto.store.opening import bring_up_to_date, open_store

DOCUMENT = """\
version: 1
tenant: {name}
domains:
  {name}.example:
    routes: [{{host: 127.0.0.1, port: 2626}}]
  branch.{name}.example:
    routes: [{{host: 127.0.0.1, port: 2626}}]
addresses: [alice@{name}.example, bob@branch.{name}.example]
"""


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """An embedded PostgreSQL with the three databases."""
    home = Path(tempfile.mkdtemp(prefix="lazaretto-tests-"))
    home.chmod(0o711)
    server = EmbeddedServer(home)
    server.start()
    prepare(server)
    yield server
    cluster = server.cluster
    server.stop()
    shutil.rmtree(cluster.data.parent, ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def dns_answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of answers that the store asks in place of the DNS; tests write it anew."""
    file = tmp_path_factory.mktemp("dns") / "dns.json"
    file.write_text("{}")
    return file


@pytest.fixture(scope="session")
def store(
    server: EmbeddedServer, dns_answers: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StoreSettings]:
    """The store, opened, with the tenants ``acme`` and ``zeta``."""
    sealed = tmp_path_factory.mktemp("sealed")
    (sealed / "content").mkdir()
    settings = StoreSettings(
        master_key=str(sealed / "master.key"),
        content=str(sealed / "content"),
        control=server.dsn("control"),
        spool=server.dsn("spool"),
        trace=server.dsn("trace"),
        secret=uuid4().hex,
        hosts=("testserver", "127.0.0.1"),
        requests_per_minute=1_000_000,
        reachable_networks=("127.0.0.0/8",),
        dns_file=str(dns_answers),
        host_name="mx.platform.example",
        mx_hosts=("mx.platform.example",),
        probe_address="127.0.0.2",
        probe_networks=("127.0.0.0/8",),
    )
    open_store(settings)
    bring_up_to_date()
    from lazaretto.store.mailpath import mail_path
    from lazaretto.web.shell.texts import load_texts

    load_texts()

    for name in ("acme", "zeta"):
        mail_path().wait(mail_path().tenants.apply(DOCUMENT.format(name=name), by="test"))
    yield settings
    mail_path().close()


@dataclass
class Answer:
    """What the API answered."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        """Return the body's JSON value."""
        return json.loads(self.text)


class Program:
    """Somebody with a token; empty = nobody known."""

    def __init__(self, token: str) -> None:
        from django.test import Client

        self.token = token
        self._client = Client(raise_request_exception=False)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send one request to ``/api/v1`` and return the answer."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            given["Authorization"] = f"Bearer {self.token}"
        response = self._client.generic(
            method,
            f"/api/v1{path}",
            b"" if body is None else json.dumps(body).encode(),
            content_type="application/json",
            headers=given,
        )
        return Answer(response.status_code, dict(response.headers), response.content.decode())

    def get(self, path: str, **headers: str) -> Answer:
        """Ask with GET."""
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        """Ask with POST."""
        return self.ask("POST", path, body, **headers)


def with_grant(tenant: str | None, role: str = "", **granted: Any) -> Program:
    """Return somebody who is granted ``role`` in ``tenant`` (None = on the platform), and nothing else."""
    from lazaretto.store.people.commands import Granted, add_account
    from lazaretto.store.people.console import console_scope, console_token

    email = f"{role or 'own'}-{uuid4().hex[:8]}@people.example"
    add_account(console_scope("test", tenant), email, Granted(role=role, **granted))
    return Program(console_token("test", email, "test", (), None))


class Browser:
    """Somebody with a browser; keeps cookies, follows nothing."""

    def __init__(self, *, checks_forms: bool = False) -> None:
        from django.test import Client

        self._client = Client(
            raise_request_exception=False, enforce_csrf_checks=checks_forms, headers={"User-Agent": "tests"}
        )

    def ask(self, method: str, path: str, form: Any = None, **headers: str) -> Answer:
        """Send one request for a page and return the answer; ``form`` is sent as fields."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if method == "POST":
            response = self._client.post(path, form or {}, headers=given)
        else:
            response = self._client.generic(method, path, headers=given)
        octets = b"".join(response) if response.streaming else response.content
        return Answer(response.status_code, dict(response.headers), octets.decode("utf-8", "replace"))

    @property
    def session(self) -> str:
        """Return the key of the session, as the cookie says it."""
        from django.conf import settings

        key: str = self._client.cookies[settings.SESSION_COOKIE_NAME].value
        return key

    def get(self, path: str, **headers: str) -> Answer:
        """Ask with GET."""
        return self.ask("GET", path, **headers)

    def post(self, path: str, form: Any = None, **headers: str) -> Answer:
        """Send a form."""
        return self.ask("POST", path, form, **headers)

    def sign_in_as(self, email: str) -> None:
        """Have a session of the account ``email``, however it would be proven."""
        from django.conf import settings

        from lazaretto.store.people.models import Account
        from lazaretto.store.people.sessions import SessionStore, begin

        session = SessionStore()
        account = Account.objects.get(email=email)
        begin(session, account, way="test", client="127.0.0.1", agent="tests")
        session.save()
        assert session.session_key is not None
        self._client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key


def signed_in_with(tenant: str | None, role: str = "", **granted: Any) -> Browser:
    """Return a browser of somebody who is granted ``role`` in ``tenant`` (None = on the platform)."""
    from lazaretto.store.people.commands import Granted, add_account
    from lazaretto.store.people.console import console_scope

    email = f"{role or 'own'}-{uuid4().hex[:8]}@people.example"
    add_account(console_scope("test", tenant), email, Granted(role=role, **granted))
    browser = Browser()
    browser.sign_in_as(email)
    return browser


def signed_in_end_user(address: str = "alice@acme.example") -> Browser:
    """Return a browser of an end user, whose address is proven."""
    from datetime import UTC, datetime

    from lazaretto.store.people.models import Account

    Account.objects.update_or_create(email=address, defaults={"address_proven_at": datetime.now(UTC)})
    browser = Browser()
    browser.sign_in_as(address)
    return browser


def filled_path(card: Any, tenant: str = "acme") -> str:
    """Return where a page is, with something in place of its parameters."""
    import re

    def something(found: re.Match[str]) -> str:
        kind = found[1] or "str"
        return {"uuid": str(uuid4()), "int": "1"}.get(kind, "something")

    place = card.place.value.replace("<tenant>", tenant)
    return f"/{place}" + re.sub(r"<(?:(\w+):)?\w+>", something, card.path)


@pytest.fixture(scope="session")
def operator(store: StoreSettings) -> Program:
    """An administrator of the platform."""
    return with_grant(None, "operator-administrator")


@pytest.fixture(scope="session")
def administrator(store: StoreSettings) -> Program:
    """The administrator of the tenant ``acme``."""
    return with_grant("acme", "tenant-administrator")


@pytest.fixture(scope="session")
def stranger(store: StoreSettings) -> Program:
    """The administrator of the other tenant, ``zeta``."""
    return with_grant("zeta", "tenant-administrator")


@pytest.fixture(scope="session")
def nobody(store: StoreSettings) -> Program:
    """Somebody without a token."""
    return Program("")


@pytest.fixture(scope="session")
def post_office(store: StoreSettings) -> Any:
    """Where letters are accepted for the tenants."""
    from tests.portal.mail import PostOffice

    return PostOffice(store)


@pytest.fixture(scope="module")
def furnished(store: StoreSettings, post_office: Any, dns_answers: Path) -> Any:
    """A tenant that has one of everything."""
    from tests.portal.furnished import furnish

    return furnish(post_office, dns_answers)
