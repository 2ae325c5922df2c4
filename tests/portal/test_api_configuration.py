"""A tenant's document by API: read, checked, changed by who may, compared and taken back."""

from __future__ import annotations

import pytest

from lazaretto.store.given import StoreSettings
from tests.portal.conftest import DOCUMENT, Program, with_grant

pytestmark = pytest.mark.integration


def changed(document: str, *lines: str) -> dict[str, str]:
    return {"document": document + "".join(f"{line}\n" for line in lines), "note": "as asked"}


@pytest.fixture
def configuration(operator: Program) -> dict[str, str]:
    """The configuration of ``acme``, back at its beginning."""
    found = operator.get("/tenants/acme/configuration")
    body = {"document": DOCUMENT.format(name="acme")}
    put, headers = "/tenants/acme/configuration", {"If_Match": found.headers["ETag"]}
    answer = operator.ask("PUT", put, body, **headers)
    if answer.status == 409:
        answer = operator.ask("PUT", put, body, **headers, Confirm_Removal=answer.json["confirm"])
    assert answer.status == 200
    found = operator.get("/tenants/acme/configuration")
    return {"etag": found.headers["ETag"], "document": found.json["document"]}


def test_a_change_is_published_and_in_the_history(
    administrator: Program, configuration: dict[str, str]
) -> None:
    body = changed(configuration["document"], "max_message_size: 20")

    answer = administrator.ask("PUT", "/tenants/acme/configuration", body, If_Match=configuration["etag"])

    assert (answer.status, answer.json["changed"]) == (200, True)
    assert "max_message_size: 20" in administrator.get("/tenants/acme/configuration").json["document"]
    latest = administrator.get("/tenants/acme/configuration/versions").json["items"][0]
    assert (latest["note"], "tenant-administrator" in latest["published_by"]) == ("as asked", True)


def test_a_change_of_something_older_is_refused(
    administrator: Program, configuration: dict[str, str]
) -> None:
    body = changed(configuration["document"], "max_message_size: 21")
    administrator.ask("PUT", "/tenants/acme/configuration", body, If_Match=configuration["etag"])

    again = administrator.ask(
        "PUT",
        "/tenants/acme/configuration",
        changed(configuration["document"], "max_message_size: 22"),
        If_Match=configuration["etag"],
    )
    without = administrator.ask("PUT", "/tenants/acme/configuration", body)

    assert (again.status, without.status) == (412, 428)
    assert again.headers["Content-Type"] == "application/problem+json"


def test_mistakes_are_told_with_their_lines(administrator: Program, configuration: dict[str, str]) -> None:
    body = changed(configuration["document"], "no_such_setting: 1")

    answer = administrator.ask("PUT", "/tenants/acme/configuration", body, If_Match=configuration["etag"])
    remarks = administrator.post("/tenants/acme/configuration/check", body).json

    assert answer.status == 422
    assert answer.json["errors"][0]["line"] == len(body["document"].splitlines())
    assert remarks[0]["severity"] == "error"


def test_oddities_are_told_in_the_language_that_is_asked_for(
    administrator: Program, configuration: dict[str, str]
) -> None:
    body = changed(configuration["document"], "protected_names: [Ann]")

    remarks = administrator.post(
        "/tenants/acme/configuration/check", body, Accept_Language="fr-BE, en;q=0.5"
    ).json

    assert "« Ann » est un seul mot" in " ".join(each["text"] for each in remarks)


def test_each_part_needs_the_right_to_edit_its_area(
    store: StoreSettings, configuration: dict[str, str]
) -> None:
    somebody = with_grant("acme", "read-only", permissions=["lists:edit"])
    put = "/tenants/acme/configuration"

    lists = changed(configuration["document"], "blocked_senders: [spam.example]")
    routes = changed(configuration["document"], "max_message_size: 30")

    assert somebody.ask("PUT", put, routes, If_Match=configuration["etag"]).status == 403
    assert somebody.ask("PUT", put, lists, If_Match=configuration["etag"]).status == 200


def test_rights_in_one_domain_change_nothing_of_another(
    store: StoreSettings, configuration: dict[str, str]
) -> None:
    somebody = with_grant(
        "acme", "tenant-administrator", domains=["branch.acme.example"], domains_are_excepted=False
    )
    own = configuration["document"].replace("bob@branch.acme", "carol@branch.acme")
    foreign = configuration["document"].replace("alice@acme", "dave@acme")
    put = "/tenants/acme/configuration"

    refused = somebody.ask("PUT", put, {"document": foreign}, If_Match=configuration["etag"])
    asked = somebody.ask("PUT", put, {"document": own}, If_Match=configuration["etag"])
    done = somebody.ask(
        "PUT",
        put,
        {"document": own},
        If_Match=configuration["etag"],
        Confirm_Removal=asked.json["confirm"],
    )

    assert (refused.status, asked.status, done.status) == (403, 409, 200)


