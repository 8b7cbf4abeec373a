from pathlib import Path

import pytest

from chukan.kernel.crypto.file_kms import FileKms, ensure_kek
from chukan.kernel.crypto.keyring import Keyring
from tests.fakes.key_table import MemoryKeyTable


@pytest.fixture
def kms(tmp_path: Path) -> FileKms:
    return ensure_kek(tmp_path)


@pytest.fixture
def table() -> MemoryKeyTable:
    return MemoryKeyTable()


@pytest.fixture
def keyring(kms: FileKms, table: MemoryKeyTable) -> Keyring:
    keyring = Keyring(kms, table)
    keyring.ensure_hokensha_keys("06132013")
    keyring.ensure_hokensha_keys("00138057")
    return keyring
