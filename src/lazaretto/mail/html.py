"""HTML mail: what its reader sees, what is hidden from them, and where it leads.

The document is parsed as browsers parse it and walked once.  Hidden is what inline styles, simple
style sheets, attributes or colours keep from the eye; spammers put words there for filters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from lazaretto.mail.colours import BLACK, LINK_BLUE, WHITE, Colour, colour_of, look_the_same
from lazaretto.mail.styles import MAX_STYLE, PLAIN, Style, hiding_rules, style_of
from lazaretto.mail.urls import Found

MAX_LINKS = 5_000
MAX_TAGS = 25_000
MAX_SHOWN = 500
MAX_SELECTORS = 50
MAX_SHEET = 200_000


@dataclass(frozen=True, slots=True)
class Link:
    """Something that leads elsewhere."""

    target: str
    """As written."""
    shown: str = ""
    """The text that the reader clicks on, or an image's alternative text."""
    kind: Found = Found.LINK
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A form: where it sends what is typed."""

    action: str
    inputs: tuple[str, ...] = ()
    """``type`` of each input: ``password``, ``text`` …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlView:
    """What is in one HTML document."""

    visible: str = ""
    hidden: str = ""
    title: str = ""
    links: tuple[Link, ...] = ()
    """Links that are clicked on."""
    images: tuple[Link, ...] = ()
    embedded: tuple[Link, ...] = ()
    """What is loaded or gone to without a click: frames, objects, style sheets, refreshes, bases."""
    forms: tuple[Form, ...] = ()
    scripts: tuple[str, ...] = ()
    """Text or source of each script."""
    comments: str = ""
    tags: int = 0
    """Elements in all."""
    has_handlers: bool = False
    """Attributes such as ``onload`` hold script."""


