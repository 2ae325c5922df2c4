"""Everything that people read exists in every language, and nothing is said past the catalogues."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from lazaretto.store.given import StoreSettings

pytestmark = pytest.mark.integration

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
SAME_EVERYWHERE = re.compile(r"[\d\W_]*|Lazaretto|CSV|MX|SPF|DKIM|DMARC|TLS|URL|IP|SHA-256")


def catalogues() -> list[tuple[Path, str]]:
    from lazaretto.web.shell.texts import TRANSLATED, folders

    return [(folder, language) for folder in folders() for language in TRANSLATED]


def test_every_text_is_in_every_language(store: StoreSettings) -> None:
    from lazaretto.web.shell.extracting import WEB, wanted
    from lazaretto.web.shell.texts import TRANSLATED

    missing = []
    for folder, texts in wanted().items():
        for language in TRANSLATED:
            path = folder / f"{language}.po"
            if not path.is_file():
                missing += [f"{path.relative_to(WEB)}: run `make texts`"] if texts else []
                continue
            with path.open("rb") as file:
                known = read_po(file, locale=language)
            for text in texts:
                entry = known.get(text.one, text.context or None)
                words = (
                    (entry.string,) if entry and isinstance(entry.string, str) else (entry and entry.string)
                )
                if not words or not all(words) or (entry and entry.fuzzy):
                    missing.append(f"{path.relative_to(WEB)}: {text.one!r}")

    assert sorted(set(missing)) == []


def test_translations_keep_what_is_filled_in(store: StoreSettings) -> None:
    wrong = []
    for folder, language in catalogues():
        path = folder / f"{language}.po"
        if not path.is_file():
            continue
        with path.open("rb") as file:
            for entry in read_po(file, locale=language):
                ids = entry.id if isinstance(entry.id, tuple | list) else (entry.id,)
                strings = entry.string if isinstance(entry.string, tuple | list) else (entry.string,)
                allowed = {frozenset(PLACEHOLDER.findall(text)) for text in ids}
                found = [frozenset(PLACEHOLDER.findall(text)) for text in strings if text]
                # A language may leave the number out where it is one.
                if ids[0] and any(
                    each not in allowed and not any(each < may for may in allowed) for each in found
                ):
                    wrong.append(f"{path}: {ids[0]!r}")

    assert wrong == []


def test_no_template_says_anything_past_the_catalogues(store: StoreSettings) -> None:
    from lazaretto.web.shell.extracting import WEB, bare_texts, template_files

    bare = {
        str(path.relative_to(WEB)): found
        for path in template_files()
        if (found := [text for text in bare_texts(path) if not SAME_EVERYWHERE.fullmatch(text)])
    }

    assert bare == {}


def test_a_text_is_said_in_the_readers_language(store: StoreSettings) -> None:
    from django.utils.translation import gettext, ngettext, override

    with override("fr"):
        assert gettext("Export as CSV") == "Exporter en CSV"
        text = ngettext("%(n)d browser was signed out.", "%(n)d browsers were signed out.", 2)
        assert text % {"n": 2} == "2 navigateurs ont été déconnectés."


def test_the_same_words_are_translated_the_same_everywhere(store: StoreSettings) -> None:
    # All catalogues are merged into one: the last to be read would speak for every package.
    said: dict[tuple[str, str], set[str]] = {}
    for folder, language in catalogues():
        path = folder / f"{language}.po"
        if not path.is_file():
            continue
        with path.open("rb") as file:
            for entry in read_po(file, locale=language):
                if entry.id:
                    said.setdefault((language, f"{entry.context} {entry.id}"), set()).add(str(entry.string))

    assert {key: words for key, words in said.items() if len(words) > 1} == {}
