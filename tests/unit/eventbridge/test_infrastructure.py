"""Command line, Terraform and ROS describe the same, but for a closed list of what a tool cannot say."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from eventbridge.deployment import ROLES
from eventbridge.desired import SERVICE_ROLE
from eventbridge.export import desired_as_data
from eventbridge.files import files
from eventbridge.gaps import GAPS, Tool
from eventbridge.ros import TO_FUNCTION, TO_QUEUES, full_template, interruptions_template
from eventbridge.terraform import terraform_text
from tests.unit.eventbridge.terraform_files import Module, arguments
from worker.settings import Queue, Rule, Settings

Data = dict[str, Any]

HERE = Path(__file__).parent
DEPLOY = HERE.parents[2] / "deploy"
ACCOUNT, REGION = "1234567890123456", "cn-hangzhou"
OURS = Settings(account_id=ACCOUNT, region=REGION)
OTHERS = Settings(
    account_id=ACCOUNT,
    region=REGION,
    owner="team-b",
    queue=Queue(
        name="q",
        dead_letter_name="q-dead",
        delivery_dead_letter_name="q-lost",
        lease=90.0,
        long_poll=20.0,
        retention=86_401.0,
        max_receive_count=321,
        max_message_size=32_768,
    ),
    rule=Rule(name="r", target_id="t", base64=False, retry="BACKOFF_RETRY"),
)
POLICIES = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in sorted((DEPLOY / "ram").glob("*.json"))
}
# Source: EventBridge, service-linked roles: which service each role is for.
ROLE_OF_SERVICE = {
    "sendevent-mns.eventbridge.aliyuncs.com": "AliyunServiceRoleForEventBridgeSendToMNS",
    "sendevent-fc.eventbridge.aliyuncs.com": "AliyunServiceRoleForEventBridgeSendToFC",
}
# The RAM role of each function; ROLES says what is attached to it.
ROLE_OF_FUNCTION = {"aliyun-ops": "aliyun-ops-function", "aliyun-ops-timed": "aliyun-ops-timed"}


def terraform_module(*texts: str) -> Module:
    """Parse Terraform files, with answers for what only the cloud tells."""
    module = Module(
        DEPLOY / "terraform",
        {
            "data.alicloud_account.current.id": ACCOUNT,
            "data.alicloud_regions.current.regions[0].id": REGION,
            "alicloud_ram_role.function[0].arn": "arn of the function's role",
            "alicloud_ram_role.timed[0].arn": "arn of the role for timers",
            'toset([for file in fileset("${path.module}/../ram", "*.json") : trimsuffix(file, ".json")])': list(
                POLICIES
            ),
            "var.worker_instance_ids": [],
        },
    )
    for text in texts:
        module.add(text)
    return module


@cache
def shipped_module() -> Module:
    """Parse deploy/terraform."""
    paths = sorted((DEPLOY / "terraform").glob("*.tf"))
    return terraform_module(*(path.read_text("utf-8") for path in paths))


def shipped_template() -> Data:
    """Parse deploy/ros."""
    text = (DEPLOY / "ros" / "template.yml").read_text("utf-8")
    template: Data = yaml.safe_load(text)
    return template


def way_of_terraform(module: Module) -> Data:
    """Return queues, role and rule in the words of `rule export`."""
    rule = module.resources("alicloud_event_bridge_rule")["interruptions"]
    for target in rule["targets"]:
        target["dead_letter_queue"] = target["dead_letter_queue"][0]
    queues = list(module.resources("alicloud_message_service_queue").values())
    for queue in queues:
        queue["dlq_policy"] = queue["dlq_policy"][0]
    role = module.resources("alicloud_event_bridge_service_linked_role")["to_queues"]
    return {
        "queues": queues,
        "service_linked_role": role["product_name"],
        "rule": {**rule, "filter_pattern": json.loads(rule["filter_pattern"])},
    }


def way_of_ros(template: Data) -> Data:
    """Return queues, role and rule in the words of `rule export`."""
    rule = properties(template, "ALIYUN::EventBridge::Rule")["Rule"]
    queues = properties(template, "ALIYUN::MNS::Queue").values()
    role = properties(template, "ALIYUN::ResourceManager::ServiceLinkedRole")["ToQueues"]
    words = {"id": "target_id"}
    return {
        "queues": [
            {
                **in_snake_case(queue),
                "tags": {tag["Key"]: tag["Value"] for tag in queue["Tags"]},
            }
            for queue in queues
        ],
        "service_linked_role": ROLE_OF_SERVICE[role["ServiceName"]],
        "rule": {
            **in_snake_case(rule, words),
            "filter_pattern": rule["FilterPattern"],
        },
    }


def properties(template: Data, kind: str) -> dict[str, Data]:
    """Return the properties of every resource of a kind, with what they refer to filled in."""
    return {
        name: filled(resource["Properties"], template)
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def filled(value: Any, template: Data) -> Any:
    """Fill in Ref, Fn::GetAtt and Fn::Sub."""
    if isinstance(value, list):
        return [filled(each, template) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::Sub"}:
        places = {"${ALIYUN::Region}": REGION, "${ALIYUN::TenantId}": ACCOUNT}
        return re.sub(r"\$\{[^}]+\}", lambda hole: places[hole.group()], value["Fn::Sub"])
    if set(value) == {"Ref"}:
        return template["Parameters"][value["Ref"]]["Default"]
    if set(value) == {"Fn::GetAtt"}:
        name, attribute = value["Fn::GetAtt"]
        known = {
            ("FunctionRole", "Arn"): "arn of the function's role",
            ("TimedRole", "Arn"): "arn of the role for timers",
        }
        return known.get((name, attribute)) or filled(
            template["Resources"][name]["Properties"][attribute], template
        )
    return {key: filled(each, template) for key, each in value.items()}


def in_snake_case(value: Any, words: Mapping[str, str] | None = None) -> Any:
    """Write the names of ROS properties as Terraform and the export have them."""
    if isinstance(value, list):
        return [in_snake_case(each, words) for each in value]
    if not isinstance(value, dict):
        return value
    names = {name: re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in value}
    return {
        (words or {}).get(names[name], names[name]): in_snake_case(each, words)
        for name, each in value.items()
    }


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (path, value) of every single value; what has a name is known by it, not by its place in a list."""
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        for each in value:
            name = each.get("queue_name") or each.get("resource_key") or ""
            yield from leaves(each, f"{path}.{name}" if name else path)
    elif isinstance(value, dict) and "resource_key" in value:
        yield path, (value["form"], value["value"])
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from leaves(each, f"{path}.{name}" if path else name)
    else:
        yield path, value


