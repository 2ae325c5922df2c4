"""What commands say and how they end, against a running product: what was asked for, or exit 1."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from lazaretto.testing.ports import free_port
from tests.integration.running_product import (
    answer,
    eventually,
    infected,
    queue,
    queued_as,
    running_product,
)
from tests.journeys.conftest import Platform
from tests.load.product import LAZARETTO

pytestmark = pytest.mark.integration

SETTINGS = """\
[edge]
banner_delay = 0.0
[delivery]
first_delay = 600.0
"""


@dataclass(frozen=True)
class Said:
    """A command's end."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with running_product(tmp_path_factory.mktemp("commands"), SETTINGS) as made:
        yield made


def said(platform: Platform, *words: str, typed: str = "") -> Said:
    """Run a command against the platform's home."""
    command = [LAZARETTO, *words, "--home", platform.product.home]
    done = subprocess.run(command, input=typed, capture_output=True, text=True, check=False, timeout=300)
    return Said(done.returncode, done.stdout, done.stderr)


def at_rest(platform: Platform) -> str:
    """Return the id of a message that just went into quarantine."""
    identity = queued_as(answer(platform, infected()))
    eventually(lambda: identity in said(platform, "quarantine", "list").out)
    return identity


def test_a_copy_leaves_as_it_was_told_and_the_id_that_was_typed_is_shown(platform: Platform) -> None:
    identity = at_rest(platform)

    for _ in range(2):
        told = said(platform, "quarantine", "release", identity)
        assert (told.code, told.out) == (0, f"{identity}: released\n")

    told = said(platform, "quarantine", "delete", "--yes", identity)
    assert (told.code, told.out) == (1, "")
    assert f"{identity}: was released before" in told.err


def test_what_was_deleted_is_not_said_to_be_released(platform: Platform) -> None:
    identity, unknown = at_rest(platform), str(uuid4())

    refused = said(platform, "quarantine", "delete", identity, typed="n\n")
    assert (refused.code, "nothing was changed" in refused.err) == (1, True)

    told = said(platform, "quarantine", "delete", "--yes", identity, unknown)
    assert (told.code, told.out) == (1, f"{identity}: deleted\n")
    assert f"{unknown}: not in quarantine" in told.err

    told = said(platform, "quarantine", "release", identity)
    assert (told.code, told.out) == (1, "")
    assert f"{identity}: was deleted before" in told.err


def test_mail_is_rerouted_to_domains_that_somebody_receives_for(platform: Platform) -> None:
    document = platform.product.home / "away.yaml"
    document.write_text(
        "version: 1\ntenant: away\ndomains:\n  away.example:\n"
        f"    routes: [{{host: 127.0.0.1, port: {free_port()}}}]\n"
        "address_registration: enforce\naddresses: [bob@away.example]\n"
    )
    platform.product.command("tenant", "apply", str(document))
    identity = queued_as(
        answer(platform, infected().replace(b"EICAR", b"nothing"), recipient="bob@away.example")
    )
    eventually(lambda: [each for each in queue(platform) if each["id"] == identity and each["failures"]])

    told = said(platform, "queue", "reroute", identity, "one.exmaple")
    assert (told.code, "one.exmaple is no tenant's domain" in told.err) == (1, True)

    told = said(platform, "queue", "reroute", identity, "One.Example")
    assert (told.code, told.out) == (0, "1 copy is on the way to the hosts of one.example\n")
    eventually(lambda: platform.delivered(identity))


def test_a_second_station_does_not_take_the_place_of_the_first(platform: Platform) -> None:
    for role in ("scan", "deliver"):
        told = said(platform, "serve", role)
        assert (told.code, f"role {role} runs already in" in told.err) == (1, True)

    assert "the scanning station listens" in said(platform, "doctor").out
    assert at_rest(platform)


def test_a_port_that_somebody_has_is_a_sentence(platform: Platform) -> None:
    home = platform.product.home.parent / "second"
    command = [LAZARETTO, "run", "--home", home, "--smtp", f"127.0.0.1:{platform.product.port}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == 1
    assert (
        f"127.0.0.1:{platform.product.port} is in use or not ours; set listen.smtp or --smtp" in done.stderr
    )
    assert "Traceback" not in done.stderr


def test_a_document_in_files_comes_back_octet_by_octet(platform: Platform, tmp_path: Path) -> None:
    file, bare = tmp_path / "filed.yaml", "tenant: filed\ndomains: {filed.example: {}}\n"
    people = "".join(f"- p{number}@filed.example\n" for number in range(150))
    file.write_text(f"{bare}addresses:\n{people}")
    said(platform, "tenant", "apply", str(file))
    exported = said(platform, "tenant", "export", "filed").out

    written = said(platform, "tenant", "export", "filed", "--files", str(tmp_path / "kept"))
    file.write_text(bare)
    said(platform, "tenant", "apply", str(file))
    again = said(platform, "tenant", "apply", str(tmp_path / "kept" / "filed.yaml"))

    assert len(written.out.split()) == 2 and "p149" not in (tmp_path / "kept" / "filed.yaml").read_text()
    assert again.code == 0, again.err
    assert said(platform, "tenant", "export", "filed").out == exported
    with (tmp_path / "kept" / "filed-addresses.yaml").open("a") as addresses:
        addresses.write("- eve@filed.example\n")
    refused = said(platform, "tenant", "apply", str(tmp_path / "kept" / "filed.yaml"))
    assert refused.code == 1 and "is not the file that addresses names" in refused.err
