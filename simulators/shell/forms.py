"""What a browser takes from a page of a stand-in: its links and its forms, in the order of the page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """Where a form goes and what it holds; `beside` is the text of the table row it stands in."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    beside: str = ""


class Page(HTMLParser):
    """The links and forms of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.forms: list[Form] = []
        self._row, self._link, self._select = "", "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a link, a form or one of its fields."""
        given = {name: value or "" for name, value in attrs}
        if tag == "tr":
            self._row = ""
        elif tag == "a":
            self._link = given.get("href", "")
            self.links.append(("", self._link))
        elif tag == "form":
            self.forms.append(Form(given.get("action", ""), beside=self._row))
        elif self.forms:
            self._field(tag, given)

    def _field(self, tag: str, given: Mapping[str, str]) -> None:
        fields = self.forms[-1].fields
        if tag == "input" and given.get("name"):
            fields[given["name"]] = given.get("value", "")
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option" and (self._select not in fields or "selected" in given):
            fields[self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """A link's text ends."""
        if tag == "a":
            self._link = ""

    def handle_data(self, data: str) -> None:
        """Text belongs to the row and to the link it stands in."""
        self._row += data
        if self._link:
            text, address = self.links[-1]
            self.links[-1] = (text + data, address)

    def first_link(self, beginning: str) -> tuple[str, str] | None:
        """Text and address of the first link to such an address."""
        return next((link for link in self.links if link[1].startswith(beginning)), None)

    def form(self, action: str, **fields: str) -> Form | None:
        """The first form that goes there and holds these values."""
        return next((one for one in self.forms if one.action == action and fields.items() <= one.fields.items()), None)

    def form_beside(self, text: str, action: str) -> Form | None:
        """The first form that goes there and stands in a row with this text."""
        return next((one for one in self.forms if one.action == action and text in one.beside), None)