def wanted(settings: Settings) -> dict[str, Any]:
    """Return every value that `rule export --format json` says the cloud should have."""
    data = desired_as_data(settings)
    for queue in data["queues"]:
        del queue["purpose"]  # a word for people
    return dict(leaves({name: data[name] for name in ("queues", "service_linked_role", "rule")}))


def gaps(tool: Tool, settings: Settings) -> set[str]:
    """Return the paths of what a tool cannot say of these settings."""
    values = {
        path: value[1] if isinstance(value, tuple) else value
        for path, value in wanted(settings).items()
    }
    return {
        gap.path for gap in GAPS if gap.tool == tool and gap.value in {None, values.get(gap.path)}
    }


@pytest.mark.parametrize("settings", [OURS, OTHERS], ids=["defaults", "other settings"])
def test_terraform_says_all_but_the_closed_list(settings: Settings) -> None:
    """What is exported for Terraform is the desired state, less exactly what the list names."""
    said = dict(leaves(way_of_terraform(terraform_module(terraform_text(settings)))))

    differ = {path for path, value in wanted(settings).items() if said.get(path) != value}
    assert differ == gaps("terraform", settings)
    assert set(said) <= set(wanted(settings))


@pytest.mark.parametrize("settings", [OURS, OTHERS], ids=["defaults", "other settings"])
def test_ros_says_all_but_the_closed_list(settings: Settings) -> None:
    """What is exported for ROS is the desired state, less exactly what the list names."""
    said = dict(leaves(way_of_ros(interruptions_template(settings))))

    differ = {path for path, value in wanted(settings).items() if said.get(path) != value}
    assert differ == gaps("ros", settings)
    assert set(said) <= set(wanted(settings))


