"""What pages say, in the reader's language.

Texts are English in the code; every package that has some has a folder ``locale`` with ``fr.po``, ``nl.po``
and ``de.po`` beside it.  They are read as they are when a process starts: nothing has to be compiled.
"""

from __future__ import annotations

import gettext
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.utils.translation import trans_real

TRANSLATED: Final = ("fr", "nl", "de")


def folders() -> tuple[Path, ...]:
    """Return every folder of catalogues below ``web``."""
    return tuple(sorted(Path(str(files("lazaretto.web"))).rglob("locale")))


@cache
def load_texts() -> None:
    """Let Django translate with our catalogues; once per process, a second time does no more."""
    for language in TRANSLATED:
        translation = trans_real.translation(language)
        for folder in folders():
            path = folder / f"{language}.po"
            if path.is_file():
                translation.merge(_read(path, language))


def _read(path: Path, language: str) -> gettext.GNUTranslations:
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
