"""What the settings accept, what they refuse, and in which words."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import ValidationError

from worker.settings import Queue, Settings, SettingsError, from_data
from worker.settings.checks import CHECKS
from worker.settings.endpoints import API_NAMES
from worker.settings.units import DURATION, format_duration

PLACE = {"ALIBABA_CLOUD_ACCOUNT_ID": "1234567890123456", "ALIBABA_CLOUD_REGION_ID": "cn-hangzhou"}
Data = dict[str, Any]
KEY = "0123456789abcdef" * 4


def problems(data: Data, environ: Mapping[str, str] = PLACE) -> list[str]:
    """Return what is wrong with the data, one line each."""
    with pytest.raises(SettingsError) as raised:
        from_data(data, environ)
    return [str(problem) for problem in raised.value.problems]


def the_problem(data: Data, environ: Mapping[str, str] = PLACE) -> str:
    """Return the only thing that is wrong with the data."""
    found = problems(data, environ)
    assert len(found) == 1, found
    return found[0]


def test_environment_alone_is_enough() -> None:
    """Account and region from the environment are all that must be given."""
    settings = from_data({}, PLACE)

    assert (settings.account_id, settings.region) == ("1234567890123456", "cn-hangzhou")
    assert settings.queue.lease == 60.0


def test_file_wins_over_environment() -> None:
    """A value in the file is taken before the environment's."""
    settings = from_data({"region": "cn-beijing", "account_id": 1234567890}, PLACE)

    assert (settings.region, settings.account_id) == ("cn-beijing", "1234567890")


@pytest.mark.parametrize(
    ("environ", "region"),
    [
        ({"FC_REGION": "cn-a"}, "cn-a"),
        ({"FC_REGION": "cn-a", "ALIBABA_CLOUD_REGION": "cn-b"}, "cn-b"),
        (
            {
                "FC_REGION": "cn-a",
                "ALIBABA_CLOUD_REGION": "cn-b",
                "ALIBABA_CLOUD_REGION_ID": "cn-c",
            },
            "cn-c",
        ),
        ({"FC_REGION": "cn-a", "ALIBABA_CLOUD_REGION_ID": ""}, "cn-a"),
    ],
)
def test_region_variables_have_an_order(environ: dict[str, str], region: str) -> None:
    """The most specific variable that is set and not empty gives the region."""
    settings = from_data({}, {"FC_ACCOUNT_ID": "1234567890123456", **environ})

    assert settings.region == region


def test_missing_place_names_the_variables() -> None:
    """Without account and region both are named, with the variables that may hold them."""
    account, region = problems({}, {})

    assert account.startswith("account_id: is not set; write account_id:")
    assert "ALIBABA_CLOUD_ACCOUNT_ID or FC_ACCOUNT_ID" in account
    assert "ALIBABA_CLOUD_REGION_ID or ALIBABA_CLOUD_REGION or FC_REGION" in region


def test_bad_value_from_environment_names_the_variable() -> None:
    """A problem with a value of the environment says which variable it came from."""
    found = the_problem({}, {**PLACE, "ALIBABA_CLOUD_REGION_ID": "Hangzhou"})

    assert found.startswith(
        "region (from ALIBABA_CLOUD_REGION_ID): is not a region id (found 'Hangzhou')"
    )


