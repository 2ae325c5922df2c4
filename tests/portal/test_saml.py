"""SAML with a provider of another make (pysaml2, xmlsec1): what it signed is believed, nothing else."""

from __future__ import annotations

import base64
import re
import subprocess
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from lxml import etree

from lazaretto.store.given import StoreSettings
from tests.portal.conftest import Answer, Browser

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]

ENTITY = "https://idp.acme.example/metadata"
SIGN_IN = "https://idp.acme.example/sso"
A = "urn:oasis:names:tc:SAML:2.0:assertion"


@dataclass
class Idp:
    """The provider, and what we call ourselves to it."""

    server: Any
    provider: str
    base_url: str

    @property
    def answer_to(self) -> str:
        return f"{self.base_url}/sign-in/saml/{self.provider}"

    def answer(self, request: str, email: str, **more: Any) -> str:
        """Return the provider's answer to the request with this id, as the browser posts it."""
        from saml2.saml import NAMEID_FORMAT_EMAILADDRESS, NameID

        given = {
            "identity": {},
            "in_response_to": request,
            "destination": self.answer_to,
            "sp_entity_id": f"{self.answer_to}/metadata",
            "name_id": NameID(format=NAMEID_FORMAT_EMAILADDRESS, text=email),
            "authn": {"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"},
            "sign_assertion": True,
            "sign_response": False,
            "sign_alg": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "digest_alg": "http://www.w3.org/2001/04/xmlenc#sha256",
            "encrypt_assertion": False,
            "encrypted_advice_attributes": False,
        }
        return str(self.server.create_authn_response(**(given | more)))


def key_pair(folder: Path, name: str) -> tuple[Path, Path]:
    key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        f"/CN={name}",
    ]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return key, certificate


def server_with(key: Path, certificate: Path, answer_to: str) -> Any:
    """Return a provider that knows us by what we say of ourselves."""
    from saml2.config import IdPConfig
    from saml2.server import Server

    from lazaretto.store.people.saml import metadata

    config = {
        "entityid": ENTITY,
        "xmlsec_binary": "/usr/bin/xmlsec1",
        "key_file": str(key),
        "cert_file": str(certificate),
        "metadata": {"inline": [metadata(f"{answer_to}/metadata", answer_to)]},
        "service": {
            "idp": {
                "endpoints": {
                    "single_sign_on_service": [
                        (SIGN_IN, "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect")
                    ]
                },
                "policy": {"default": {"lifetime": {"minutes": 5}, "sign": ["assertion"]}},
            }
        },
    }
    return Server(config=IdPConfig().load(config))


@pytest.fixture(scope="module")
def idp(store: StoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idp]:
    """The provider of acme.example."""
    from lazaretto.store.people.console import console_scope
    from lazaretto.store.people.models import Provider
    from lazaretto.store.people.providers import set_provider

    key, certificate = key_pair(tmp_path_factory.mktemp("idp"), "idp")
    settings = {"entity_id": ENTITY, "sign_in_address": SIGN_IN, "certificate": certificate.read_text()}
    provider = set_provider(console_scope("test", "acme"), "acme.example", "saml", "Acme", settings)
    answer_to = f"{store.base_url}/sign-in/saml/{provider.id}"
    yield Idp(server_with(key, certificate, answer_to), str(provider.id), store.base_url)
    Provider.objects.all().delete()


def begun(browser: Browser) -> str:
    """Begin in ``browser``; return the id of the request that the provider gets."""
    page = browser.post("/sign-in/organisation", {"email": "x@acme.example"})
    found = re.search(r'class="btn btn-primary w-100" href="([^"]+)"', page.text)
    assert found, page.text
    query = parse_qs(urlsplit(found[1].replace("&amp;", "&")).query)
    request = etree.fromstring(zlib.decompress(base64.b64decode(query["SAMLRequest"][0]), -15))
    return str(request.get("ID"))


def brought(idp: Idp, browser: Browser, answer: str) -> Answer:
    """Let ``browser`` bring the answer: across sites, thus without its cookies; then it comes by itself."""
    path = f"/sign-in/saml/{idp.provider}"
    posted = Browser(checks_forms=True).post(
        path, {"SAMLResponse": base64.b64encode(answer.encode()).decode()}
    )
    if posted.status != 302:
        return posted
    return browser.get(posted.headers["Location"])


def test_what_the_provider_signs_signs_in(idp: Idp) -> None:
    browser, email = Browser(), f"{uuid4().hex[:8]}@acme.example"

    answer = brought(idp, browser, idp.answer(begun(browser), email))

    assert (answer.status, answer.headers.get("Location")) == (302, "/")
    assert email in browser.get("/account").text


def test_the_whole_response_may_be_signed_in_place_of_the_assertion(idp: Idp) -> None:
    browser = Browser()
    answer = idp.answer(begun(browser), "x@acme.example", sign_assertion=False, sign_response=True)

    assert brought(idp, browser, answer).status == 302


@pytest.mark.parametrize(
    "elsewhere", ["boss@zeta.example", "x@branch.acme.example", "x@acme.example@zeta.example"]
)
def test_it_speaks_for_its_own_domain_alone(idp: Idp, elsewhere: str) -> None:
    browser = Browser()

    assert brought(idp, browser, idp.answer(begun(browser), elsewhere)).status == 403