def test_each_gap_is_one() -> None:
    """Every entry of the list is about something that some configuration wants."""
    paths = set(wanted(OURS)) | set(wanted(OTHERS))

    assert [gap.path for gap in GAPS if gap.path not in paths] == []


@pytest.mark.parametrize("tool", ["terraform", "ros"])
def test_documents_name_the_gaps(tool: Tool) -> None:
    """A tool's page names each of its gaps, with why and what then, and no other."""
    page = (DEPLOY / tool / "README.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `rule.")]

    assert rows == [
        f"| `{gap.path}`{'' if gap.value is None else f': `{gap.value}`'} | {gap.why} | {gap.instead} |"
        for gap in GAPS
        if gap.tool == tool
    ]


def test_shipped_files_describe_the_defaults() -> None:
    """deploy/terraform and deploy/ros say of the way of an interruption what the export says."""
    said = dict(leaves(way_of_terraform(shipped_module())))

    differ = {path for path, value in wanted(OURS).items() if said.get(path) != value}
    assert differ == gaps("terraform", OURS)
    assert dict(leaves(way_of_ros(shipped_template()))) == wanted(OURS)


def test_made_files_are_current() -> None:
    """What `make deploy-files` makes is in the repository as it would be made now."""
    stale = [str(path) for path, text in files() if path.read_text("utf-8") != text]

    assert stale == [], "make deploy-files renews them"


def test_both_tools_make_the_same_roles_and_policies() -> None:
    """Terraform and ROS give the worker's policy, as deploy/ram has it, to a role for ECS and one for each function."""
    module, template = shipped_module(), shipped_template()
    roles = module.resources("alicloud_ram_role").values()
    attached = module.resources("alicloud_ram_role_policy_attachment").values()
    policies = module.resources("alicloud_ram_policy").values()

    of_ros = properties(template, "ALIYUN::RAM::Role").values()
    assert {
        role["role_name"]: json.loads(role["assume_role_policy_document"]) for role in roles
    } == {role["RoleName"]: role["AssumeRolePolicyDocument"] for role in of_ros}
    assert {(each["role_name"], each["policy_name"]) for each in attached} == {
        (role["RoleName"], name) for role in of_ros for name in role["PolicyAttachments"]["Custom"]
    }
    assert {(each["role_name"], each["policy_name"]) for each in attached} == {
        (f"aliyun-ops-{role}", f"aliyun-ops-{policy}")
        for role, (_, policies) in ROLES.items()
        for policy in policies
    }
    assert (
        {each["policy_name"]: json.loads(each["policy_document"]) for each in policies}
        == {
            each["PolicyName"]: each["PolicyDocumentUnchecked"]
            for each in properties(template, "ALIYUN::RAM::ManagedPolicy").values()
        }
        == {f"aliyun-ops-{name}": document for name, document in POLICIES.items()}
    )


def test_policies_fit_into_ram() -> None:
    """RAM takes 6144 characters of a policy, white space left out."""
    sizes = {
        name: len(json.dumps(document, separators=(",", ":")))
        for name, document in POLICIES.items()
    }

    assert {name: size for name, size in sizes.items() if size > 6_144} == {}