def test_all_problems_come_at_once() -> None:
    """Everything that is wrong is told in one go, in the words path, problem, found, advice."""
    found = problems(
        {
            "queue": {"lease": 60, "long_pol": "1s"},
            "launch": {"takeover": "maybe", "forbid_types": "ecs.t*"},
            "rule": {"base64": "yes"},
        }
    )

    assert found == [
        "queue.lease: needs a unit (found 60); write 60s",
        "queue.long_pol: is an unknown key; did you mean queue.long_poll?",
        "launch.takeover: is not one of the choices (found 'maybe'); write one of 'stop-source', 'overlap' or 'wait'",
        "launch.forbid_types: must be a list (found 'ecs.t*'); write [a, b], or one '- item' per line",
        "rule.base64: must be true or false (found 'yes'); write true or false",
    ]


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("leese", "did you mean queue.lease?"),
        ("lease", "did you mean queue.lease?"),
        ("lunch", "did you mean launch?"),
        ("xyzzy", "take it out; config.yaml lists all keys"),
    ],
)
def test_unknown_key_gets_a_near_match(key: str, hint: str) -> None:
    """An unknown key is answered with the key that was probably meant, wherever that stands."""
    assert the_problem({key: "1s"}) == f"{key}: is an unknown key; {hint}"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15s", 15.0),
        ("5m", 300.0),
        ("1h30m", 5_400.0),
        ("90m", 5_400.0),
        ("0.5h", 1_800.0),
        ("1d", 86_400.0),
    ],
)
def test_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    """A duration with units becomes a float of seconds."""
    assert DURATION.read(text) == seconds
    assert from_data({"notice": {"give_up_after": "20h"}}, PLACE).notice.give_up_after == 72_000.0


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (60, "needs a unit (found 60); write 60s"),
        (1.5, "needs a unit (found 1.5); write 1.5s"),
        ("60", "needs a unit (found '60'); write 60s"),
        ("15 sec", "has a wrong unit (found '15 sec'); write 15s"),
        ("5min", "has a wrong unit (found '5min'); write 5m"),
        ("1H", "has a wrong unit (found '1H'); write 1h"),
        ("2 fortnights", "has a wrong unit (found '2 fortnights'); write 15s, 5m, 7d or 1h30m"),
        (
            "30m1h",
            "has its units out of order (found '30m1h'); write the largest first and each once",
        ),
        (
            "5m5m",
            "has its units out of order (found '5m5m'); write the largest first and each once",
        ),
        ("soon", "is not a number with a unit (found 'soon'); write 15s, 5m, 7d or 1h30m"),
        ("-5m", "is not a number with a unit (found '-5m'); write 15s, 5m, 7d or 1h30m"),
        (None, "is not a number with a unit (found null); write 15s, 5m, 7d or 1h30m"),
        (True, "is not a number with a unit (found true); write 15s, 5m, 7d or 1h30m"),
        ([], "is not a number with a unit (found a list); write 15s, 5m, 7d or 1h30m"),
    ],
)
def test_wrong_duration_says_what_to_write(value: object, said: str) -> None:
    """A duration without unit, with another unit or without number is refused with the right spelling."""
    assert the_problem({"launch": {"epoch_pause": value}}) == f"launch.epoch_pause: {said}"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (65536, "needs a unit (found 65536); write 65536B"),
        ("64k", "has a wrong unit (found '64k'); write 64KiB"),
        ("64KB", "has a wrong unit (found '64KB'); write 64KiB"),
        (
            "1MiB",
            "is more than 64KiB (SMQ: message 1 to 64 KiB) (found '1MiB'); write 64KiB or less",
        ),
    ],
)
def test_wrong_size_says_what_to_write(value: object, said: str) -> None:
    """A size needs a unit as well, and keeps the queue's limit."""
    assert the_problem({"queue": {"max_message_size": value}}) == f"queue.max_message_size: {said}"


@examples(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(min_value=1_000, max_value=3_600_000).map(lambda ms: ms / 1000))
def test_duration_survives_being_written(seconds: float) -> None:
    """What is written for a duration reads back as the same duration."""
    assert DURATION.read(format_duration(seconds)) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("section", "key", "value", "said"),
    [
        ("queue", "lease", "13h", "is more than 12h (SMQ: visibility timeout 1 s to 12 h)"),
        ("queue", "lease", "60500ms", "must be whole seconds"),
        ("queue", "long_poll", "31s", "is more than 30s"),
        ("queue", "retention", "8d", "is more than 7d"),
        ("queue", "retention", "59s", "is less than 60s"),
        ("queue", "receive_batch", 17, "is more than 16"),
        ("queue", "receive_batch", True, "must be a whole number"),
        ("queue", "name", "has_underscore", "is not a queue name"),
        ("queue", "name", 123, 'must be text (found 123); put it in quotes: "123"'),
        ("rule", "name", "eventbridge-reserved-x", "begins with eventbridge-reserved-"),
        ("worker", "concurrency", 0, "is less than 1"),
        ("worker", "own_instance_id", "web-1", "is not an instance id"),
        ("launch", "epochs_max", 0, "is less than 1"),
        ("launch", "prefer_types", [" "], "has an empty pattern"),
        ("launch", "families", [""], "has an empty pattern"),
        ("launch", "max_price_percent", 0, "is less than 1"),
        ("launch", "max_price_percent", 101, "is more than 100"),
        ("launch", "pay_as_you_go_max", -1, "is less than 0"),
        ("select", "tags", {"acs:x": "y"}, "has the tag key 'acs:x', which the cloud refuses"),
        ("select", "tags", {"version": 1.5}, 'must be text (found 1.5); put it in quotes: "1.5"'),
        ("select", "tags", ["a"], "must be a mapping"),
        ("endpoints", "ecs", "https://host/path", "has a path"),
        ("endpoints", "ecs", "ftp://host", "is not a host name or an http(s) URL"),
        ("endpoints", "ecs", "http://host:port", "is not a host name or an http(s) URL"),
    ],
)
def test_limits_of_single_values(section: str, key: str, value: object, said: str) -> None:
    """Each value keeps its own limit or grammar, and the refusal names it."""
    found = the_problem({section: {key: value}})

    assert found.startswith(f"{section}.{key}")
    assert said in found


