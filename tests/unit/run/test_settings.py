"""Process settings: every mistake is named, nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from lazaretto.core.errors import ConfigurationError
from lazaretto.run.home import Home
from lazaretto.run.options import host_and_port
from lazaretto.run.settings import load_settings, parse_settings


def test_an_unknown_key_is_refused_by_its_name() -> None:
    with pytest.raises(ConfigurationError, match=r"lazaretto.toml: unknown setting edge.banner_dealy"):
        parse_settings("[edge]\nbanner_dealy = 2\n", "lazaretto.toml")


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as failure:
        parse_settings('[edge]\nmax_recipients = "many"\n[scan]\nworkers = -1\n', "lazaretto.toml")

    assert "edge.max_recipients" in str(failure.value)
    assert "scan.workers" in str(failure.value)


def test_what_is_no_toml_is_said_to_be_none() -> None:
    with pytest.raises(ConfigurationError, match="not a TOML document"):
        parse_settings("edge: {}", "lazaretto.toml")


def test_the_environment_names_the_database_before_the_file_does(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    home.settings_file.write_text('[database]\ndsn = "host=one"\n')

    assert load_settings(home, {}).database.dsn == "host=one"
    assert load_settings(home, {"LAZARETTO_DSN": "host=two"}).database.dsn == "host=two"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("127.0.0.1:2525", ("127.0.0.1", 2525), id="IPv4"),
        pytest.param("[::1]:25", ("::1", 25), id="IPv6 in brackets"),
        pytest.param("mx.example:465", ("mx.example", 465), id="name"),
    ],
)
def test_an_address_is_host_and_port(text: str, expected: tuple[str, int]) -> None:
    assert host_and_port(text) == expected


@pytest.mark.parametrize("text", ["", "2525", "host:", "host:0", "host:70000", ":25", "host:smtp"])
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"127\.0\.0\.1:2525"):
        host_and_port(text)


def test_sockets_of_a_deep_home_lie_where_their_address_fits(tmp_path: Path) -> None:
    deep = Home.at(tmp_path / ("x" * 90))

    assert len(str(deep.sockets / "scan-alone.sock")) < 108
    assert deep.sockets == Home.at(tmp_path / ("x" * 90)).sockets
    assert deep.sockets != Home.at(tmp_path / ("y" * 90)).sockets