def test_both_tools_make_the_same_functions() -> None:
    """Functions, triggers, concurrency and asynchronous invocation are equal."""
    module, template = shipped_module(), shipped_template()
    made = module.resources("alicloud_fcv3_function").values()
    of_ros = properties(template, "ALIYUN::FC3::Function").values()

    for function, of_template in zip(map(single_blocks, made), of_ros, strict=True):
        environment = of_template.pop("EnvironmentVariables")
        assert function.pop("environment_variables") == environment
        assert function == in_snake_case(of_template)
    for kind, name in (
        ("concurrency_config", "ConcurrencyConfig"),
        ("async_invoke_config", "AsyncInvokeConfig"),
    ):
        of_terraform = module.resources(f"alicloud_fcv3_{kind}").values()
        assert list(map(single_blocks, of_terraform)) == list(
            map(in_snake_case, properties(template, f"ALIYUN::FC3::{name}").values())
        )
    assert [
        {**each, "trigger_config": json.loads(each["trigger_config"])}
        for each in module.resources("alicloud_fcv3_trigger").values()
    ] == [
        {**in_snake_case(each), "trigger_config": each["TriggerConfig"]}
        for each in properties(template, "ALIYUN::FC3::Trigger").values()
    ]


def of_one_function(template: Data, kind: str, name: str) -> list[Data]:
    """Return the properties of every resource of a kind that belongs to a function."""
    found = properties(template, f"ALIYUN::FC3::{kind}").values()
    return [each for each in found if each["FunctionName"] == name]


@pytest.mark.parametrize("name", ["aliyun-ops", "aliyun-ops-timed"])
def test_serverless_devs_makes_the_same_function(name: str) -> None:
    """deploy/fc/s.yaml says of function and triggers what Terraform and ROS say."""
    template = shipped_template()
    (function,) = of_one_function(template, "Function", name)
    (concurrency,) = of_one_function(template, "ConcurrencyConfig", name)
    (invoked,) = of_one_function(template, "AsyncInvokeConfig", name)
    described = yaml.safe_load((DEPLOY / "fc" / "s.yaml").read_text("utf-8"))
    props = described["resources"][name]["props"]
    same = (
        "functionName",
        "handler",
        "cpu",
        "memorySize",
        "diskSize",
        "timeout",
        "internetAccess",
    )
    assert {name: props[name] for name in same} == {
        name: function[name[0].upper() + name[1:]] for name in same
    }
    assert set(props["environmentVariables"]) == set(function["EnvironmentVariables"])
    role = described["vars"][props["role"].removeprefix("${vars.").removesuffix("}")]
    assert role.rpartition("/")[2] == ROLE_OF_FUNCTION[name]
    assert props["concurrencyConfig"]["reservedConcurrency"] == concurrency["ReservedConcurrency"]
    of_yaml = props["asyncInvokeConfig"]
    assert (of_yaml["maxAsyncRetryAttempts"], of_yaml["maxAsyncEventAgeInSeconds"]) == (
        invoked["MaxAsyncRetryAttempts"],
        invoked["MaxAsyncEventAgeInSeconds"],
    )
    assert {
        each["triggerName"]: (each["triggerType"], each["triggerConfig"])
        for each in props["triggers"]
    } == {
        each["TriggerName"]: (each["TriggerType"], each["TriggerConfig"])
        for each in of_one_function(template, "Trigger", name)
    }


def single_blocks(value: Any) -> Any:
    """Take a block that stands once out of its list."""
    if isinstance(value, dict):
        return {name: single_blocks(each) for name, each in value.items()}
    is_block = isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict)
    return single_blocks(value[0]) if is_block else value


def test_function_gets_the_events_of_the_rule() -> None:
    """The function's trigger takes what the rule takes."""
    triggers = shipped_module().resources("alicloud_fcv3_trigger")
    config = json.loads(triggers["interruptions"]["trigger_config"])

    assert (
        json.loads(config["eventRuleFilterPattern"])
        == desired_as_data(OURS)["rule"]["filter_pattern"]
    )