def test_section_with_all_keys_commented_out_is_absent() -> None:
    """A section that reads as null has its defaults."""
    assert from_data({"image": None, "select": None}, PLACE) == from_data({}, PLACE)


# Each named check with settings that break it alone, and the beginning of what it says.
IMPOSSIBLE: dict[str, tuple[Data, str]] = {
    "queues_are_three": (
        {"queue": {"dead_letter_name": "spot-interruptions"}},
        "queue.dead_letter_name: is the queue itself",
    ),
    "converted_address_is_handed_over": (
        {"handover": {"convert_public_ip": True, "eip": False}},
        "handover.convert_public_ip: makes an elastic address that handover.eip does not carry over",
    ),
    "health_check_is_complete": (
        {"health": {"check": "http"}},
        "health.port: is missing for health.check: http",
    ),
    "lease_outlasts_the_slowest_call": (
        {"queue": {"lease": "30s"}},
        "queue.lease: must outlast the slowest call",
    ),
    "receives_fit_the_limit": (
        {"queue": {"max_receive_count": 100}},
        "queue.max_receive_count: is less than one recreation may need: 1 delivery, 144 hand-backs",
    ),
    "recreation_ends_before_its_message": (
        {"queue": {"retention": "1d"}},
        "notice.give_up_after: must be less than",
    ),
    "takeover_comes_before_the_release": (
        {"launch": {"takeover_latest": "5m"}},
        "launch.takeover_latest: must be less",
    ),
    "false_alarm_is_told_after_the_release": (
        {"notice": {"false_alarm_after": "5m"}},
        "notice.false_alarm_after: must be more",
    ),
    "polls_are_ordered": (
        {"image": {"poll_min": "31s"}},
        "image.poll_min: must not be more than image.poll_max (30s)",
    ),
    "fallbacks_are_tried_once": (
        {"clone": {"fallbacks": ["rescue", "rescue"]}},
        "clone.fallbacks: names one twice",
    ),
    "waits_end_before_giving_up": (
        {"image": {"wait_max": "24h"}},
        "image.wait_max: must be less than notice.give_up",
    ),
    "vanishing_is_noticed_before_the_wait_ends": (
        {"launch": {"vanish_after": "15m"}},
        "launch.vanish_after: must be less than launch.running_wait_max (15m)",
    ),
    "batch_fits_what_may_be_held": (
        {"worker": {"held_max": 8}},
        "worker.held_max: must be at least queue.receive_batch",
    ),
    "selection_is_not_empty": (
        {"select": {"tags": {"spot-recreation:skip": "no"}}},
        "select.skip_tags.spot-recreation:skip: skips what select.tags asks for",
    ),
    "preferred_types_are_allowed": (
        {"launch": {"prefer_types": ["ecs.g7*"], "forbid_types": ["ecs.g7*"]}},
        "launch.prefer_types: prefers what launch.forbid_types forbids",
    ),
    "families_have_a_use": (
        {"launch": {"families": ["ecs.g*"], "same_type_only": True}},
        "launch.families: allows other types while launch.same_type_only forbids them",
    ),
    "requests_are_private": (
        {"endpoints": {"ecs": "http://ecs.example.com"}},
        "endpoints.ecs: is plain http",
    ),
    "virtual_time_stays_on_this_machine": (
        {"clock": {"emulator": "http://127.0.0.1:1"}},
        "endpoints.ecs: is a real address while clock.emulator sets virtual time",
    ),
    "pages_have_a_place": (
        {"receipts": {"html": True}},
        "receipts.html: keeps pages while receipts.directory is not set",
    ),
    "keys_are_in_order": (
        {},
        "ALIYUN_OPS_SIGNING_KEY: is not set while ALIYUN_OPS_SIGNING_KEY_PREVIOUS is",
    ),
}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"health": {"check": "command"}}, "health.command: is missing"),
        (
            {
                "health": {"check": "tcp", "port": 80, "address": "elastic"},
                "handover": {"eip": False},
            },
            "health.address: asks an elastic address",
        ),
        ({"health": {"within": "2h"}, "notice": {"give_up_after": "1h"}}, "health.within: must be"),
        ({"health": {"path": "health"}}, "health.path: is not a path"),
        ({"quiesce": {"command": " "}}, "quiesce.command: is empty"),
        ({"quiesce": {"command": "x" * 20_000}}, "quiesce.command: is longer than 18000 bytes"),
        ({"quiesce": {"timeout": "2m"}}, "quiesce.timeout: "),
    ],
)
def test_what_could_not_be_checked_or_run_is_refused(settings: Data, sentence: str) -> None:
    """Before the night in which it is needed."""
    with pytest.raises(SettingsError) as refused:
        from_data(settings, PLACE)

    assert sentence in str(refused.value)


