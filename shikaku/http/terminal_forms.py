"""Fields of the terminal's forms: what was typed, what is wrong with it, what the template shows. No saving here."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from chukan.kernel.values.kojin_bango import without_kojin_bango

Kind = Literal["text", "kana", "date", "radio", "select", "textarea", "bango", "password", "number"]
Choice = tuple[str, str]

_CODE_CSS: Final = {"date": "mono", "bango": "mono", "number": "mono"}
_INPUT_MODES: Final = {"number": "numeric", "bango": "numeric"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One field of a screen. `name`: the pointer of its item with dots (`shikaku.edaban`), or a word of the screen."""

    name: str
    label: str
    kind: Kind = "text"
    width: int = 3
    required: bool = False
    hint: str = ""
    options: tuple[Choice, ...] = ()
    maxlength: int | None = None
    mono: bool = False
    clearable: bool = False

    @property
    def id(self) -> str:
        """Return the id of the control in the page."""
        return "f-" + self.name.replace(".", "-")


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing to mend: which field (by name, '' for the page as a whole), what happened and what to do, its code."""

    name: str
    message: str
    code: str = ""

    @property
    def field(self) -> str:
        """Return the id of the control to jump to."""
        return "f-" + self.name.replace(".", "-") if self.name else "main"


@dataclass(frozen=True, slots=True)
class BoundField:
    """A field with its value and its error, as `components/field.html` reads it."""

    spec: Spec
    value: str = ""
    error: str = ""
    cleared: bool = False
    echo: str = ""
    readonly: bool = False

    @property
    def id(self) -> str:
        return self.spec.id

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def label(self) -> str:
        return self.spec.label

    @property
    def kind(self) -> str:
        return self.spec.kind

    @property
    def width(self) -> int:
        return self.spec.width

    @property
    def required(self) -> bool:
        return self.spec.required

    @property
    def hint(self) -> str:
        return self.spec.hint

    @property
    def maxlength(self) -> int | None:
        return self.spec.maxlength

    @property
    def clearable(self) -> bool:
        return self.spec.clearable

    @property
    def input_type(self) -> str:
        """Return the type of the input; a number already typed comes back hidden."""
        return "password" if self.spec.kind == "password" else "text"

    @property
    def inputmode(self) -> str:
        return _INPUT_MODES.get(self.spec.kind, "")

    @property
    def css(self) -> str:
        return "mono" if self.spec.mono else _CODE_CSS.get(self.spec.kind, "")

    @property
    def choices(self) -> Iterator[tuple[str, str, bool]]:
        """Return value, text and whether it is chosen; a list starts with an empty choice."""
        if self.spec.kind == "select" and all(value for value, _ in self.spec.options):
            yield ("", "", not self.value)
        for value, text in self.spec.options:
            yield (value, text, value == self.value)

    @property
    def described_by(self) -> str:
        """Return the ids of hint and error, in the order they are read."""
        ids = []
        if self.spec.hint and self.spec.kind != "radio":
            ids.append(f"{self.id}-hint")
        if self.error:
            ids.append(f"{self.id}-error")
        return " ".join(ids)


@dataclass(frozen=True, slots=True)
class Section:
    """A group of fields under one heading; folded away when `folded`."""

    title: str
    specs: tuple[Spec, ...]
    folded: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class BoundSection:
    """A section with the fields as they stand."""

    title: str
    fields: tuple[BoundField, ...]
    folded: bool
    hint: str


def all_specs(sections: Iterable[Section]) -> tuple[Spec, ...]:
    """Return the fields of all sections in reading order."""
    return tuple(spec for section in sections for spec in section.specs)


def read_values(data: Mapping[str, str], specs: Iterable[Spec]) -> dict[str, str]:
    """Return what was typed in each field, without the spaces around it; a field left out is empty."""
    return {spec.name: data.get(spec.name, "").strip() for spec in specs}


def in_field_order(errors: Iterable[FieldError], specs: Sequence[Spec]) -> tuple[FieldError, ...]:
    """Return the errors in the order of the fields, those of the page as a whole last."""
    place = {spec.name: index for index, spec in enumerate(specs)}
    return tuple(sorted(errors, key=lambda error: place.get(error.name, len(place))))


def bind(
    sections: Iterable[Section],
    values: Mapping[str, str],
    errors: Iterable[FieldError] = (),
    *,
    cleared: frozenset[str] = frozenset(),
) -> tuple[BoundSection, ...]:
    """Return the sections with values and the first error of each field; a folded section with content is open.

    A field that is wrong and holds a 個人番号 comes back empty: no page gives one back. 根拠: KJ-UI-04.
    """
    messages: dict[str, str] = {}
    for error in errors:
        shown = f"{error.message}（{error.code}）" if error.code else error.message
        messages.setdefault(error.name, shown)
    values = {name: without_kojin_bango(text) if name in messages else text for name, text in values.items()}
    return tuple(
        BoundSection(
            section.title,
            tuple(
                BoundField(
                    spec,
                    values.get(spec.name, ""),
                    messages.get(spec.name, ""),
                    cleared=spec.name in cleared,
                )
                for spec in section.specs
            ),
            section.folded
            and not any(values.get(s.name) or s.name in messages or s.name in cleared for s in section.specs),
            section.hint,
        )
        for section in sections
    )
