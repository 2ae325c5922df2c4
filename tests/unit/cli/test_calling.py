"""Commands that are called wrongly say so in a sentence, before anything is started or changed."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from lazaretto.cli import main as command_line
from lazaretto.cli.options import confirm
from lazaretto.run.evaluating import labelled_files, unknown_labels
from lazaretto.run.home import Home


def called(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Return the exit code of a command and what it said on standard error."""
    with pytest.raises(SystemExit) as ended:
        command_line.main(words)
    assert isinstance(ended.value.code, int)
    return ended.value.code, capsys.readouterr().err


def test_a_client_ip_that_is_none_is_a_wrong_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = called("trace", "--home", str(tmp_path), "--client-ip", "10.0.0", capsys=capsys)

    assert (code, "'10.0.0' is not an IP address" in told) == (2, True)


def test_a_tenant_and_the_master_key_are_not_rotated_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = called("keys", "rotate", "demo", "--master", "--home", str(tmp_path), capsys=capsys)

    assert (code, "not both" in told) == (2, True)


@pytest.mark.parametrize("words", [("run",), ("serve", "edge")])
def test_an_address_without_a_port_starts_nothing(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = called(*words, "--home", str(tmp_path), "--smtp", "nohost", capsys=capsys)

    assert (code, "'nohost' is not HOST:PORT" in told) == (1, True)
    assert not Home.at(tmp_path).master_key.exists()


def test_settings_with_wrong_addresses_are_not_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Home.at(tmp_path).settings_file.write_text('[listen]\nsmtp = "nohost"\nconnectors = "127.0.0.1:70000"\n')

    code, told = called("config", "check", "--home", str(tmp_path), capsys=capsys)

    assert code == 1
    assert "listen.smtp" in told
    assert "listen.connectors" in told


def test_a_failure_of_the_system_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device", "/var/lib/lazaretto/new")

    monkeypatch.setattr(command_line.root, "main", lambda **_: full())

    assert called("doctor", capsys=capsys) == (
        1,
        "lazaretto: /var/lib/lazaretto/new: No space left on device\n",
    )


@pytest.mark.parametrize("said", [False, None])
def test_who_does_not_say_yes_changes_nothing(said: bool | None, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(_: str) -> bool:
        if said is None:
            raise click.Abort
        return said

    monkeypatch.setattr(click, "confirm", answer)

    with pytest.raises(click.ClickException, match="nothing was changed"):
        confirm("Delete everything?")


def test_labels_that_do_not_count_are_named(tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("file,label\na.eml,ham\nb.eml,spamm\nc.eml,spamm\n")

    assert len(labelled_files(labels, None)) == 1
    assert dict(unknown_labels(labels)) == {"spamm": 2}