def test_every_check_has_a_case() -> None:
    """No named check stands without a test that makes it speak."""
    assert set(IMPOSSIBLE) == {check.__name__ for check in CHECKS}


@pytest.mark.parametrize("check", IMPOSSIBLE)
def test_impossible_combinations(check: str) -> None:
    """A combination that cannot work is refused by its named check, and by no other."""
    data, said = IMPOSSIBLE[check]
    environ = (
        {**PLACE, "ALIYUN_OPS_SIGNING_KEY_PREVIOUS": KEY} if check == "keys_are_in_order" else PLACE
    )

    found = problems(data, environ)

    assert found[0].startswith(said)
    assert len({re.sub(r"\(found .*|^[^:]*", "", line) for line in found}) == 1


def test_virtual_time_needs_a_local_emulator() -> None:
    """The emulator whose time is used must be on this machine too."""
    local = dict.fromkeys(API_NAMES, "http://127.0.0.1:8080")

    assert from_data(
        {"endpoints": local, "clock": {"emulator": "http://localhost:1"}}, PLACE
    ).clock.emulator
    assert the_problem({"endpoints": local, "clock": {"emulator": "http://10.0.0.1:1"}}).startswith(
        "clock.emulator: is not on this machine"
    )


def test_settings_cannot_be_made_impossible_in_code_either() -> None:
    """The checks belong to the settings, not to the file."""
    with pytest.raises(ValidationError):
        Settings(account_id="1234567890", region="cn-hangzhou", queue=Queue(lease=10.0))


def test_settings_are_frozen() -> None:
    """Nothing can be changed once it is loaded, a mapping included."""
    settings = from_data({"select": {"tags": {"a": "b"}}}, PLACE)

    with pytest.raises(ValidationError):
        settings.queue.lease = 1.0
    with pytest.raises(TypeError):
        settings.select.tags["a"] = "c"  # type: ignore[index]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"signing_key": "s3cret"}, "set ALIYUN_OPS_SIGNING_KEY instead"),
        ({"secrets": {"signing_key": "s3cret"}}, "set ALIYUN_OPS_SIGNING_KEY instead"),
        ({"access_key_id": "s3cret"}, "set ALIBABA_CLOUD_ACCESS_KEY_ID instead"),
        ({"accessKeySecret": "s3cret"}, "set ALIBABA_CLOUD_ACCESS_KEY_SECRET instead"),
        ({"queue": {"security-token": "s3cret"}}, "set ALIBABA_CLOUD_SECURITY_TOKEN instead"),
        ({"log": {"level": "LTAI" + "EXAMPLEs3cret"}}, "set ALIBABA_CLOUD_ACCESS_KEY_ID instead"),
    ],
)
def test_secret_in_the_file_is_refused_and_not_repeated(data: Data, said: str) -> None:
    """A key or value that looks like a secret is an error that names the variable and hides the value."""
    found = problems(data)

    assert said in found[0]
    assert "s3cret" not in "\n".join(found)


