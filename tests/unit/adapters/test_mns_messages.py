"""Answers to a receive, as the documentation shows them and as nobody should send them."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.adapters.mns_messages import Damaged, read

NAMESPACE = "http://mns.aliyuncs.com/doc/v1/"


def listed(*messages: str, namespace: str = f' xmlns="{NAMESPACE}"') -> str:
    inner = "".join(f"<Message>{one}</Message>" for one in messages)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Messages{namespace}>\n{inner}\n</Messages>'


def properties(*values: tuple[str, str, str]) -> str:
    inner = "".join(
        f"<PropertyValue><Name>{name}</Name><Value>{value}</Value><Type>{kind}</Type></PropertyValue>"
        for name, kind, value in values
    )
    return f"<UserProperties>{inner}</UserProperties>"


def test_a_list_of_messages() -> None:
    """In order, each with the text of its elements; a namespace or none."""
    for namespace in (f' xmlns="{NAMESPACE}"', ""):
        first, second = read(
            listed(
                "<MessageId>1</MessageId><MessageBody>订单 &lt;&amp;</MessageBody>",
                "<MessageId>2</MessageId>\n  <MessageBody><![CDATA[<a>]]>b</MessageBody>",
                namespace=namespace,
            )
        )

        assert first.fields == {"MessageId": "1", "MessageBody": "订单 <&"}
        assert second.fields == {"MessageId": "2", "MessageBody": "<a>b"}


def test_a_message_alone() -> None:
    """As a receive answers that asks for no number."""
    (found,) = read("<Message><MessageId>1</MessageId></Message>")

    assert found.fields == {"MessageId": "1"}


def test_attributes_of_every_type() -> None:
    """Binary ones are text for us; what is no base64 is left as it is, and so is what is empty."""
    binary = base64.b64encode("中".encode()).decode()
    (found,) = read(
        listed(
            properties(
                ("text", "STRING", "a"),
                ("number", "NUMBER", "word"),
                ("flag", "BOOLEAN", "true"),
                ("binary", "BINARY", binary),
                ("broken", "BINARY", "?"),
                ("no text", "BINARY", "//8="),
                ("no ascii", "BINARY", "中"),
                ("empty", "STRING", ""),
                ("new", "SOMETHING", "b"),
                ("", "STRING", "nameless"),
            )
        )
    )

    assert found.attributes == {
        "text": "a",
        "number": "word",
        "flag": "true",
        "binary": "中",
        "broken": "?",
        "no text": "//8=",
        "no ascii": "中",
        "empty": "",
        "new": "b",
    }


@pytest.mark.parametrize(
    "text", ["", "<Messages>", "{}", "<Queue></Queue>", "<Messages>\x01</Messages>"]
)
def test_what_is_no_list_of_messages(text: str) -> None:
    """It is told apart from a list that is empty."""
    with pytest.raises(Damaged):
        read(text)
    assert read(listed()) == ()


def test_entities_do_not_grow_without_end() -> None:
    """A few lines would be gigabytes."""
    levels = "".join(f'<!ENTITY e{number} "{f"&e{number - 1};" * 100}">' for number in range(1, 9))
    text = f'<!DOCTYPE m [<!ENTITY e0 "{"x" * 100}">{levels}]><Messages><Message>&e8;</Message></Messages>'

    with pytest.raises(Damaged):
        read(text)


@given(st.text(max_size=200), st.text(alphabet="<>/&;aMesg ", max_size=80))
def test_whatever_comes_is_read_or_damaged(text: str, tags: str) -> None:
    """Nothing else is raised."""
    for each in (
        text,
        tags,
        f"<Messages>{tags}</Messages>",
        listed(tags),
        listed(properties((tags, tags, tags))),
    ):
        try:
            found = read(each)
        except Damaged:
            continue
        assert isinstance(found, tuple)
