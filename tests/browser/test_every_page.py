"""Every entry of the navigation, as who may see most: accessible, and no wider than a phone."""

from __future__ import annotations

import pytest

from tests.browser.conftest import DESKTOP, PHONE, OpenPage, Portal, examined

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("size", "scheme"),
    [pytest.param(PHONE, "dark", id="phone-dark"), pytest.param(DESKTOP, "light", id="desk-light")],
)
@pytest.mark.parametrize(
    ("role", "start"),
    [
        pytest.param("administrator", "/t/demo/", id="administrator"),
        pytest.param("operator", "/platform/tenants", id="operator"),
        pytest.param("end user", "/q/", id="end-user"),
    ],
)
def test_every_page_of_the_navigation_is_open_to_everybody(
    portal: Portal, open_page: OpenPage, role: str, start: str, size: tuple[int, int], scheme: str
) -> None:
    page = open_page("en", size, scheme)
    portal.sign_in(page, role)
    page.goto(f"{portal.address}{start}")
    links = page.locator("nav[aria-label] a").evaluate_all(
        "all => [...new Set(all.map((each) => each.href))]"
    )
    wrong = {}
    for link in links:
        page.complaints.clear()  # type: ignore[attr-defined]
        answer = page.goto(link)
        name = link.removeprefix(portal.address).strip("/").replace("/", "-")
        problems = examined(page, f"{name}-{size[0]}-{scheme}")
        if answer is None or answer.status != 200 or problems:
            wrong[name] = (answer and answer.status, problems)

    assert links
    assert wrong == {}