def test_an_older_version_can_apply_again(administrator: Program, configuration: dict[str, str]) -> None:
    before = int(configuration["etag"].strip('"'))
    body = changed(configuration["document"], "max_message_size: 25")
    administrator.ask("PUT", "/tenants/acme/configuration", body, If_Match=configuration["etag"])

    answer = administrator.post("/tenants/acme/configuration/rollback", {"version": before})
    difference = administrator.get(
        f"/tenants/acme/configuration/difference?older={before + 1}&newer={before + 2}"
    ).json["diff"]

    assert answer.json["version"] == before + 2
    assert "-max_message_size: 25" in difference


def test_a_document_of_another_tenant_is_refused(
    administrator: Program, configuration: dict[str, str]
) -> None:
    body = {"document": DOCUMENT.format(name="zeta")}

    answer = administrator.ask("PUT", "/tenants/acme/configuration", body, If_Match=configuration["etag"])

    assert answer.status == 422


def test_only_the_operator_makes_tenants(operator: Program, administrator: Program) -> None:
    body = {"document": DOCUMENT.format(name="nova")}

    assert administrator.post("/tenants", body).status == 403
    assert operator.post("/tenants", body).status == 201
    assert operator.post("/tenants", body).status == 422
    assert "nova" not in administrator.get("/tenants").text


def test_people_of_a_full_care_tenant_see_and_the_operator_changes(operator: Program) -> None:
    body = {"document": DOCUMENT.format(name="kappa") + "contract: {formula: full-care}\n"}
    operator.post("/tenants", body)
    chief = with_grant("kappa", "tenant-administrator")
    found = chief.get("/tenants/kappa/configuration")
    change = {"document": found.json["document"] + "max_message_size: 20\n"}
    put, etag = "/tenants/kappa/configuration", found.headers["ETag"]

    assert chief.get("/tenants/kappa/messages").status == 200
    assert chief.ask("PUT", put, change, If_Match=etag).status == 403
    assert chief.post("/tenants/kappa/accounts", {"email": "x@people.example"}).status == 403
    assert operator.ask("PUT", put, change, If_Match=etag).status == 200


def test_every_part_of_a_document_has_an_area_or_is_the_operators_on_purpose() -> None:
    from lazaretto.store.scope import Area
    from lazaretto.store.sections import area_of
    from lazaretto.tenants.document import TenantDocument

    operators = {part for part in TenantDocument.model_fields if area_of(part) is Area.TENANTS}

    assert operators == {"version", "tenant", "suspended", "contract"}


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            ("impersonation:", "  approved:", "    user_name: [partner.example]"),
            'did you mean "user_names"? known are every_method, user_names, similar_names',
        ),
        (
            ("options:", "  impersonation.approved.user_name: partner.example"),
            "approves for no method; known are user_names, similar_names",
        ),
    ],
)
def test_an_approval_for_a_method_that_there_is_not_is_refused(
    administrator: Program, configuration: dict[str, str], lines: tuple[str, ...], told: str
) -> None:
    body = changed(configuration["document"], *lines)

    answer = administrator.ask("PUT", "/tenants/acme/configuration", body, If_Match=configuration["etag"])

    assert answer.status == 422
    assert told in " ".join(each["problem"] for each in answer.json["errors"])
    assert "approved" not in administrator.get("/tenants/acme/configuration").json["document"]


def test_an_approval_for_one_method_is_published_and_read_back(
    administrator: Program, configuration: dict[str, str]
) -> None:
    lines = ("impersonation:", "  approved:", "    similar_names: [Partner.Example, Ann@Other.Example]")
    body = changed(configuration["document"], *lines)

    answer = administrator.ask("PUT", "/tenants/acme/configuration", body, If_Match=configuration["etag"])

    assert (answer.status, answer.json["changed"]) == (200, True)
    document = administrator.get("/tenants/acme/configuration").json["document"]
    assert "  approved:\n    similar_names:\n      - ann@other.example\n      - partner.example" in document


def test_an_approval_for_everybody_of_a_free_mail_service_is_told(
    administrator: Program, configuration: dict[str, str]
) -> None:
    lines = ("impersonation:", "  approved:", "    user_names: [gmail.com]")

    remarks = administrator.post(
        "/tenants/acme/configuration/check", changed(configuration["document"], *lines), Accept_Language="nl"
    ).json

    assert "iedereen kan een adres bij gmail.com hebben" in " ".join(each["text"] for each in remarks)
