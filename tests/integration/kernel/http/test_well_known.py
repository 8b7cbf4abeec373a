import json

import pytest
from django.test import Client

from chukan.kernel.crypto.keyring import get_keyring
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_published_keys_are_public_and_those_the_hub_signs_with(world: World) -> None:
    keys = json.loads(Client().get("/.well-known/jwks.json").content)["keys"]

    assert [key["kid"] for key in keys] == [get_keyring().signing_key("http").kid]
    assert all("d" not in key for key in keys)
