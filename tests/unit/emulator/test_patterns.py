"""Event patterns: what each operator lets through, and what is refused as malformed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.state.patterns import (
    EMPTY,
    EXCEEDS_LIMIT,
    SCHEMA_ERROR,
    PatternError,
    compile_pattern,
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-1000, 1000)
    | st.floats(-1000, 1000, allow_nan=False)
    | st.text(max_size=8)
)
values = scalars | st.lists(scalars, max_size=3)
documents = st.recursive(
    scalars,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=6), below),
    max_leaves=12,
)


def matches(pattern: object, event: dict[str, Any]) -> bool:
    return compile_pattern(json.dumps(pattern)).matches(event)


def leaf(expressions: list[Any], **event: object) -> bool:
    return matches({"data": {"field": expressions}}, {"data": event})


@pytest.mark.parametrize(
    ("expression", "hits", "misses"),
    [
        ("acs.ecs", ["acs.ecs", ["acs.oss", "acs.ecs"]], ["acs.ECS", "acs.ecs ", None, []]),
        (300, [300, 300.0], ["300", 301, True]),
        (1, [1], [True]),
        (True, [True], [1, "true", False]),
        (None, [None, [None]], ["", 0, False, "null"]),
        ("", ["", [""]], [None, " "]),
        ({"prefix": "acs."}, ["acs.ecs", ["x", "acs.y"]], ["my.acs.", "ACS.ecs", 5, None]),
        ({"suffix": ".jpg"}, ["a.jpg"], [".jpg.txt", "a.JPG"]),
        ({"contains": "Normal"}, ["aNormalb", "Normal"], ["normal", "Norma"]),
        ({"anything-but": "x"}, ["y", 1, None, "", ["x", "y"]], ["x", ["x"], []]),
        ({"anything-but": 123}, [124, "123"], [123, 123.0]),
        ({"anything-but": ["a", "b"]}, ["c", ["a", "c"]], ["a", "b", ["a", "b"]]),
        ({"anything-but": {"prefix": "init"}}, ["done", 5], ["init", "initializing"]),
        ({"anything-but": {"suffix": ".tmp"}}, ["a.txt"], ["a.tmp"]),
        ({"numeric": [">", 0, "<=", 5]}, [1, 5, 0.1, [9, 3]], [0, 5.1, "3", True, None]),
        ({"numeric": ["=", 3]}, [3, 3.0], [4]),
        ({"cidr": "10.0.0.0/24"}, ["10.0.0.7"], ["10.0.1.7", "10.0.0", "::1", 10]),
        ({"cidr": "10.0.0.7"}, ["10.0.0.7"], ["10.0.0.8"]),
        ({"exists": True}, [0, None, "", [], {}], []),
        ({"prefix": "a/", "suffix": ".txt"}, ["a/b.txt"], ["a/b", "b.txt", ["a/", "x.txt"]]),
        ({"exists": True, "prefix": "a"}, ["ab"], ["b"]),
        ("生产", ["生产"], ["生产 "]),
    ],
)
def test_operators(expression: object, hits: list[object], misses: list[object]) -> None:
    """Each documented operator, with values that pass it and values that do not."""
    assert [value for value in hits if not leaf([expression], field=value)] == []
    assert [value for value in misses if leaf([expression], field=value)] == []


@pytest.mark.parametrize(
    "expression",
    ["x", None, {"prefix": "x"}, {"anything-but": "x"}, {"numeric": ["<", 5]}, {"exists": True}],
)
def test_named_fields_must_be_present(expression: object) -> None:
    """An event without the field does not match, not even a negation."""
    assert not leaf([expression], other="x")


def test_absence_can_be_asked_for() -> None:
    """`exists: false` is the one expression that an absent field satisfies."""
    pattern = {"data": {"state": [{"exists": False}]}}

    assert matches(pattern, {"data": {"other": 1}})
    assert matches(pattern, {})
    assert not matches(pattern, {"data": {"state": None}})
    assert not leaf([{"exists": False, "prefix": "a"}], other=1)


def test_and_across_fields_or_within_an_array() -> None:
    """Every field must be satisfied, by any of its expressions; other fields do not matter."""
    pattern = {
        "source": ["acs.ecs", "acs.oss"],
        "data": {"state": ["Stopped", {"prefix": "Del"}]},
    }

    assert matches(pattern, {"source": "acs.oss", "data": {"state": "Deleted"}, "id": "x"})
    assert not matches(pattern, {"source": "acs.oss", "data": {"state": "Running"}})
    assert not matches(pattern, {"source": "acs.mns", "data": {"state": "Stopped"}})
    assert not matches(pattern, {"source": "acs.oss", "data": "Stopped"})


def test_the_empty_object_matches_everything() -> None:
    """A pattern without fields asks for nothing."""
    assert matches({}, {"id": "x"})
    assert matches({}, {})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", EMPTY),
        ("  ", EMPTY),
        ("{", SCHEMA_ERROR),
        ("[]", SCHEMA_ERROR),
        ('"x"', SCHEMA_ERROR),
        ('{"source":"acs.ecs"}', SCHEMA_ERROR),
        ('{"source":null}', SCHEMA_ERROR),
        ('{"source":[]}', SCHEMA_ERROR),
        ('{"data":{}}', SCHEMA_ERROR),
        ('{"source":[["acs.ecs"]]}', SCHEMA_ERROR),
        ('{"source":[{}]}', SCHEMA_ERROR),
        ('{"source":[NaN]}', SCHEMA_ERROR),
        ('{"source":[{"wildcard":"a*"}]}', SCHEMA_ERROR),
        ('{"source":[{"prefix":""}]}', SCHEMA_ERROR),
        ('{"source":[{"suffix":5}]}', SCHEMA_ERROR),
        ('{"source":[{"contains":null}]}', SCHEMA_ERROR),
        ('{"source":[{"exists":"true"}]}', SCHEMA_ERROR),
        ('{"source":[{"anything-but":[]}]}', SCHEMA_ERROR),
        ('{"source":[{"anything-but":[["a"]]}]}', SCHEMA_ERROR),
        ('{"source":[{"anything-but":{"contains":"a"}}]}', SCHEMA_ERROR),
        ('{"source":[{"anything-but":{"prefix":"a","suffix":"b"}}]}', SCHEMA_ERROR),
        ('{"source":[{"numeric":[]}]}', SCHEMA_ERROR),
        ('{"source":[{"numeric":[">"]}]}', SCHEMA_ERROR),
        ('{"source":[{"numeric":["~",1]}]}', SCHEMA_ERROR),
        ('{"source":[{"numeric":[1,">"]}]}', SCHEMA_ERROR),
        ('{"source":[{"numeric":["<",2e9]}]}', SCHEMA_ERROR),
        ('{"source":[{"numeric":["<",true]}]}', SCHEMA_ERROR),
        ('{"source":[{"cidr":"10.0.0.0/33"}]}', SCHEMA_ERROR),
        ('{"source":[{"cidr":"::/0"}]}', SCHEMA_ERROR),
        ('{"source":["a","b","c","d","e","f"]}', EXCEEDS_LIMIT),
        ('{"source":["a","b","c","d",{"prefix":"e","suffix":"f"}]}', EXCEEDS_LIMIT),
        ('{"source":[' + "9" * 5000 + "]}", SCHEMA_ERROR),
        ('{"data":' * 5000 + "[1]" + "}" * 5000, SCHEMA_ERROR),
        ('{"data":{"n":[{"numeric":[">",0,"<",9,"!=",3]}]}}', SCHEMA_ERROR),
        ('{"souce":["acs.ecs"]}', SCHEMA_ERROR),
        ('{"detail-type":["x"]}', SCHEMA_ERROR),
        ('{"detail":{"state":["x"]}}', SCHEMA_ERROR),
        ('{"subject":{"a":["x"]}}', SCHEMA_ERROR),
        ('{"data":["x"]}', SCHEMA_ERROR),
    ],
)
def test_malformed_patterns_are_refused(text: str, code: str) -> None:
    """Each defect has its code."""
    with pytest.raises(PatternError) as refused:
        compile_pattern(text)

    assert refused.value.code == code


@pytest.mark.parametrize(
    "key",
    [
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "time",
        "datacontenttype",
        "dataschema",
        "aliyunregionid",
        "aliyuneventbusname",
        "aliyunaccountid",
    ],
)
def test_attributes_that_a_pattern_may_name(key: str) -> None:
    """Those of CloudEvents, and those that the service adds."""
    assert matches({key: [{"prefix": "x"}]}, {key: "xy"})


@pytest.mark.parametrize(
    ("wanted", "value", "as_json", "as_text"),
    [
        (300, 300.0, True, False),
        ("300", 300, False, True),
        (True, "true", False, True),
        (None, "null", False, False),
        (None, None, True, True),
        ("x", ["x", {"b": 1}], True, False),
        ("x", ["y", "x"], True, True),
        ({"exists": True}, {"b": 1}, True, False),
        ({"anything-but": 300}, 300.0, False, True),
        ({"prefix": "x"}, ["xy", ["z"]], True, False),
    ],
)
def test_values_are_compared_as_assumed(
    wanted: object, value: object, *, as_json: bool, as_text: bool
) -> None:
    """By JSON's rules, or by their text and only beside plain members of an array."""
    text = json.dumps({"data": {"x": [wanted]}})
    event = {"data": {"x": value}}

    assert compile_pattern(text).matches(event) is as_json
    assert compile_pattern(text, compares_text=True).matches(event) is as_text


