"""A long sequence in pieces that fit into memory."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def blocks(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most so many values, in order; nothing else is held."""
    rest = iter(values)
    while block := list(islice(rest, size)):
        yield block
