"""A clerk at the 統合専用端末 without JavaScript: opens pages, fills forms in, follows links."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Self
from urllib.parse import urljoin

import httpx


@dataclass
class Form:
    """One form as it stands in a page; `data` is what its `data-` attributes tell the scripts."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    """What a browser takes from a page: its text, its links, its forms."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__()
        self.status = response.status_code
        self.url = str(response.url)
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.text = ""
        self._select = ""
        self._textarea = ""
        self._silent = False
        self.feed(response.text)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._silent = tag in {"script", "style"}
        if tag == "a" and given.get("href"):
            self.links.append(urljoin(self.url, given["href"]))
        elif tag == "form":
            action = urljoin(self.url, given.get("action", ""))
            data = {name.removeprefix("data-"): value for name, value in given.items() if name.startswith("data-")}
            self.forms.append(Form(action, given.get("method", "get"), data=data))
        elif self.forms and "disabled" not in given:
            self._control(tag, given)

    def _control(self, tag: str, given: dict[str, str]) -> None:
        fields, name = self.forms[-1].fields, given.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._textarea = name
            fields[name] = ""
        elif tag == "option" and self._select and (self._select not in fields or "selected" in given):
            fields[self._select] = given.get("value", "")
        elif tag == "input" and name:
            chosen = given.get("type") not in {"radio", "checkbox"} or "checked" in given
            if chosen and given.get("type") != "file":
                fields[name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._silent = False
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea and self.forms:
            self.forms[-1].fields[self._textarea] += data
        if not self._silent:
            self.text += f" {data}"

    def link(self, ending: str) -> str:
        """Return the one address that ends so."""
        found = sorted({link for link in self.links if link.partition("?")[0].endswith(ending)})
        assert len(found) == 1, (ending, found, self.text[:600])
        return found[0]

    def form(self, ending: str) -> Form:
        """Return the one form that goes to an address that ends so."""
        found = [form for form in self.forms if form.method == "post" and form.action.endswith(ending)]
        assert len(found) == 1, (ending, [form.action for form in self.forms], self.text[:600])
        return found[0]


class Clerk:
    """One person's session."""

    def __init__(self, web_url: str) -> None:
        self._url = web_url
        self._http = httpx.Client(base_url=web_url, trust_env=False, follow_redirects=True, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def sign_in(self, hokensha_code: str, shokuin_id: str, password: str) -> Page:
        """Sign in and return the page that follows."""
        page = self.open("/login/")
        typed = {"hokensha_code": hokensha_code, "shokuin_id": shokuin_id, "password": password}
        after = self.submit(page.form("/login/"), typed)
        assert "/login" not in after.url, after.text
        return after

    def open(self, address: str) -> Page:
        """Open a page; personal data is never left in a cache."""
        response = self._http.get(address)
        assert response.status_code == 200, (address, response.status_code, response.text[:600])
        assert "no-store" in response.headers["cache-control"]
        return Page(response)

    def try_open(self, address: str) -> Page:
        """Return whatever is shown at an address, a refusal too."""
        return Page(self._http.get(address))

    def submit(self, form: Form, typed: dict[str, str], *, file: Path | None = None) -> Page:
        """Send a form with what was typed over what stood in it, and follow to the page that answers."""
        fields = form.fields | typed
        if file is None:
            return Page(self._http.post(form.action, data=fields))
        with file.open("rb") as stream:
            return Page(self._http.post(form.action, data=fields, files={"file": (file.name, stream, "text/csv")}))

    def download(self, address: str) -> bytes:
        """Return a file a page links to."""
        response = self._http.get(address)
        assert response.status_code == 200, response.text[:600]
        assert "attachment" in response.headers["content-disposition"]
        assert "no-store" in response.headers["cache-control"]
        return response.content