def test_both_tools_make_the_service_roles() -> None:
    """Without them EventBridge reaches neither queue nor function."""
    module, template = shipped_module(), shipped_template()
    roles = module.resources("alicloud_event_bridge_service_linked_role").values()
    of_ros = properties(template, "ALIYUN::ResourceManager::ServiceLinkedRole").values()

    assert {role["product_name"] for role in roles} == {
        ROLE_OF_SERVICE[role["ServiceName"]] for role in of_ros
    }
    assert ROLE_OF_SERVICE[TO_QUEUES] == SERVICE_ROLE
    assert TO_FUNCTION in ROLE_OF_SERVICE


def test_both_tools_make_the_same_alarms() -> None:
    """Each queue that nothing should be in has an alarm, with the same terms."""
    operators = {">": "GreaterThanThreshold"}
    module, template = shipped_module(), shipped_template()
    of_terraform = [
        {
            "rule_name": alarm["name"],
            "namespace": alarm["project"],
            "metric_name": alarm["metric"],
            "resources": json.loads(alarm["metric_dimensions"]),
            "contact_groups": alarm["contact_groups"],
            "period": alarm["period"],
            "silence_time": alarm["silence_time"],
            "critical": {
                **alarm["escalations_critical"][0],
                "comparison_operator": operators[
                    alarm["escalations_critical"][0]["comparison_operator"]
                ],
                "threshold": int(alarm["escalations_critical"][0]["threshold"]),
            },
        }
        for alarm in module.resources("alicloud_cms_alarm").values()
    ]
    of_ros = [
        {
            **in_snake_case(alarm),
            "resources": alarm["Resources"],
            "critical": in_snake_case(alarm["Escalations"]["Critical"]),
        }
        for alarm in properties(template, "ALIYUN::CMS::ResourceMetricRule").values()
    ]
    for alarm in of_ros:
        del alarm["escalations"]

    assert of_terraform == of_ros
    assert [alarm["resources"][0]["queue"] for alarm in of_ros] == [
        "spot-interruptions-dead",
        "spot-interruptions-undelivered",
    ]


def test_every_terraform_argument_is_documented() -> None:
    """No argument that the provider's documentation does not name, or names as deprecated."""
    documented = json.loads((HERE / "terraform_arguments.json").read_text("utf-8"))["resources"]

    unknown = [
        (kind, argument)
        for kind, body in shipped_module().kinds()
        for argument in arguments(body)
        if argument not in documented[kind]
    ]
    assert unknown == []


def test_every_ros_property_is_documented() -> None:
    """No property that the resource type does not have."""
    documented = json.loads((HERE / "ros_properties.json").read_text("utf-8"))["resources"]
    # Maps of anything, as their types have it.
    free = {
        "FilterPattern",
        "TriggerConfig",
        "EnvironmentVariables",
        "PolicyDocumentUnchecked",
        "Resources",
    }

    unknown = [
        (resource["Type"], path)
        for resource in shipped_template()["Resources"].values()
        for path in property_paths(resource["Properties"])
        if path.split(".")[0] not in free or "." not in path
        if path not in documented[resource["Type"]]
    ]
    assert unknown == []


def property_paths(value: Any, prefix: str = "") -> Iterator[str]:
    """Yield the path of every property, without those of what is referred to."""
    for each in value if isinstance(value, list) else []:
        yield from property_paths(each, prefix)
    if isinstance(value, dict) and not set(value) & {"Ref", "Fn::GetAtt", "Fn::Sub"}:
        for name, each in value.items():
            yield f"{prefix}{name}"
            yield from property_paths(each, f"{prefix}{name}.")


def test_template_refers_to_what_it_has() -> None:
    """Every condition, parameter and resource that the template names is in it."""
    template = full_template(OURS, POLICIES)
    named = set(re.findall(r'"Ref": "(\w+)"', json.dumps(template)))
    got = set(re.findall(r'"Fn::GetAtt": \["(\w+)"', json.dumps(template)))
    resources = template["Resources"].values()
    after = {name for each in resources for name in each.get("DependsOn", [])}

    assert named <= set(template["Parameters"])
    assert got | after <= set(template["Resources"])
    assert {each["Condition"] for each in resources if "Condition" in each} <= set(
        template["Conditions"]
    )
