"""Orders given by command stand in the audit as those given by API do, and a removed row shows."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import click
import psycopg
import pytest

from lazaretto.cli.main import root
from lazaretto.run.database import Database
from lazaretto.run.home import Home
from lazaretto.run.settings import load_settings
from tests.integration.running_product import answer, eventually, infected, queued_as, running_product
from tests.journeys.conftest import Platform
from tests.load.product import LAZARETTO

pytestmark = pytest.mark.integration

NOBODY = str(uuid4())

WHO = f"command:{pwd.getpwuid(os.getuid()).pw_name}"
DOCUMENT = "tenant: other\ndomains: {other.example: {}}\naddresses: [a@other.example]\n"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with running_product(tmp_path_factory.mktemp("audited"), "[edge]\nbanner_delay = 0.0\n") as made:
        yield made


def said(platform: Platform, *words: str, code: int = 0) -> str:
    command = [LAZARETTO, *words, "--home", platform.product.home]
    plain = {name: value for name, value in os.environ.items() if name != "SUDO_USER"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=plain)
    assert done.returncode == code, done.stderr
    return done.stdout


def entries(platform: Platform, *more: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said(platform, "audit", "list", "--json", *more).split("\n") if line]


def apply(platform: Platform, folder: Path, text: str) -> None:
    file = folder / "other.yaml"
    file.write_text(text)
    said(platform, "tenant", "apply", str(file))


@pytest.mark.parametrize("count", [5, 20])
def test_a_table_that_takes_many_addresses_away_is_asked_about(
    platform: Platform, tmp_path: Path, count: int
) -> None:
    people = [f"p{number}@crowd.example" for number in range(count)]
    document = {"tenant": "crowd", "domains": {"crowd.example": {}}, "addresses": people}
    apply(platform, tmp_path, json.dumps(document))
    table = tmp_path / "half-written.csv"
    table.write_text(people[0] + "\n")
    words = ("addresses", "upload", "crowd", str(table), "--replace")

    said(platform, *words, code=1)
    kept = said(platform, "addresses", "download", "crowd")
    told = said(platform, *words, "--yes")

    assert all(each in kept for each in people)
    assert f"{count - 1} removed, 1 kept" in told


def test_what_is_applied_rolled_back_and_uploaded_is_told(platform: Platform, tmp_path: Path) -> None:
    apply(platform, tmp_path, DOCUMENT)
    apply(platform, tmp_path, DOCUMENT + "max_message_size: 60\n")
    apply(platform, tmp_path, DOCUMENT + "max_message_size: 60\n")
    said(platform, "tenant", "rollback", "other", "1")
    table = tmp_path / "more.csv"
    table.write_text("b@other.example\n")
    said(platform, "addresses", "upload", "other", str(table))

    uploaded, back, first = entries(platform, "--tenant", "other")

    assert {each["actor"] for each in (uploaded, back, first)} == {WHO}
    assert (first["act"], first["before"], first["after"]) == (
        "tenant.publish",
        {"max_message_size": None},
        {"max_message_size": 60},
    )
    assert (back["before"], back["after"]) == ({"max_message_size": 60}, {"max_message_size": None})
    assert uploaded["after"] == {"addresses": ["a@other.example", "b@other.example"]}
    added = next(
        each for each in entries(platform) if each["act"] == "tenant.add" and each["object"] == "other"
    )
    assert added["after"]["domains"].keys() == {"other.example"}


def test_an_order_that_fails_is_told_as_well(platform: Platform) -> None:
    nobody = str(uuid4())

    said(platform, "queue", "retry", "--tenant", "demo", "--reason", nobody, code=1)
    said(platform, "quarantine", "delete", nobody, "--yes", code=1)

    latest = entries(platform)[0]
    assert (latest["act"], latest["object"]) == ("quarantine.delete", nobody)


def test_deleting_from_quarantine_stands_in_the_chain_of_its_tenant(platform: Platform) -> None:
    identity = queued_as(answer(platform, infected()))
    eventually(lambda: identity in said(platform, "quarantine", "list"))

    said(platform, "quarantine", "delete", identity, "--yes")

    names = said(platform, "tenant", "list").split()
    owner = next(name for name in names if name not in {"crowd", "other"})
    told = entries(platform, "--tenant", owner)[0]
    assert (told["act"], told["object"], told["actor"]) == ("quarantine.delete", identity, WHO)


def test_indicators_and_bundles_are_told(platform: Platform) -> None:
    number = said(platform, "ioc", "add", "url", "bad.example/kit", "--tenant", "other").split(":")[0][1:]
    said(platform, "ioc", "remove", number, "--tenant", "other")
    said(platform, "bundle", "rollback", "--to", "0")

    removed, added = entries(platform, "--tenant", "other")[:2]
    assert (added["act"], added["after"]["kind"]) == ("indicator.add", "url")
    assert (removed["act"], removed["before"]) == ("indicator.remove", ["url bad.example/kit"])
    assert entries(platform)[0]["act"] == "bundle.rollback"


def test_keys_are_told(platform: Platform, tmp_path: Path) -> None:
    apply(platform, tmp_path, DOCUMENT + "max_message_size: 62\n")
    said(platform, "dkim", "add", "other.example")
    said(platform, "keys", "rotate", "other")

    rotated, added = entries(platform, "--tenant", "other")[:2]
    assert (added["act"], added["object"]) == ("dkim.add", "other.example")
    assert (rotated["act"], rotated["object"], rotated["actor"]) == ("keys.rotate", "other", WHO)


READING = {
    "": (
        "backtest",
        "doctor",
        "evaluate",
        "explain",
        "lists",
        "mail-events",
        "malware-events",
        "reconcile",
        "scan",
        "trace",
        "troubles",
    ),
    "account": ("list",),
    "addresses": ("download", "learned"),
    "audit": ("list", "verify"),
    "bundle": ("status",),
    "config": ("check", "show"),
    "digest": ("list",),
    "dkim": ("check", "list", "records"),
    "ioc": ("export", "list"),
    "leanings": ("list",),
    "proposal": ("list", "show"),
    "provider": ("list",),
    "quarantine": ("list", "requests"),
    "queue": ("figures", "list"),
    "report": ("list",),
    "tenant": ("check", "conformance", "diff", "export", "history", "list", "lists", "show", "trial"),
    "tls": ("received", "sessions"),
}
READS = {f"{group} {verb}".strip() for group, verbs in READING.items() for verb in verbs}
ELSEWHERE = frozenset(
    {
        # They run the product, fill the demonstration, or make files of their own.
        *("run", "serve", "demo run", "demo mail", "demo fill", "demo clear", "train"),
        *("bundle key", "bundle build", "bundle sign", "bundle export"),
        # Needs a key that the platform trusts: `test_bundles` looks for its entry.
        "bundle install",
    }
)
EVE = "eve@people.example"
OF_OTHER = ("--tenant", "told")
OIDC = ("--issuer", "https://sign-in.example", "--client", "lazaretto", "--secret-file", "{folder}/secret")
SAML = (
    *("--entity-id", "https://sign-in.example", "--sign-in-address", "https://sign-in.example/sso"),
    *("--certificate", "{folder}/certificate.pem"),
)
ORDERS = {
    "account add": ([EVE, "--tenant", "told", "--role", "tenant-administrator"], "account.add"),
    "leanings reset": (["told"], "leaning.reset"),
    "account token": ([EVE, "--name", "scripts"], "token.add"),
    "account revoke": ([EVE, "--name", "scripts"], "token.revoke"),
    "account invite": ([EVE], "account.invite"),
    "account initial-password": ([EVE], "account.initial-password"),
    "account take-factors": ([EVE, "--yes"], "account.take-factors"),
    "account break-glass": ([EVE], "account.break-glass"),
    "account remove": ([EVE, "--tenant", "told", "--yes"], "account.remove"),
    "addresses upload": (["told", "{folder}/more.csv"], "tenant.publish"),
    "addresses adopt": (["told", "learned@told.example"], "tenant.publish"),
    "bundle rollback": (["--to", "0"], "bundle.rollback"),
    "digest dispute": (["0" * 64, "--why", "wrong"], "digest.dispute"),
    "dkim add": (["told.example"], "dkim.add"),
    "dkim rotate": (["told.example", "--unchecked"], "dkim.rotate"),
    "dkim remove": (["told.example", "nosuch", "--yes"], "dkim.remove"),
    "ioc add": (["url", "bad.example/x", "--tenant", "told"], "indicator.add"),
    "ioc import": (["{folder}/indicators.csv", "--tenant", "told"], "indicator.add"),
    "ioc renew": (["{number}", "--days", "3", "--tenant", "told"], "indicator.renew"),
    "ioc remove": (["{number}", "--tenant", "told"], "indicator.remove"),
    "keys rotate": (["told"], "keys.rotate"),
    "proposal make": (["{folder}/other.yaml"], "proposal.make"),
    "proposal approve": (["told", "1"], "proposal.approve"),
    "proposal reject": (["told", "1"], "proposal.reject"),
    "provider oidc": (["told.example", *OF_OTHER, *OIDC], "provider.set"),
    "provider saml": (["told.example", *OF_OTHER, *SAML], "provider.set"),
    "provider remove": (["told.example", *OF_OTHER, "--yes"], "provider.remove"),
    "quarantine approve": ([NOBODY, "--as", "x@told.example", "--why", "w"], "quarantine.approve"),
    "quarantine delete": ([NOBODY, "--yes"], "quarantine.delete"),
    "quarantine deny": ([NOBODY, "--as", "x@told.example", "--why", "w"], "quarantine.deny"),
    "quarantine release": ([NOBODY, "--as", "x@told.example"], "quarantine.release"),
    "queue bounce": (["--tenant", "told", "--yes"], "queue.bounce"),
    "queue delete": (["--tenant", "told", "--yes"], "queue.delete"),
    "queue hold": (["--tenant", "told"], "queue.hold"),
    "queue release": (["--tenant", "told"], "queue.release"),
    "queue reroute": (["--tenant", "told", "demo.example", "--force"], "queue.reroute"),
    "queue retry": (["--tenant", "told"], "queue.retry"),
    "report spam": (["{folder}/mail.eml", "--tenant", "told"], "report.add"),
    "report not-spam": (["{folder}/mail.eml", "--tenant", "told"], "report.add"),
    "tenant apply": (["{folder}/other.yaml"], "tenant.publish"),
    "tenant promote": (["told"], "tenant.publish"),
    "tenant rollback": (["told", "1"], "tenant.publish"),
}


TOLD = """\
tenant: told
domains: {told.example: {}}
addresses: [a@told.example]
administrators: [x@told.example]
approved_senders: [{entry: partner.example, shadow: true}]
"""
IN_ONE_PROCESS = """
import json, sys
from lazaretto.cli.main import root
for words in json.load(sys.stdin):
    try:
        root.main(words, standalone_mode=False)
    except BaseException as failure:
        print(" ".join(words), "->", repr(failure)[:300], file=sys.stderr)