def test_plain_values_may_be_left_out_of_the_count() -> None:
    """Under the other reading of the limit only operators count."""
    six = '{"source":["a","b","c","d","e",{"prefix":"f"}]}'

    assert compile_pattern(six, exact_values_count=False).matches({"source": "e"})


@given(values, values)
def test_an_event_matches_the_pattern_of_its_own_value(value: Any, other: Any) -> None:
    """The exact pattern of any scalar matches that scalar, and never one that differs."""
    event = {"data": {"x": value}}
    members = value if isinstance(value, list) else [value]
    others = other if isinstance(other, list) else [other]

    assert all(matches({"data": {"x": [one]}}, event) for one in members)
    for one in others:
        same = any(
            one == member and isinstance(one, bool) is isinstance(member, bool)
            for member in members
        )
        assert matches({"data": {"x": [one]}}, event) is same


@given(scalars, st.lists(scalars, min_size=1, max_size=5))
def test_anything_but_is_the_negation_of_the_list(value: Any, listed: list[Any]) -> None:
    """For one value, anything-but holds exactly when none of the exact values does."""
    assert leaf([{"anything-but": listed}], field=value) is not leaf(listed, field=value)


@given(st.text(max_size=6), st.text(min_size=1, max_size=6), st.text(max_size=6))
def test_affixes_are_those_of_the_text(before: str, middle: str, after: str) -> None:
    """Prefix, suffix and contains find the part where it was put."""
    assert leaf([{"prefix": middle}], field=middle + after)
    assert leaf([{"suffix": middle}], field=before + middle)
    assert leaf([{"contains": middle}], field=before + middle + after)


@given(documents, documents)
def test_any_document_either_compiles_or_is_refused(pattern: Any, event: Any) -> None:
    """No JSON document breaks the compiler or the matcher."""
    try:
        compiled = compile_pattern(json.dumps(pattern))
    except PatternError:
        return
    if isinstance(event, dict):
        assert compiled.matches(event) in (True, False)


@given(st.text(max_size=40))
def test_any_text_either_compiles_or_is_refused(text: str) -> None:
    """No text breaks the compiler; JSON that is no object is always refused."""
    try:
        compiled = compile_pattern(text)
    except PatternError:
        return
    assert isinstance(json.loads(compiled.text), dict)
