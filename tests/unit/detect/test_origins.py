"""What files say of addresses and domains is known; what they do not say stays unknown."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lazaretto.core.errors import ConfigurationError
from lazaretto.detect.origins import COUNTRIES as COUNTRIES_FILE
from lazaretto.detect.origins import REGISTERED as REGISTERED_FILE
from lazaretto.detect.origins import UNKNOWN_AGE, Origins
from lazaretto.detect.settings import DetectSettings
from lazaretto.run.bundles import build

COUNTRIES = """\
# first,last,country
192.0.2.0,192.0.2.127,be
"198.51.100.0/25","NL"
2001:db8::/33,FR
2001:db8:8000::,2001:db8:8000::ffff,DE
nonsense
192.0.2.200,192.0.2.255,Belgium
"""
DATES = "fresh.example,2026-04-20\nold.example,2001-01-01T00:00:00Z\nodd.example,soon\nnot a domain\n"
NOW = datetime(2026, 5, 1, 23, tzinfo=UTC)


@pytest.fixture(scope="module")
def origins(tmp_path_factory: pytest.TempPathFactory) -> Origins:
    folder = tmp_path_factory.mktemp("origins")
    (folder / "countries.csv").write_text(COUNTRIES, encoding="utf-8")
    (folder / "dates.csv").write_text(DATES, encoding="utf-8")
    return Origins.configured(
        DetectSettings(countries=str(folder / "countries.csv"), domain_dates=str(folder / "dates.csv"))
    )


@pytest.mark.parametrize(
    ("ip", "country"),
    [
        ("192.0.2.0", "BE"),
        ("192.0.2.127", "BE"),
        ("192.0.2.128", ""),
        ("::ffff:192.0.2.9", "BE"),
        ("198.51.100.77", "NL"),
        ("198.51.100.200", ""),
        ("2001:db8::7", "FR"),
        ("2001:db8:8000::42", "DE"),
        ("2001:db8:8000::1:0", ""),
        ("192.0.2.220", ""),
        ("10.0.0.1", ""),
        ("no address", ""),
    ],
)
def test_an_address_is_where_a_row_says(origins: Origins, ip: str, country: str) -> None:
    assert origins.country_of(ip) == country


@pytest.mark.parametrize(
    ("domain", "age"),
    [
        ("fresh.example", 11),
        ("mail.FRESH.example.", 11),
        ("old.example", 9251),
        ("odd.example", UNKNOWN_AGE),
        ("partner.example", UNKNOWN_AGE),
        ("", UNKNOWN_AGE),
    ],
)
def test_a_domain_is_as_old_as_a_row_says(origins: Origins, domain: str, age: int) -> None:
    assert origins.age_of(domain, NOW) == age


def test_without_files_everything_is_unknown() -> None:
    origins = Origins.configured(DetectSettings())

    assert origins.country_of("192.0.2.1") == ""
    assert origins.age_of("fresh.example", NOW) == UNKNOWN_AGE


@pytest.mark.parametrize("place", [COUNTRIES_FILE, REGISTERED_FILE])
def test_a_bundle_may_bring_them(tmp_path: Path, place: str) -> None:
    (tmp_path / "places").mkdir()
    (tmp_path / place).write_text(COUNTRIES, encoding="utf-8")

    assert [each.path for each in build(tmp_path, 1, "ours", NOW).manifest.files] == [place]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"detect\.countries"):
        Origins.configured(DetectSettings(countries=str(tmp_path / "none.csv")))