"""
"""Starting Python for each of forty commands would take longer than all that they do."""


def leaves(group: click.Command = root, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield every command by its words."""
    if not isinstance(group, click.Group):
        yield " ".join(path)
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield from leaves(found, (*path, name))


def test_every_command_reads_or_is_known_to_order() -> None:
    assert sorted(leaves()) == sorted({*READS, *ELSEWHERE, *ORDERS})


def test_every_order_is_told(platform: Platform, tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "other.yaml").write_text(f"{TOLD}max_message_size: 63\n")
    (tmp_path / "more.csv").write_text("c@told.example\n")
    (tmp_path / "indicators.csv").write_text("kind,value\nurl,bad.example/y\n")
    (tmp_path / "mail.eml").write_bytes(b"From: x@bad.example\nSubject: buy\n\nBuy it now\n")
    (tmp_path / "secret").write_text("secret")
    apply(platform, tmp_path / "first", TOLD)
    number = said(platform, "ioc", "add", "url", "bad.example/z", "--tenant", "told").split(":")[0][1:]
    home = ["--home", str(platform.product.home)]
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=idp", "-days", "9"]
    files = ["-keyout", tmp_path / "key.pem", "-out", tmp_path / "certificate.pem"]
    subprocess.run([*make, *files], check=True, capture_output=True)
    orders = [
        [*leaf.split(), *(word.format(folder=tmp_path, number=number) for word in words), *home]
        for leaf, (words, _) in ORDERS.items()
    ]

    done = subprocess.run(
        [sys.executable, "-c", IN_ONE_PROCESS],
        input=json.dumps(orders),
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )

    told = {each["act"] for each in [*entries(platform), *entries(platform, "--tenant", "told")]}
    silent = sorted(leaf for leaf, (_, act) in ORDERS.items() if act not in told)
    assert silent == [], done.stderr


def test_a_removed_row_shows(platform: Platform, tmp_path: Path) -> None:
    apply(platform, tmp_path, DOCUMENT + "max_message_size: 61\n")
    said(platform, "audit", "verify")
    home = Home(Path(platform.product.home))
    with psycopg.connect(Database(home, load_settings(home)).dsn("control")) as connection:
        connection.execute(
            "DELETE FROM audit_entry WHERE (tenant, number) IN"
            " (SELECT tenant, max(number) - 1 FROM audit_entry"
            " WHERE tenant <> 0 GROUP BY tenant ORDER BY max(number) DESC LIMIT 1)"
        )

    assert "is missing" in said(platform, "audit", "verify", code=1)
