"""The screens of this room, by 画面ID."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Page:
    """A screen that no right of 事務 guards."""

    id: str
    name: str


AU_001: Final = Page("AU-001", "ログイン")
AU_003: Final = Page("AU-003", "パスワードの変更")
AU_004: Final = Page("AU-004", "再認証")
