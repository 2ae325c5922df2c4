"""By API as by page: domains prove themselves, changes are tried, senders are listed with what they did."""

from __future__ import annotations

import json
import time
from pathlib import Path
from uuid import uuid4

import pytest

from lazaretto.store.given import StoreSettings
from tests.portal.conftest import Program, with_grant
from tests.portal.people import a_tenant

pytestmark = pytest.mark.integration
TEXT = """\
version: 1
tenant: {name}
domains:
  {name}.example: {}
addresses: ['bob@{name}.example']
"""


@pytest.fixture
def tenant(store: StoreSettings) -> str:
    """A tenant of its own."""
    return a_tenant(TEXT)


@pytest.fixture
def program(tenant: str) -> Program:
    """Its administrator's program."""
    return with_grant(tenant, "tenant-administrator")


def test_a_domain_is_claimed_and_proven(tenant: str, program: Program, dns_answers: Path) -> None:
    domain = f"new{uuid4().hex[:6]}.example"
    dns_answers.write_text("{}")
    claimed = program.post(f"/tenants/{tenant}/domain-claims", {"domain": domain})
    early = program.post(f"/tenants/{tenant}/domain-claims/{domain}/prove", None)
    text = claimed.json["record_text"]
    dns_answers.write_text(json.dumps({claimed.json["record_name"]: {"TXT": [text]}}))

    proven = program.post(f"/tenants/{tenant}/domain-claims/{domain}/prove", None)

    assert (claimed.status, early.json["proof"], proven.json["proof"]) == (201, "absent", "proven")
    assert domain in program.get(f"/tenants/{tenant}/configuration").json["document"]


def test_a_domains_lights_come_with_records_to_paste(
    tenant: str, program: Program, dns_answers: Path
) -> None:
    dns_answers.write_text("{}")

    found = program.get(f"/tenants/{tenant}/domains/{tenant}.example/dns").json

    assert not found["ready"]
    mx = next(each for each in found["checks"] if each["key"] == "mx")
    assert (mx["light"], mx["records"][0]["kind"]) == ("red", "MX")


def test_a_change_is_tried_and_read_until_it_is_finished(tenant: str, program: Program) -> None:
    document = program.get(f"/tenants/{tenant}/configuration").json["document"]
    wanted = {"document": document + "antispam:\n  spam: delete\n", "days": 2}

    run = program.post(f"/tenants/{tenant}/configuration/backtests", wanted)

    assert run.status == 202
    deadline = time.monotonic() + 120
    while not (found := program.get(f"/tenants/{tenant}/configuration/backtests/{run.json['id']}").json)[
        "finished"
    ]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert (found["problem"], found["outcome"]["changed"]) == ("", {})


def test_who_may_not_change_a_setting_may_not_try_it(tenant: str, program: Program) -> None:
    document = program.get(f"/tenants/{tenant}/configuration").json["document"]
    wanted = {"document": document + "antispam:\n  spam: delete\n"}

    answer = with_grant(tenant, "read-only").post(f"/tenants/{tenant}/configuration/backtests", wanted)

    assert answer.status == 403


def test_a_sender_is_blocked_listed_and_taken_off(tenant: str, program: Program) -> None:
    added = program.post(
        f"/tenants/{tenant}/senders/blocked", {"entry": "Bad.example", "expires": "2030-01-31"}
    )
    listed = program.get(f"/tenants/{tenant}/senders").json["items"]
    removed = program.ask("DELETE", f"/tenants/{tenant}/senders/blocked?entry=bad.example")

    assert (added.status, removed.status) == (201, 200)
    assert (listed[0]["entry"], listed[0]["expires"], listed[0]["hits"]) == ("bad.example", "2030-01-31", 0)
    assert "tenant-administrator" in listed[0]["owner"]
    assert program.get(f"/tenants/{tenant}/senders").json["items"] == []


def test_conformance_says_what_differs_and_whose_duty_it_is(tenant: str, program: Program) -> None:
    found = program.get(f"/tenants/{tenant}/configuration")
    body = {"document": found.json["document"] + "antispam:\n  spf: log\n"}
    program.ask("PUT", f"/tenants/{tenant}/configuration", body, If_Match=found.headers["ETag"])

    (deviation,) = program.get(f"/tenants/{tenant}/conformance").json

    assert (deviation["path"], deviation["duty"], deviation["suspends_levels"]) == (
        "antispam.spf",
        "tenant",
        True,
    )