def test_a_tag_may_be_called_anything() -> None:
    """The names of tags are the user's own, even when they sound like secrets."""
    settings = from_data({"select": {"tags": {"token-service": None}}}, PLACE)

    assert settings.select.tags == {"token-service": None}


def test_no_secret_is_ever_shown() -> None:
    """Neither the representation, nor the effective settings, nor a problem shows a signing key."""
    settings = from_data({}, {**PLACE, "ALIYUN_OPS_SIGNING_KEY": KEY})

    assert settings.signing_keys == (KEY.encode(),)
    assert KEY not in repr(settings) + str(settings) + str(settings.effective()) + repr(
        settings.secrets
    )
    assert KEY not in settings.model_dump_json()


def test_keys_are_the_current_then_the_previous() -> None:
    """During a change of keys both count, and the current one signs."""
    other = KEY[::-1]
    settings = from_data(
        {}, {**PLACE, "ALIYUN_OPS_SIGNING_KEY": KEY, "ALIYUN_OPS_SIGNING_KEY_PREVIOUS": other}
    )

    assert settings.signing_keys == (KEY.encode(), other.encode())
    assert from_data({}, PLACE).signing_keys == ()


def test_weak_key_is_refused_and_not_repeated() -> None:
    """A key that is too short is told with the command that makes a good one."""
    found = the_problem({}, {**PLACE, "ALIYUN_OPS_SIGNING_KEY": "short"})

    assert (
        found
        == "ALIYUN_OPS_SIGNING_KEY: is shorter than 16 characters; make one with: openssl rand -hex 32"
    )


def test_effective_settings_read_back() -> None:
    """The effective settings are a file of the same effect, derived addresses included."""
    settings = from_data({"queue": {"lease": "2m"}, "select": {"tags": {"a": None}}}, PLACE)

    again = from_data(settings.effective(), {})

    assert again.effective() == settings.effective()
    assert again.urls == settings.urls


@pytest.mark.parametrize(
    ("region", "network", "expected"),
    [
        ("cn-hangzhou", "public", "https://eventbridge-console.cn-hangzhou.aliyuncs.com"),
        ("me-east-1", "public", "https://eventbridge.me-east-1.aliyuncs.com"),
        ("cn-hangzhou", "vpc", "https://ecs-vpc.cn-hangzhou.aliyuncs.com"),
        ("cn-hangzhou", "vpc", "http://1234567890123456.mns.cn-hangzhou-internal.aliyuncs.com"),
        ("cn-hangzhou", "public", "https://1234567890123456.mns.cn-hangzhou.aliyuncs.com"),
        ("cn-hangzhou", "vpc", "https://mns-open-vpc.cn-hangzhou.aliyuncs.com"),
        ("cn-hangzhou", "public", "https://slb.aliyuncs.com"),
        ("cn-chengdu", "public", "https://slb.cn-chengdu.aliyuncs.com"),
        ("cn-hangzhou", "vpc", "https://slb-vpc.cn-hangzhou.aliyuncs.com"),
        ("cn-hangzhou", "public", "https://alb.cn-hangzhou.aliyuncs.com"),
        ("cn-hangzhou", "vpc", "https://nlb-vpc.cn-hangzhou.aliyuncs.com"),
    ],
)
def test_addresses_follow_from_the_place(region: str, network: str, expected: str) -> None:
    """Addresses that are not given follow from account, region and network."""
    settings = from_data({"region": region, "endpoints": {"network": network}}, PLACE)

    assert expected in settings.effective()["endpoints"].values()


