"""A client of the SDK gives its answers as they came, whichever way its methods ask."""

from collections.abc import Mapping
from typing import Any

from worker.adapters.ecs.call import unmodelled

BODY = {"Images": {"Image": [{"ImageId": "m-1", "Unknown": True}]}}


class Model:
    """An answer as the SDK's own methods return it."""

    def __init__(self, body: Any = None) -> None:
        self.body = body

    def to_map(self) -> Mapping[str, Any]:
        return {"statusCode": 200, "body": self.body}


class Client:
    """Asks for itself in one method, and through the common one in another."""

    def call_api(self, *, body: Any) -> Mapping[str, Any]:
        return {"statusCode": 200, "body": body}

    def common(self) -> Model:
        found = self.call_api(body=BODY)
        return Model({"Images": {"Image": [{"ImageId": "m-1"}]}} if "body" in found else None)

    def own(self) -> Model:
        return Model(BODY)


def test_answer_of_the_common_way_is_not_that_of_the_model() -> None:
    client = unmodelled(Client)()

    assert client.body_of(client.common()) == BODY


def test_answer_of_a_method_that_asks_in_its_own_way_is_that_of_its_model() -> None:
    client = unmodelled(Client)()

    client.body_of(client.common())
    assert client.body_of(client.own()) == BODY


def test_answer_without_a_body_is_none() -> None:
    client = unmodelled(Client)()

    assert client.body_of(client.call_api(body=None)) is None