NOTHING = HtmlView()

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
        "title",
    ]
)
_CELLS = frozenset({"td", "th", "option", "button"})
_SILENT = frozenset({"script", "style", "template", "noembed", "noframes", "xml", "title"})
_STYLING = frozenset({"hidden", "bgcolor", "background", "color", "text", "size"})
"""Attributes besides ``style`` that say something about being seen."""
_EMBEDDING = {
    "iframe": "src",
    "frame": "src",
    "embed": "src",
    "object": "data",
    "link": "href",
    "base": "href",
}
_SIMPLE_SELECTOR = re.compile(r"[a-zA-Z0-9]*(?:[.#][\w-]+)+$")
_REFRESH = re.compile(r"url\s*=\s*['\"]?\s*([^'\">\s]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Setting:
    """What an element hands down to those inside it."""

    hidden: bool = False
    gone: bool = False
    """It or something around it is hidden with all that is inside."""
    tiny: bool = False
    invisible: bool = False
    colour: Colour = BLACK
    background: Colour | None = WHITE
    link: int = -1


@dataclass(slots=True)
class _Walk:
    """What has been found so far."""

    visible: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    title: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    shown: list[list[str]] = field(default_factory=list)
    images: list[Link] = field(default_factory=list)
    embedded: list[Link] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    inputs: list[list[str]] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    tags: int = 0
    has_handlers: bool = False


def within_bounds(source: str, most_characters: int) -> str:
    """Return as much of ``source`` as is parsed: so many characters, and ``MAX_TAGS`` tags."""
    kept = source[:most_characters]
    if kept.count("<") <= MAX_TAGS:
        return kept
    # The parser's time grows with the square of the nesting.
    return "<".join(kept.split("<", MAX_TAGS)[:MAX_TAGS])


def html_view(source: str) -> HtmlView:
    """Return what is in the HTML document ``source``."""
    tree = LexborHTMLParser(source.replace("\0", ""))
    root = tree.root
    if root is None:
        return NOTHING
    walk = _Walk()
    hidden_by_sheet = _hidden_by_sheets(tree)
    pending: list[tuple[LexborNode | None, _Setting]] = [(root, _Setting())]
    while pending:
        node, setting = pending.pop()
        if node is None:
            # The end of a block.
            (walk.hidden if setting.hidden else walk.visible).append("\n")
            continue
        if (following := node.next) is not None and node is not root:
            pending.append((following, setting))
        if node.is_text_node:
            _take_text(walk, node.text_content or "", setting)
        elif node.is_element_node:
            inner = _enter(walk, node, setting, hidden_by_sheet)
            child = node.first_child
            if inner is not None and child is not None:
                if node.tag in _BLOCKS:
                    pending.append((None, inner))
                pending.append((child, inner))
        elif node.is_comment_node:
            walk.comments.append((node.comment_content or "")[:MAX_SHOWN])
    return _view(walk)


def _view(walk: _Walk) -> HtmlView:
    links = tuple(
        replace(link, shown=_squeezed("".join(shown))[:MAX_SHOWN])
        for link, shown in zip(walk.links, walk.shown, strict=True)
    )
    return HtmlView(
        visible=_squeezed_lines("".join(walk.visible)),
        hidden=_squeezed_lines("".join(walk.hidden)),
        title=_squeezed("".join(walk.title)),
        links=links,
        images=tuple(walk.images),
        embedded=tuple(walk.embedded),
        forms=tuple(
            Form(action, tuple(kinds)) for action, kinds in zip(walk.actions, walk.inputs, strict=True)
        ),
        scripts=tuple(walk.scripts),
        comments="\n".join(walk.comments),
        tags=walk.tags,
        has_handlers=walk.has_handlers,
    )


def _take_text(walk: _Walk, text: str, setting: _Setting) -> None:
    (walk.hidden if setting.hidden else walk.visible).append(text)
    if setting.link >= 0:
        walk.shown[setting.link].append(text)


def _enter(walk: _Walk, node: LexborNode, setting: _Setting, by_sheet: dict[int, Style]) -> _Setting | None:
    """Take what the element says; return what it hands down, None when nothing in it is text."""
    tag = node.tag or ""
    walk.tags += 1
    if tag in _SILENT:
        _take_silent(walk, tag, node)
        return None
    if tag in _BLOCKS:
        (walk.hidden if setting.hidden else walk.visible).append("\n")
    elif tag in _CELLS:
        (walk.hidden if setting.hidden else walk.visible).append(" ")
    attributes = node.attributes
    ruled = by_sheet.get(node.mem_id) if by_sheet else None
    if not attributes and ruled is None:
        return setting
    _take_references(walk, tag, attributes, setting)
    inner = _handed_down(attributes, setting, tag, ruled)
    if tag in ("a", "area") and attributes.get("href") and len(walk.links) < MAX_LINKS:
        walk.links.append(Link(attributes["href"] or "", hidden=inner.hidden))
        walk.shown.append([attributes.get("alt") or ""] if tag == "area" else [])
        inner = replace(inner, link=len(walk.links) - 1)
    return inner


def _take_silent(walk: _Walk, tag: str, node: LexborNode) -> None:
    text = node.text(deep=True) or ""
    if tag == "script":
        source = node.attributes.get("src")
        walk.scripts.append(source or text)
        if source and len(walk.embedded) < MAX_LINKS:
            walk.embedded.append(Link(source, kind=Found.EMBEDDED))
    elif tag == "title":
        walk.title.append(text)


def _take_references(walk: _Walk, tag: str, attributes: dict[str, str | None], setting: _Setting) -> None:
    if (
        not walk.has_handlers
        and "on" in "".join(attributes)
        and any(name.startswith("on") for name in attributes)
    ):
        walk.has_handlers = True
    if tag == "img" or (tag == "input" and attributes.get("src")) or "background" in attributes:
        target = attributes.get("src") or attributes.get("background") or ""
        if target and len(walk.images) < MAX_LINKS:
            alternative = attributes.get("alt") or ""
            walk.images.append(Link(target, alternative[:MAX_SHOWN], Found.IMAGE, setting.hidden))
            if setting.link >= 0 and alternative:
                walk.shown[setting.link].append(alternative)
    if tag == "form" and len(walk.actions) < MAX_LINKS:
        walk.actions.append(attributes.get("action") or "")
        walk.inputs.append([])
    elif tag in ("input", "textarea", "select") and walk.inputs:
        walk.inputs[-1].append((attributes.get("type") or tag).lower())
    elif tag in _EMBEDDING and len(walk.embedded) < MAX_LINKS:
        target = attributes.get(_EMBEDDING[tag]) or attributes.get("src") or ""
        if target:
            walk.embedded.append(Link(target, kind=Found.REDIRECT if tag == "base" else Found.EMBEDDED))
    elif tag == "meta" and (attributes.get("http-equiv") or "").lower() == "refresh":
        match = _REFRESH.search(attributes.get("content") or "")
        if match is not None and len(walk.embedded) < MAX_LINKS:
            walk.embedded.append(Link(match[1], kind=Found.REDIRECT))


def _handed_down(
    attributes: dict[str, str | None], setting: _Setting, tag: str, ruled: Style | None
) -> _Setting:
    written = attributes.get("style")
    own = style_of(written[:MAX_STYLE]) if written else PLAIN
    if own is PLAIN and ruled is None and tag != "a" and _STYLING.isdisjoint(attributes):
        return setting
    gone = setting.gone or "hidden" in attributes
    tiny, invisible = setting.tiny, setting.invisible
    colour, background = setting.colour, setting.background
    if tag == "a" and "href" in attributes:
        colour = LINK_BLUE
    if (written := attributes.get("bgcolor")) is not None:
        background = colour_of(written) or background
    if "background" in attributes:
        background = None
    if (written := attributes.get("color")) is not None or (written := attributes.get("text")) is not None:
        colour = colour_of(written) or colour
    if tag == "font" and (attributes.get("size") or "") in ("0", "-7"):
        tiny = True
    # The element's own style speaks last and wins over the sheet's.
    for style in (ruled, own):
        if style is not None:
            gone = gone or (style.hides and not (style is ruled and own.shows))
            tiny = tiny if style.tiny is None else style.tiny
            invisible = invisible if style.invisible is None else style.invisible
            colour = style.colour or colour
            background = None if style.covers else style.background or background
    blended = background is not None and look_the_same(colour, background)
    return _Setting(
        gone or tiny or invisible or blended, gone, tiny, invisible, colour, background, setting.link
    )


def _hidden_by_sheets(tree: LexborHTMLParser) -> dict[int, Style]:
    """Return elements, by identity, that simple rules of the document's style sheets hide."""
    rules: dict[str, Style] = {}
    for sheet in tree.css("style"):
        for selector, style in hiding_rules((sheet.text(deep=True) or "")[:MAX_SHEET]):
            if len(rules) < MAX_SELECTORS and _SIMPLE_SELECTOR.match(selector):
                rules[selector] = style
    return {element: style for selector, style in rules.items() for element in _selected(tree, selector)}


def _selected(tree: LexborHTMLParser, selector: str) -> list[int]:
    try:
        return [node.mem_id for node in tree.css(selector)]
    except (SelectolaxError, ValueError):
        return []


_BLANKS = re.compile(r"[ \t\r\n\f\v]+")
_BLANK_RUN = re.compile(r"[ \t\r\f\v\u00a0]+")
_LINE_RUN = re.compile(r" ?\n[\s]*")


def _squeezed(text: str) -> str:
    return _BLANKS.sub(" ", text).strip()


def _squeezed_lines(text: str) -> str:
    return _LINE_RUN.sub("\n", _BLANK_RUN.sub(" ", text)).strip()