def test_given_address_wins_and_gets_a_scheme() -> None:
    """An address in the file is taken before the derived one; a bare host is https."""
    settings = from_data(
        {"endpoints": {"ecs": "ecs.example.com", "mns": "http://127.0.0.1:80/"}}, PLACE
    )

    assert settings.urls.ecs == "https://ecs.example.com"
    assert settings.urls.mns == "http://127.0.0.1:80"


@examples(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from([*Settings.model_fields, "x"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(
                    st.sampled_from(["lease", "name", "tags", "ecs"]), inner, max_size=3
                )
            ),
            max_leaves=6,
        ),
    )
)
def test_any_data_is_settings_or_problems(data: Data) -> None:
    """Whatever YAML may hold, the answer is settings or sentences, never another exception."""
    try:
        from_data(data, PLACE)
    except SettingsError as error:
        found = error.problems
    else:
        return

    assert all(re.fullmatch(r".+: .+; .+", str(problem), re.DOTALL) for problem in found)


def test_impossible_combinations_are_told_beside_wrong_keys() -> None:
    """A misspelt key and a wrong unit do not hide that two other keys cannot stand together."""
    data = {
        "worker": {"concurency": 8},
        "image": {"poll_min": "20 parsecs"},
        "queue": {"dead_letter_name": "spot-interruptions"},
        "notice": {"length": "5m", "false_alarm_after": "60s"},
    }

    with pytest.raises(SettingsError) as refused:
        from_data(data, {})

    told = "\n".join(map(str, refused.value.problems))
    for part in ("worker.concurency", "image.poll_min", "account_id", "dead_letter", "false_alarm"):
        assert part in told


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"account_id": "１２３４５６７８９０"}, "account_id"),
        ({"region": "cn-" + "a" * 60}, "region"),
        ({"region": "cn-hangzhou.evil.example"}, "region"),
        ({"notice": {"length": "９m"}}, "notice.length"),
        ({"notice": {"length": "9" * 400 + "s"}}, "notice.length"),
        ({"worker": {"own_instance_id": "i-" + "a" * 60}}, "worker.own_instance_id"),
        ({"endpoints": {"ecs": "https://a b"}}, "endpoints.ecs"),
        ({"endpoints": {"ecs": "https://a\\@b"}}, "endpoints.ecs"),
        ({"endpoints": {"ecs": "https://例子.com"}}, "endpoints.ecs"),
    ],
)
def test_ids_and_hosts_are_plain_words(data: Data, path: str) -> None:
    """Digits of another alphabet, blanks and endless words would go into addresses and calls."""
    assert the_problem(data).startswith(f"{path}: ")


@pytest.mark.parametrize("url", ["https://[::1]:8", "http://127.0.0.1:1", "a-1.b.com", "https://a"])
def test_hosts_of_every_usual_form_are_taken(url: str) -> None:
    """Names and addresses of both kinds are hosts."""
    assert from_data({"endpoints": {"ecs": url}}, PLACE).endpoints.ecs is not None


def test_addresses_of_channels_come_from_environment_and_file(tmp_path: Path) -> None:
    """They are shown nowhere: not in the effective settings, not in a repr."""
    file = tmp_path / "channels"
    file.write_text("# the team\njson://two.example/secret2\n\n", encoding="utf-8")
    environ = {**PLACE, "ALIYUN_OPS_NOTIFY_URLS": "json://one.example/secret1"}
    settings = from_data({"notify": {"urls_file": str(file)}}, environ)

    assert settings.notify_urls() == ("json://one.example/secret1", "json://two.example/secret2")
    assert "secret" not in repr(settings)
    assert "secret1" not in str(settings.effective())


def test_a_file_of_channels_that_is_not_there_keeps_nobody_from_work(tmp_path: Path) -> None:
    settings = from_data({"notify": {"urls_file": str(tmp_path / "none")}}, PLACE)

    assert settings.notify_urls() == ()


def test_addresses_of_channels_do_not_stand_in_the_file() -> None:
    """The key for them that somebody would guess is refused, and the address not repeated."""
    said = the_problem({"notify": {"urls": ["dingtalk://0123456789abcdef/"]}})

    assert said.startswith("notify.urls: is an unknown key; did you mean notify.urls_file")
    assert "0123456789abcdef" not in said
