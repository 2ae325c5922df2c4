"""Tags of all templates; none has to be loaded."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from django import template
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from lazaretto.web.shell.assets import address
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.tables import Column

register = template.Library()


@register.simple_tag
def asset(name: str) -> str:
    """``{% asset "shell/shell.css" %}``: where the asset is."""
    return address(name)


@register.simple_tag
def icon(name: str) -> SafeString:
    """``{% icon "inbox" %}``: a picture beside words, which says nothing by itself."""
    return _icon(name)


@cache
def _icon(name: str) -> SafeString:
    path = files("lazaretto.web.shell") / "icons" / f"{name}.svg"
    return mark_safe(path.read_text(encoding="utf-8").strip())  # noqa: S308 - a file of ours


@register.simple_tag(takes_context=True)
def page(context: dict[str, Any], name: str, /, **arguments: object) -> str:
    """``{% page "message" id=row.id %}``: where the page is, in the tenant of this request."""
    return address_of(name, getattr(context["request"], "tenant_name", ""), **arguments)


@register.simple_tag
def when(value: datetime | date | None, style: str = "SHORT_DATETIME_FORMAT") -> SafeString | str:
    """``{% when row.at %}``: a moment in the reader's time zone and language; nothing for None."""
    if value is None:
        return ""
    local = timezone.localtime(value) if isinstance(value, datetime) else value
    zone = local.tzname() if isinstance(local, datetime) else ""
    if not isinstance(local, datetime):
        style = "SHORT_DATE_FORMAT"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        f"{local.isoformat(' ', 'seconds') if isinstance(local, datetime) else local} {zone}".strip(),
        formats.date_format(local, style),
    )


@register.simple_tag
def cell(column: Column, value: Any) -> SafeString:
    """``{% cell column value %}``: a table's cell; many stand on a page, so that this is no template."""
    shown = when(value) if isinstance(value, date) else "" if value is None else formats.localize(value)
    return format_html('<td class="{}">{}</td>', column.css, shown)


@register.filter
def get(row: Any, name: str) -> Any:
    """``{{ row|get:"name" }}``: a key or attribute whose name is only known at run time."""
    return row.get(name) if isinstance(row, dict) else getattr(row, name, "")