def test_another_browser_and_a_second_time_get_nothing(idp: Idp) -> None:
    browser, other = Browser(), Browser()
    answer = idp.answer(begun(browser), "x@acme.example")
    begun(other)

    assert brought(idp, other, answer).status == 403
    assert brought(idp, browser, answer).status == 302
    assert brought(idp, browser, answer).status == 403


def test_an_answer_that_nobody_asked_for_is_not_taken(idp: Idp) -> None:
    browser = Browser()
    begun(browser)

    assert brought(idp, browser, idp.answer("_made_up", "x@acme.example")).status == 403


def wrapped(text: str) -> str:
    """A forged assertion in front, the signed one kept where its signature still holds."""
    root = etree.fromstring(text.encode())
    signed = root.find(f"{{{A}}}Assertion")
    forged = etree.fromstring(etree.tostring(signed))
    forged.set("ID", "_forged")
    forged.remove(forged.find("{http://www.w3.org/2000/09/xmldsig#}Signature"))
    forged.find(f"{{{A}}}Subject/{{{A}}}NameID").text = "boss@acme.example"
    root.insert(list(root).index(signed), forged)
    return etree.tostring(root).decode()


def wrapped_within(text: str) -> str:
    """A forged assertion that carries the signed one within its own signature."""
    root = etree.fromstring(text.encode())
    signed = root.find(f"{{{A}}}Assertion")
    forged = etree.fromstring(etree.tostring(signed))
    forged.set("ID", "_forged")
    forged.find(f"{{{A}}}Subject/{{{A}}}NameID").text = "boss@acme.example"
    holder = etree.SubElement(
        forged.find("{http://www.w3.org/2000/09/xmldsig#}Signature"),
        "{http://www.w3.org/2000/09/xmldsig#}Object",
    )
    root.replace(signed, forged)
    holder.append(signed)
    return etree.tostring(root).decode()


FORGERIES: dict[str, Callable[[str], str]] = {
    "another name": lambda text: text.replace("x@acme.example", "boss@acme.example"),
    "no signature": lambda text: re.sub(r"<(\w+:)Signature.*?</\1Signature>", "", text, flags=re.DOTALL),
    "wrapped": wrapped,
    "wrapped within": wrapped_within,
    "a comment in the name": lambda text: text.replace(
        "x@acme.example", "x@acme.example<!-- -->.evil.example"
    ),
    "entities": lambda text: '<!DOCTYPE x [<!ENTITY e "x">]>' + text.partition("?>")[2],
    "no xml": lambda _text: "nothing",
    "empty": lambda _text: "",
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES.keys())
def test_forgeries_are_refused(idp: Idp, forgery: Callable[[str], str]) -> None:
    browser = Browser()
    answer = idp.answer(begun(browser), "x@acme.example")

    assert brought(idp, browser, forgery(answer)).status == 403
    assert browser.get("/account").status == 302


def test_a_signature_with_another_key_is_refused(idp: Idp, tmp_path: Path) -> None:
    """Though its certificate comes along in the answer."""
    other = Idp(server_with(*key_pair(tmp_path, "other"), idp.answer_to), idp.provider, idp.base_url)
    browser = Browser()

    assert brought(idp, browser, other.answer(begun(browser), "x@acme.example")).status == 403


def test_a_signature_over_sha_1_proves_nothing(idp: Idp) -> None:
    old = {
        "sign_alg": "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "digest_alg": "http://www.w3.org/2000/09/xmldsig#sha1",
    }
    browser = Browser()

    assert brought(idp, browser, idp.answer(begun(browser), "x@acme.example", **old)).status == 403


def test_an_answer_for_somebody_else_is_refused(idp: Idp) -> None:
    for wrong in (
        {"sp_entity_id": "https://other.example/metadata"},
        {"destination": "https://other.example/acs"},
    ):
        browser = Browser()

        assert brought(idp, browser, idp.answer(begun(browser), "x@acme.example", **wrong)).status == 403


def test_an_answer_is_good_for_minutes_only(idp: Idp) -> None:
    from lazaretto.store.people import saml
    from lazaretto.store.people.models import Provider
    from lazaretto.store.people.oidc import NotProven

    provider = Provider.objects.get(id=idp.provider)
    answer = base64.b64encode(idp.answer("_1", "x@acme.example").encode()).decode()
    places = {"own_name": f"{idp.answer_to}/metadata", "answer_to": idp.answer_to}

    assert saml.finish(provider, answer, **places) == ("x@acme.example", "_1")
    for minutes in (-5, 8):
        with pytest.raises(NotProven):
            saml.finish(provider, answer, **places, now=datetime.now(UTC) + timedelta(minutes=minutes))


def test_we_describe_ourselves_to_a_provider(idp: Idp) -> None:
    told = Browser().get(f"/sign-in/saml/{idp.provider}/metadata")

    root = etree.fromstring(told.text.encode())
    assert root.get("entityID") == f"{idp.answer_to}/metadata"
    assert idp.answer_to in told.text
