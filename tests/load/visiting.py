"""A browser without eyes, for measurements: cookies, forms, and how much each answer weighs on the wire."""

from __future__ import annotations

import gzip
import http.client
import re
import time
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode, urljoin, urlsplit

_LINK = re.compile(r'<a\b[^>]*?\bhref="([^"#][^"]*)"')
_PART = re.compile(r'<(?:script|img)\b[^>]*?\bsrc="([^"]+)"|<link\b[^>]*?\bhref="([^"]+)"')
_IMPORT = re.compile(r'\bfrom\s*"(\.[^"]+)"|\bimport\s*"(\.[^"]+)"|url\("?(\.[^")]+)"?\)')
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str
    octets: int
    """Head and body as they were sent."""
    seconds: float

    def links(self, address: str) -> list[str]:
        """Return where the page leads, within the site, as paths with their queries."""
        found = [urlsplit(urljoin(address, unescape(each))) for each in _LINK.findall(self.text)]
        host = urlsplit(address).netloc
        whole = [
            f"{each.path}?{each.query}" if each.query else each.path for each in found if each.netloc == host
        ]
        return list(dict.fromkeys(whole))

    def parts(self) -> list[str]:
        """Return the styles, scripts and pictures that a browser fetches for it."""
        found = (script or style for script, style in _PART.findall(self.text))
        return list(dict.fromkeys(unescape(each) for each in found if not each.startswith("data:")))

    def imports(self, address: str) -> list[str]:
        """Return what a script or a style fetches by itself."""
        found = (one or two or three for one, two, three in _IMPORT.findall(self.text))
        return list(dict.fromkeys(urljoin(address, each) for each in found))


@dataclass(slots=True)
class Visitor:
    """One who is signed in, or will be; one connection that is kept."""

    base: str
    cookies: dict[str, str] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None

    def get(self, path: str) -> Answer:
        """Fetch a path."""
        return self._ask("GET", path, None)

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        """Send a form, with the token of the page at ``path``."""
        token = _TOKEN.search(self.get(path).text)
        given = {**fields, "csrfmiddlewaretoken": token[1]} if token else fields
        return self._ask("POST", path, urlencode(given))

    def sign_in(self, email: str, password: str) -> None:
        """Sign in by the form."""
        answer = self.post("/sign-in", {"email": email, "password": password})
        assert answer.status == 302, f"{email} cannot sign in: {answer.status}"

    def follow(self, path: str) -> Answer:
        """Fetch a path and where it leads."""
        answer = self.get(path)
        for _ in range(5):
            if answer.status not in (301, 302, 303) or "location" not in answer.headers:
                break
            path = urljoin(path, answer.headers["location"])
            answer = self.get(path)
        return answer

    def weight_of(self, answer: Answer, address: str) -> int:
        """Return how many octets a browser that has nothing fetches for a page, its parts included."""
        waiting, known = answer.parts(), set[str]()
        weight = answer.octets
        while waiting:
            part = urljoin(address, waiting.pop())
            if part not in known:
                known.add(part)
                fetched = self.get(part)
                weight += fetched.octets
                waiting += fetched.imports(part)
        return weight

    def _ask(self, method: str, path: str, body: str | None) -> Answer:
        headers = {"Accept-Encoding": "gzip", "User-Agent": "Lazaretto-Load", "Origin": self.base}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        response, raw = self._exchange(method, path, body, headers)
        took = time.perf_counter() - began
        for line in response.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        head = len(str(response.headers).encode()) + 20
        text = gzip.decompress(raw) if response.headers.get("Content-Encoding") == "gzip" else raw
        return Answer(
            response.status,
            {name.lower(): value for name, value in response.headers.items()},
            text.decode("utf-8", "replace"),
            head + len(raw),
            took,
        )

    def _exchange(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        for is_last in (False, True):
            is_kept = self._connection is not None
            connection = self._connection or http.client.HTTPConnection(
                urlsplit(self.base).netloc, timeout=PATIENCE
            )
            self._connection = connection
            try:
                connection.request(method, path, body, headers)
                response = connection.getresponse()
                return response, response.read()
            except (ConnectionError, http.client.HTTPException):
                # A kept connection may have been closed meanwhile, as browsers know.
                connection.close()
                self._connection = None
                if is_last or not is_kept:
                    raise
        raise AssertionError
