"""Keeping catalogues complete: ``make texts`` finds what templates and code say, and merges it.

A text belongs to the nearest folder ``locale`` at or above its file; the wording of a text that is new is
left empty, and a test fails until somebody who writes the language has filled it in.  What is said nowhere
any more goes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from django.template import engines
from django.template.base import Node, NodeList, TextNode, Variable
from django.template.defaulttags import CommentNode
from django.template.loader_tags import BlockNode
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

from lazaretto.web.shell.texts import TRANSLATED, folders

WEB: Final = Path(__file__).parents[1]
_CALLS: Final = {
    "_": (0,),
    "gettext": (0,),
    "gettext_lazy": (0,),
    "ngettext": (0, 1),
    "ngettext_lazy": (0, 1),
    "pgettext": (1,),
    "pgettext_lazy": (1,),
}
_WITH_CONTEXT: Final = ("pgettext", "pgettext_lazy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Something that is said."""

    file: Path
    one: str
    many: str = ""
    context: str = ""


def said() -> Iterator[Text]:
    """Yield every translatable text below ``web``."""
    for path in sorted(WEB.rglob("*.py")):
        yield from in_code(path)
    for path in template_files():
        yield from in_template(path)


def template_files() -> list[Path]:
    """Return the templates that take their texts from catalogues."""
    found = sorted(WEB.rglob("templates/**/*.html")) + sorted(WEB.rglob("templates/**/*.txt"))
    return [path for path in found if "refused" not in path.parts]


def in_code(path: Path) -> Iterator[Text]:
    """Yield what a module says through gettext."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name not in _CALLS or len(node.args) <= max(_CALLS[name]):
            continue
        words = [each.value for each in node.args if isinstance(each, ast.Constant)]
        if not all(isinstance(node.args[index], ast.Constant) for index in _CALLS[name]):
            continue
        context = str(words[0]) if name in _WITH_CONTEXT else ""
        texts = [str(node.args[index].value) for index in _CALLS[name]]  # type: ignore[attr-defined]
        yield Text(file=path, one=texts[0], many=texts[1] if len(texts) > 1 else "", context=context)


def in_template(path: Path) -> Iterator[Text]:
    """Yield what a template says through gettext."""
    for node in _nodes(_parsed(path)):
        if isinstance(node, TranslateNode):
            literal = node.filter_expression.var
            text = literal.literal if isinstance(literal, Variable) else literal
            yield Text(file=path, one=str(text), context=_context(node))
        elif isinstance(node, BlockTranslateNode):
            one, _ = node.render_token_list(node.singular)
            many = node.render_token_list(node.plural)[0] if node.plural else ""
            if node.trimmed:
                one, many = (" ".join(each.split()) for each in (one, many))
            yield Text(file=path, one=one, many=many, context=_context(node))
    for found in re.finditer(r"""_\((?:"([^"]+)"|'([^']+)')\)""", path.read_text(encoding="utf-8")):
        yield Text(file=path, one=found[1] or found[2])


def bare_texts(path: Path) -> list[str]:
    """Return the words that a template says without gettext."""
    shown = []
    pieces = [node.s for node in _nodes(_parsed(path), shown_only=True) if isinstance(node, TextNode)]
    # Joined, for a tag may hold a variable; what a variable says is no text of the template's.
    whole = re.sub(r"<(script|style)\b.*?</\1>", "", "\x00".join(pieces), flags=re.DOTALL)
    shown += re.findall(r"""\b(?:title|alt|placeholder|aria-label)="([^"]*)\"""", whole)
    shown += re.sub(r"<!--.*?-->|<[^>]*>|&[a-z#0-9]+;", "\x00", whole, flags=re.DOTALL).split("\x00")
    return [text.strip() for text in shown if re.search(r"[^\W\d_]{2,}", text) and "Lazaretto" not in text]


def catalogue_of(file: Path) -> Path:
    """Return the folder ``locale`` that holds what ``file`` says.  Raises ``LookupError`` without one."""
    for folder in file.parents:
        if (folder / "locale").is_dir():
            return folder / "locale"
        if folder == WEB:
            break
    raise LookupError(f"{file.relative_to(WEB)} says something: make a folder locale beside it")


def wanted() -> dict[Path, list[Text]]:
    """Return what each folder of catalogues has to hold, in order."""
    found: dict[Path, list[Text]] = {folder: [] for folder in folders()}
    for text in said():
        found.setdefault(catalogue_of(text.file), []).append(text)
    return found


def merge() -> None:
    """Bring every catalogue up to date with what is said."""
    for folder, texts in wanted().items():
        for language in TRANSLATED:
            _write(folder / f"{language}.po", language, texts)


def _write(path: Path, language: str, texts: list[Text]) -> None:
    known = Catalog(locale=language)
    if path.is_file():
        with path.open("rb") as file:
            known = read_po(file, locale=language)
    fresh = Catalog(locale=language, fuzzy=False)
    for text in texts:
        key = (text.one, text.many) if text.many else text.one
        old = known.get(text.one, text.context or None)
        kept = old.string if old is not None and isinstance(old.id, tuple) == bool(text.many) else None
        place = text.file.relative_to(WEB).as_posix()
        fresh.add(key, kept, locations=[(place, 0)], context=text.context or None)
    fresh.header_comment = f"# {language}: kept by `make texts`."
    with path.open("wb") as file:
        write_po(file, fresh, width=100, omit_header=False, include_lineno=False, sort_output=False)
    # Dates in the header would make every merge a conflict.
    lines = path.read_text(encoding="utf-8").split("\n")
    dated = ('"POT-Creation-Date', '"PO-Revision-Date', '"Generated-By', '"Project-Id', '"Report-Msgid')
    unwanted = (*dated, '"Last-Translator', '"Language-Team')
    path.write_text("\n".join(each for each in lines if not each.startswith(unwanted)), encoding="utf-8")


def _parsed(path: Path) -> NodeList:
    template = engines["django"].from_string(path.read_text(encoding="utf-8"))
    found: NodeList = template.template.nodelist  # type: ignore[attr-defined]
    return found


def _nodes(nodes: NodeList, *, shown_only: bool = False) -> Iterator[Node]:
    for node in nodes:
        if isinstance(node, CommentNode):
            continue
        # Names of classes are words that nobody reads.
        if shown_only and isinstance(node, BlockNode) and node.name.endswith("_class"):
            continue
        yield node
        for name in node.child_nodelists:
            yield from _nodes(getattr(node, name, None) or NodeList(), shown_only=shown_only)
        for _condition, branch in getattr(node, "conditions_nodelists", ()):
            yield from _nodes(branch, shown_only=shown_only)


def _context(node: TranslateNode | BlockTranslateNode) -> str:
    context = node.message_context
    return "" if context is None else str(getattr(context, "var", context))


if __name__ == "__main__":
    from lazaretto.store.opening import set_up

    set_up()
    merge()
