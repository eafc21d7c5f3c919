"""The configuration file: how it is found and read, and that the one in the repository is complete."""

from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from worker.settings import Settings, SettingsError, example_yaml, find_file, from_data, load
from worker.settings.reference import known_paths, reference
from worker.settings.yaml_file import BYTES_MAX, parse_yaml, read_yaml

PLACE = {"ALIBABA_CLOUD_ACCOUNT_ID": "1234567890123456", "ALIBABA_CLOUD_REGION_ID": "cn-hangzhou"}
SHIPPED = Path(__file__).parents[2] / "config.yaml"


def the_problem(text: str) -> str:
    """Return what is wrong with the text of a file."""
    with pytest.raises(SettingsError) as raised:
        parse_yaml(text, name="config.yaml")
    return str(raised.value)


def test_shipped_file_is_the_model_written_out() -> None:
    """config.yaml in the repository is what the model writes: no key, default or comment can be missing or stale."""
    assert SHIPPED.read_text(encoding="utf-8") == example_yaml()


def test_shipped_file_equals_the_defaults() -> None:
    """Loading config.yaml gives the same settings as loading nothing."""
    assert load(str(SHIPPED), PLACE) == from_data({}, PLACE)


def test_shipped_file_names_every_key() -> None:
    """Every field of the model stands in config.yaml, found by walking the model and not by the code that writes it."""
    data = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))

    for name, field in Settings.model_fields.items():
        if field.exclude:
            continue
        assert name in data
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            assert list(data[name]) == list(field.annotation.model_fields)


def test_every_key_is_described() -> None:
    """No key lacks the sentence that becomes its comment and its line in the reference."""
    undescribed = [
        key.path for _, _, keys in reference() for key in keys if not key.description.endswith(".")
    ]

    assert undescribed == []
    assert "queue.lease" in known_paths()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "queue:\n  lease: 60s\n  lease: 50s\n",
            "config.yaml:3:3: repeats the key 'lease' of line 2; keep one of the two",
        ),
        (
            "queue: {}\nlog: {}\nqueue: {}\n",
            "config.yaml:3:1: repeats the key 'queue' of line 1; keep one of the two",
        ),
        ("queue:\n  lease: [\n", "config.yaml:3:1: is not YAML:"),
        ("queue:\n\tlease: 60s\n", "config.yaml:2:1: is not YAML:"),
        ("queue: 'abc\n", "config.yaml:2:1: is not YAML:"),
        ("- a\n- b\n", "config.yaml: must hold sections such as queue: (found a list)"),
        ("just words", "config.yaml: must hold sections such as queue: (found 'just words')"),
        ("1: 2\n", "config.yaml: must hold sections such as queue: (found a mapping)"),
        ("a: !!python/object:os.system {}\n", "config.yaml:1:4: is not YAML:"),
        (
            "a: 2026-02-31\n",
            "config.yaml: is not YAML: it holds a character or value that YAML refuses",
        ),
        ("a: \x00\n", "config.yaml: is not YAML: it holds a character or value that YAML refuses"),
        ("a: 1\n---\nb: 2\n", "config.yaml:2:1: is not YAML:"),
        ("? [a]\n: b\n", "config.yaml:1:3: is not YAML:"),
    ],
)
def test_broken_file_is_told_with_its_place(text: str, said: str) -> None:
    """What is no YAML, or not ours, is told with line and column."""
    assert the_problem(text).startswith(said)


def test_empty_file_is_all_defaults() -> None:
    """A file with nothing but comments is an empty configuration."""
    assert parse_yaml("# nothing\n", name="config.yaml") == {}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: &x {lease: 60s}\nb: *x\n", "1:4: is not YAML: anchors and aliases"),
        ("a: &x {b: *x}\n", "1:4: is not YAML: anchors and aliases"),
        ("a: 1\nb: *x\n", "2:4: is not YAML: anchors and aliases"),
        ("<<: {owner: x}\n", "1:1: is not YAML: merge keys"),
        ("a:\n  b: !!bool x\n", "2:6: is not YAML: tags"),
        ('a: !!int ""\n', "1:4: is not YAML: tags"),
        ("a: !!timestamp x\n", "1:4: is not YAML: tags"),
        ("a: !!python/object:os.system x\n", "1:4: is not YAML: tags"),
        ("a: " + "[" * 3_000, "1:19: is not YAML: more than 16 values"),
        ("{a: " * 2_000, "1:62: is not YAML: more than 16 values"),
    ],
)
def test_what_no_configuration_needs_is_refused_with_its_place(text: str, what: str) -> None:
    """Anchors can unfold without end, tags make other values, and deep nesting breaks a parser."""
    with pytest.raises(SettingsError) as refused:
        parse_yaml(text, name="config.yaml")

    assert str(refused.value).startswith(f"config.yaml:{what}")


def test_file_that_is_no_configuration_is_not_read_to_its_end(tmp_path: Path) -> None:
    """A file of any size that was named by mistake costs a quarter of a megabyte."""
    file = tmp_path / "config.yaml"
    file.write_bytes(b"#" * (BYTES_MAX + 1))

    with pytest.raises(SettingsError, match=f"is larger than {BYTES_MAX} bytes"):
        read_yaml(file)

    file.write_bytes(b"#" * BYTES_MAX)
    assert read_yaml(file) == {}


def test_file_is_found_by_option_then_variable_then_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--config wins over ALIYUN_OPS_CONFIG, which wins over ./config.yaml."""
    for name in ("config.yaml", "option.yaml", "variable.yaml"):
        (tmp_path / name).write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    environ = {"ALIYUN_OPS_CONFIG": "variable.yaml"}

    assert find_file("option.yaml", environ).name == "option.yaml"
    assert find_file(None, environ).name == "variable.yaml"
    assert find_file(None, {}).name == "config.yaml"


@pytest.mark.parametrize(
    ("config", "environ"), [("no.yaml", {}), (None, {"ALIYUN_OPS_CONFIG": "no.yaml"}), (None, {})]
)
def test_missing_file_is_not_replaced_by_defaults(
    config: str | None, environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker in a wrong directory must not take every spot instance for its own."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(
        SettingsError, match="is not a file that exists; name the file with --config"
    ):
        find_file(config, environ)


def test_unreadable_file_is_a_sentence(tmp_path: Path) -> None:
    """A file that is no text is told by name."""
    file = tmp_path / "config.yaml"
    file.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(SettingsError, match=r"config\.yaml: cannot be read: is not UTF-8 text"):
        load(str(file), PLACE)
