"""Every form of every page: what is missing or wrong is said beside its field, and harm takes a second word.

The forms are found on the pages of a tenant that has one of everything, so that a form of a page made
tomorrow is tried as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urljoin

import pytest

from tests.portal.conftest import Answer, Browser, filled_path
from tests.portal.furnished import Furnished, errors_of, every_address, page_at

pytestmark = pytest.mark.integration

SENT: Final = {"csrfmiddlewaretoken": "sent"}
"""What a browser always sends along: a form that is sent is never quite empty."""
NONSENSE: Final = "<b>no such thing</b> ünsinn " + "x" * 5_000
CHECKED: Final = {"select", "radio", "choices", "number", "date", "datetime-local", "time", "email"}
"""Kinds of field to which no such answer can be right."""
_CONTROLS: Final = ("input", "select", "textarea", "button")
HARM: Final = ("remove", "delete", "withdraw", "discard", "revoke", "turn", "undo", "apply", "factors")
"""Words in the names of pages that take something away or put something else in its place."""


@dataclass
class Control:
    """A field or button of a form."""

    name: str
    kind: str
    value: str = ""
    is_required: bool = False
    is_harmful: bool = False
    is_of_a_row: bool = False
    """Whether it chooses a row of a table, which stands outside of the form."""


@dataclass
class FoundForm:
    """A form that is sent with POST, and the page that it stands on."""

    path: str
    action: str
    browser: Browser
    controls: list[Control] = field(default_factory=list)
    can_cancel: bool = False
    """Whether it is a question: the page asks before something is done."""

    @property
    def hidden(self) -> dict[str, Any]:
        """Return what is sent along whatever somebody writes."""
        kept: dict[str, Any] = {}
        for each in self.controls:
            if each.kind == "hidden" and each.name:
                kept.setdefault(each.name, []).append(each.value)
        return {**kept, **SENT}

    @property
    def fields(self) -> list[Control]:
        """Return what somebody can fill in."""
        return [each for each in self.controls if each.name and each.kind not in ("hidden", "button")]

    @property
    def buttons(self) -> list[Control]:
        """Return what sends it."""
        return [each for each in self.controls if each.kind == "button"]

    def send(self, written: dict[str, Any]) -> Answer:
        """Send the form."""
        return self.browser.post(self.action, {**self.hidden, **written})


class _Reader(HTMLParser):
    def __init__(self, path: str, browser: Browser) -> None:
        super().__init__()
        self._forms: list[FoundForm] = []
        self._path, self._browser = path, browser
        self._form: FoundForm | None = None
        self._by_id: dict[str, FoundForm] = {}
        self._apart: list[tuple[str, Control]] = []

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in given}
        form = self._form
        if tag == "form" and said.get("method", "get").lower() == "post":
            action = urljoin(self._path, said.get("action") or self._path)
            self._form = self._by_id[said.get("id") or tag] = FoundForm(self._path, action, self._browser)
            self._forms.append(self._form)
        elif form is not None and tag == "a" and "btn" in said.get("class", ""):
            form.can_cancel = True
        elif tag in _CONTROLS and "form" in said:
            self._apart.append((said["form"], _control(tag, said)))
        elif form is not None and tag in _CONTROLS and "disabled" not in said:
            form.controls.append(_control(tag, said))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    def read(self, text: str) -> list[FoundForm]:
        """Return the forms of a page, with what stands elsewhere and is sent along."""
        self.feed(text)
        for name, control in self._apart:
            if name in self._by_id:
                self._by_id[name].controls.append(control)
        return self._forms


def _control(tag: str, said: dict[str, str]) -> Control:
    kind = said.get("type", "text") if tag == "input" else tag
    return Control(
        name=said.get("name", ""),
        # Django numbers what belongs to one list of choices.
        kind="choices" if kind == "checkbox" and said.get("id", "").rpartition("_")[2].isdigit() else kind,
        value=said.get("value", ""),
        is_required="required" in said,
        is_harmful="btn-danger" in said.get("class", ""),
        is_of_a_row="form" in said,
    )


@pytest.fixture(scope="module")
def forms(furnished: Furnished) -> list[FoundForm]:
    """Every form of every page that leads to a page of the register."""
    return list(_every_form(furnished))


def _every_form(furnished: Furnished) -> Iterator[FoundForm]:
    for places in every_address(furnished).values():
        for seen in places:
            forms = _Reader(seen.path, seen.browser).read(seen.text)
            yield from [each for each in forms if page_at(each.action)[0]]


def what_came(answer: Answer, form: FoundForm) -> str:
    """Return "fault", "told" where the page says what is wrong, "done" where it leads on, or "silence"."""
    if answer.status >= 500:
        return "fault"
    if errors_of(answer.text) or answer.status in (400, 403, 404, 409, 413):
        return "told"
    if answer.status != 302:
        return "silence"
    after = form.browser.get(answer.headers["Location"]).text
    return "told" if errors_of(after) else "done"


def test_a_form_with_nothing_in_it_says_what_is_missing(forms: list[FoundForm]) -> None:
    wanted = [each for each in forms if any(field.is_required for field in each.fields)]
    wrong = [
        (form.action, came, [each.name for each in form.fields if each.is_required])
        for form in wanted
        if (came := what_came(form.send({}), form)) != "told"
    ]

    assert len(wanted) > 20
    assert wrong == []


def test_nonsense_is_told_beside_its_field_and_never_a_fault(forms: list[FoundForm]) -> None:
    wrong = []
    for form in forms:
        if not form.fields:
            continue
        answer = form.send({each.name: NONSENSE for each in form.fields if each.kind != "file"})
        came = what_came(answer, form)
        is_checked = any(each.kind in CHECKED for each in form.fields)
        is_beside = 'class="field-error"' in answer.text
        if came == "fault" or (is_checked and (came != "told" or not is_beside)):
            wrong.append(
                (form.action, came, answer.status, [(each.name, each.kind) for each in form.fields][:6])
            )

    assert wrong == []


def test_a_form_whose_buttons_mean_different_things_does_nothing_without_one(forms: list[FoundForm]) -> None:
    wrong = []
    for form in forms:
        if len({each.value for each in form.buttons if each.name}) > 1:
            answer = form.send({})
            if (came := what_came(answer, form)) != "told":
                wrong.append((form.action, came))

    assert wrong == []


def test_pages_that_take_something_away_ask_first(forms: list[FoundForm]) -> None:
    on_page = {form.path: [each for each in forms if each.path == form.path] for form in forms}
    asking = {path for path in on_page if set(page_at(path)[0].split("-")) & set(HARM)}

    assert len(asking) > 15
    assert [path for path in asking if not any(each.can_cancel for each in on_page[path])] == []


def test_a_character_that_no_database_keeps_is_no_fault(furnished: Furnished, forms: list[FoundForm]) -> None:
    asked = furnished.administrator.get(f"/t/{furnished.tenant}/messages?sender=%00")
    failed = [
        (form.action, answer.status)
        for form in forms
        if form.fields and (answer := form.send({each.name: "a\0b" for each in form.fields})).status != 422
    ]

    assert asked.status == 422
    assert failed == []


def test_no_page_fails_for_a_form_that_nobody_could_have_seen(furnished: Furnished) -> None:
    from lazaretto.web.shell.registry import pages

    names = ("ids", "entry", "remove", "end", "sure", "decision", "judgment")
    bad: dict[str, Any] = dict.fromkeys(names, NONSENSE)
    failed = []
    for card in pages():
        path = filled_path(card, furnished.tenant)
        for form in (SENT, bad) if card.post is not None else ():
            answer = furnished.who_may(path).post(path, form)
            if answer.status >= 500:
                failed.append((card.name, answer.status))

    assert failed == []


def test_a_button_that_does_harm_asks_or_can_be_undone(forms: list[FoundForm]) -> None:
    """Last: what is pressed here is done."""
    pressed, wrong = [], []
    for form in (each for each in forms if not each.can_cancel):
        row = next(({each.name: each.value} for each in form.controls if each.is_of_a_row and each.value), {})
        for button in (each for each in form.buttons if each.is_harmful):
            pressed.append(form.action)
            answer = form.send({**row, button.name or "pressed": button.value})
            if answer.status == 302:
                answer = form.browser.get(answer.headers["Location"])
            next_forms = _Reader(form.path, form.browser).read(answer.text)
            if not any(each.can_cancel or page_at(each.action)[0].endswith("-undo") for each in next_forms):
                wrong.append((form.action, button.name, button.value))

    assert pressed
    assert wrong == []
