"""A bundle is used only as its signer made it; everything else is refused in a clear sentence."""

from __future__ import annotations

import hashlib
import struct
import zlib
from datetime import UTC, datetime

import msgspec
import pytest

from lazaretto.core.errors import ConfigurationError
from lazaretto.intelligence import bundle as format_of
from lazaretto.intelligence.bundle import Bundle, BundleRefused, built, read
from lazaretto.intelligence.bundle_keys import PublicKey, SecretKey

KEY = SecretKey.make()
WHEN = datetime(2026, 5, 1, tzinfo=UTC)
FILES = {"malware/hashes/mine.txt": b"a" * 64 + b" mine\n", "weights.toml": b"[weights]\n"}


def a_bundle(files: dict[str, bytes] | None = None, version: int = 7) -> Bundle:
    return built(FILES if files is None else files, version=version, name="ours", made_at=WHEN)


def a_forged(path: str, octets: bytes = b"x", size: int | None = None) -> Bundle:
    """Return a signed bundle with a manifest that ``built`` would not make."""
    manifest = {
        "version": 7,
        "made_at": WHEN,
        "name": "",
        "files": [
            {
                "path": path,
                "size": len(octets) if size is None else size,
                "sha256": hashlib.sha256(octets).hexdigest(),
            }
        ],
    }
    text = msgspec.json.encode(manifest)
    signed = format_of.MAGIC + struct.pack("!I", len(text)) + text
    return read(signed + KEY.sign(signed) + zlib.compress(octets))


def test_what_is_built_and_signed_comes_out_again() -> None:
    octets = a_bundle().sign(KEY).octets()

    received = read(octets)

    assert received.verified_by([SecretKey.make().public, KEY.public]) == KEY.public
    assert received.unpacked() == FILES
    assert received.manifest.version == 7


def test_the_same_files_make_the_same_octets() -> None:
    assert a_bundle().octets() == a_bundle(dict(reversed(FILES.items()))).octets()


def test_an_unsigned_bundle_is_refused() -> None:
    with pytest.raises(BundleRefused, match="not signed"):
        a_bundle().verified_by([KEY.public])


def test_where_no_key_is_trusted_nothing_is() -> None:
    with pytest.raises(BundleRefused, match="trusted_keys"):
        a_bundle().sign(KEY).verified_by([])


def test_the_signature_of_another_key_is_refused() -> None:
    with pytest.raises(BundleRefused, match="no key that is trusted"):
        a_bundle().sign(SecretKey.make()).verified_by([KEY.public])


def test_no_octet_of_a_bundle_can_be_changed() -> None:
    octets = a_bundle().sign(KEY).octets()
    for position in range(len(octets)):
        changed = octets[:position] + bytes([octets[position] ^ 1]) + octets[position + 1 :]
        with pytest.raises(BundleRefused):
            received = read(changed)
            received.verified_by([KEY.public])
            received.unpacked()


def test_no_end_of_a_bundle_can_be_cut_off_or_added() -> None:
    octets = a_bundle().sign(KEY).octets()
    for changed in (*(octets[:length] for length in range(len(octets))), octets + b"x"):
        with pytest.raises(BundleRefused):
            received = read(changed)
            received.verified_by([KEY.public])
            received.unpacked()


@pytest.mark.parametrize(
    "path",
    [
        "../outside.txt",
        "a/../../outside.txt",
        "/etc/outside.txt",
        "a//b.txt",
        "./a.txt",
        "a\\b.txt",
        ".hidden.txt",
        "a/.hidden/b.txt",
        "nul\0.txt",
        "line\n.txt",
        "ｆull.txt",
        "/".join("abcdefghi") + ".txt",
        "code.py",
        "",
    ],
)
def test_a_path_that_is_not_plain_is_refused_even_when_signed(path: str) -> None:
    with pytest.raises(BundleRefused, match=r"path|only"):
        a_forged(path)


def test_a_path_that_is_there_twice_is_refused() -> None:
    with pytest.raises(BundleRefused, match="twice"):
        a_bundle({"a/B.txt": b"1", "a/b.txt": b"2"})


def test_a_file_that_is_a_folder_as_well_is_refused() -> None:
    with pytest.raises(BundleRefused, match="file and a folder"):
        a_bundle({"a.txt": b"1", "a.txt/b.txt": b"2"})


def test_contents_that_unpack_to_more_than_they_say_are_never_made(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BundleRefused, match="not as long"):
        a_forged("a.txt", bytes(1 << 20), size=10).unpacked()


def test_a_bundle_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    octets = a_bundle().octets()
    monkeypatch.setattr(format_of, "MAX_OCTETS", len(octets) - 1)

    with pytest.raises(BundleRefused, match="larger than"):
        read(octets)


@pytest.mark.parametrize("size", [-1, format_of.MAX_FILE + 1, 10**30])
def test_a_file_that_says_an_impossible_size_is_refused(size: int) -> None:
    with pytest.raises(BundleRefused):
        a_forged("a.txt", size=size)


@pytest.mark.parametrize("version", [0, -3, 10**15])
def test_a_version_is_a_positive_number(version: int) -> None:
    with pytest.raises(BundleRefused, match="version"):
        a_bundle(version=version)


def test_a_bundle_of_nothing_is_refused() -> None:
    with pytest.raises(BundleRefused, match="no file"):
        a_bundle({})


def test_any_octets_are_a_sentence_and_no_crash() -> None:
    for octets in (b"", b"PK\x03\x04", format_of.MAGIC, format_of.MAGIC + b"\xff" * 80):
        with pytest.raises(BundleRefused):
            read(octets)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("ssh-ed25519 AAAA", id="of another kind"),
        pytest.param("lazaretto-public:!!", id="not base64"),
        pytest.param("lazaretto-public:AAAA", id="too short"),
        pytest.param(KEY.public.text[:-5], id="cut"),
    ],
)
def test_a_key_that_is_none_is_a_sentence(text: str) -> None:
    with pytest.raises(ConfigurationError, match="key"):
        PublicKey.parse(text)


def test_a_public_key_is_read_as_it_is_printed() -> None:
    assert PublicKey.parse(f" {KEY.public.text}\n") == KEY.public
