"""The doctor over the emulator: each planted misconfiguration is found by its code, a sound one by none."""

import random
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import SecretStr

from emulator.http.service import Service
from emulator.state.ram import Policy
from tests.contract.conftest import Notebook
from tests.contract.roles import ANY, environ, restrict
from tests.contract.rule_world import ACCOUNT, CALM, REGION, World, world_with
from worker.adapters import credentials
from worker.adapters.clock import RealClock
from worker.adapters.limiter import QuotaLimiter
from worker.bootstrap import Surroundings
from worker.cli.set_up import RuleSetUp
from worker.core.diagnosis import Code, Diagnosis, Finding, Gap, Severity
from worker.core.grants import GRANTS, Role, actions_of, policy_of
from worker.operators import build_doctor, build_trials
from worker.ops.doctor import is_sound, severity_of
from worker.ops.doctor_texts import EXPLANATIONS
from worker.ops.doctor_view import fix_of, hand_of
from worker.ops.language import Language
from worker.settings import Endpoints, Settings, Urls
from worker.settings.endpoints import derive_urls
from worker.settings.sections import Secrets

KEY = Secrets(signing_key=SecretStr("only-for-this-test-0123456789"))
NAMED = {"EventBusName": "default", "RuleName": "spot-interruptions"}
QUEUE = "spot-interruptions"
NOWHERE = "http://127.0.0.1:9"
ALL_ON = {
    "interfaces": True,
    "convert_public_ip": True,
}


@dataclass
class Patient:
    """An installation that is set up, and what is done to it before the doctor comes."""

    world: World
    environ: dict[str, str] = field(default_factory=lambda: environ("doctor"))
    sections: dict[str, Any] = field(default_factory=lambda: {"secrets": KEY, "handover": ALL_ON})
    wall: Callable[[], float] = RealClock().now
    image_quota: int | None = None
    endpoints: dict[str, str] = field(default_factory=dict)

    def examine(self) -> tuple[Finding, ...]:
        return self.diagnose().findings

    def diagnose(self) -> Diagnosis:
        settings = self.world.settings(elsewhere=self.endpoints, **self.sections)
        around = self.surroundings(settings)
        set_up = RuleSetUp(self.world.cloud_of(settings, around.provider), settings)
        with closing(build_trials(around)) as trials:
            doctor = build_doctor(around, set_up, trials, self.wall, image_quota=self.image_quota)
            return doctor.look()

    def surroundings(self, settings: Settings) -> Surroundings:
        provider = credentials.provider(self.environ)
        limiter = QuotaLimiter(random.Random(1))
        return Surroundings(settings, RealClock(), Notebook(), provider, limiter)

    def codes(self) -> list[Code]:
        return [finding.code for finding in self.examine()]

    def queue(self, **attributes: Any) -> None:
        """Change the queue behind the rule tool's back."""
        params = {"QueueName": QUEUE, **attributes}
        self.world.on_cloud(
            lambda cloud, now: cloud.call("mns-open", REGION, "SetQueueAttributes", params, now)
        )

    def permit(self) -> None:
        """Give the doctor's key what it is to have."""
        self.world.emulator.run(lambda service: restrict(service, "doctor", "worker", "doctor"))

    def forbid(self, action: str) -> None:
        """Take one permission from the doctor's key."""

        def forbid(service: Service) -> None:
            roles: tuple[Role, ...] = ("worker", "doctor")
            documents = [policy_of(role, ANY) for role in roles]
            statement = {"Effect": "Deny", "Action": action, "Resource": "*"}
            documents.append({"Version": "1", "Statement": [statement]})
            service.permissions.allow("doctor", tuple(map(Policy.read, documents)))

        self.world.emulator.run(forbid)


@pytest.fixture(scope="module")
def emulator() -> Iterator[World]:
    with world_with(CALM) as world:
        world.emulator.run(lambda service: restrict(service, "doctor", "worker", "doctor"))
        yield world


@pytest.fixture
def patient(emulator: World) -> Iterator[Patient]:
    """A sound installation on an emptied cloud."""
    emulator.emulator.run(lambda service: service.reset())
    emulator.set_up()
    yield Patient(emulator)

    def mend(service: Service) -> None:
        service.clock_skew = 0.0
        service.permissions.forget_uses()
        restrict(service, "doctor", "worker", "doctor")

    emulator.emulator.run(mend)


def wrong_key(patient: Patient) -> None:
    patient.environ = {**environ("doctor"), credentials.KEY_SECRET: "not-the-secret"}


def unknown_key(patient: Patient) -> None:
    patient.environ = environ("nobody")


def skewed_clock(patient: Patient) -> None:
    patient.world.emulator.run(lambda service: setattr(service, "clock_skew", 1200.0))


def wrong_endpoint(patient: Patient) -> None:
    patient.endpoints = {"ecs": NOWHERE}


def wrong_queue_endpoint(patient: Patient) -> None:
    patient.endpoints = {"mns": NOWHERE}


def missing_queue(patient: Patient) -> None:
    patient.world.on_cloud(lambda cloud, now: cloud.queues(REGION).delete_queue(QUEUE, now))


def missing_policy(patient: Patient) -> None:
    patient.queue(DlqPolicy={"Enabled": False})


def small_limit(patient: Patient) -> None:
    policy = {"Enabled": True, "MaxReceiveCount": 3, "DeadLetterTargetQueue": f"{QUEUE}-dead"}
    patient.queue(DlqPolicy=policy)


def short_retention(patient: Patient) -> None:
    patient.queue(MessageRetentionPeriod=3600)


def missing_rule(patient: Patient) -> None:
    patient.world.call("DeleteRule", **NAMED)


def disabled_rule(patient: Patient) -> None:
    patient.world.call("DisableRule", **NAMED)
    patient.world.sleep(60.0)


def wrong_pattern(patient: Patient) -> None:
    pattern = '{"source":["acs.ecs"],"type":["ecs:Instance:StateChange"]}'
    patient.world.call("UpdateRule", **NAMED, FilterPattern=pattern)


def retarget(patient: Patient, undelivered: str = "", **params: str) -> None:
    """Give our target other parameters, or another queue for what cannot be delivered."""
    rule = patient.world.call("GetRule", **NAMED)["Data"]
    (target,) = rule["Targets"]
    values = {one["ResourceKey"]: one for one in target["ParamList"]}
    for name, value in params.items():
        values[name] = {"ResourceKey": name, "Form": "CONSTANT", "Value": value, "Template": ""}
    changed = {
        "Id": target["Id"],
        "Type": target["Type"],
        "Endpoint": target["Endpoint"].replace(QUEUE, params.get("queue", QUEUE)),
        "ParamList": list(values.values()),
        "PushRetryStrategy": target["PushRetryStrategy"],
        "DeadLetterQueue": target["DeadLetterQueue"],
    }
    if undelivered:
        arn = target["DeadLetterQueue"]["Arn"]
        changed["DeadLetterQueue"] = {"Arn": f"{arn.rpartition('/')[0]}/{undelivered}"}
    patient.world.call("PutTargets", **NAMED, Targets=[changed])


def wrong_target(patient: Patient) -> None:
    retarget(patient, queue=f"{QUEUE}-dead")


def base64_mismatch(patient: Patient) -> None:
    retarget(patient, IsBase64Encode="false")


def undelivered_elsewhere(patient: Patient) -> None:
    retarget(patient, undelivered=f"{QUEUE}-dead")


def missing_role(patient: Patient) -> None:
    patient.world.on_cloud(lambda cloud, _: cloud.rules[REGION].roles.lose())


def missing_permission(patient: Patient) -> None:
    patient.forbid("ecs:CreateImage")


def missing_queue_permission(patient: Patient) -> None:
    patient.forbid("mns:SendMessage")


def missing_doctor_permission(patient: Patient) -> None:
    patient.forbid("eventbridge:GetRule")


def missing_signing_key(patient: Patient) -> None:
    patient.sections["secrets"] = Secrets()


@pytest.mark.parametrize(
    ("plant", "code", "named"),
    [
        (wrong_key, Code.CREDENTIALS_REFUSED, "SignatureDoesNotMatch"),
        (unknown_key, Code.CREDENTIALS_REFUSED, "InvalidAccessKeyId"),
        (skewed_clock, Code.CLOCK_WRONG, "-12"),
        (wrong_endpoint, Code.ENDPOINT_UNREACHABLE, NOWHERE),
        (wrong_queue_endpoint, Code.ENDPOINT_UNREACHABLE, NOWHERE),
        (missing_queue, Code.QUEUE_MISSING, QUEUE),
        (missing_policy, Code.DEAD_LETTER_POLICY_MISSING, QUEUE),
        (small_limit, Code.RECEIVE_LIMIT_SMALL, "3"),
        (short_retention, Code.RETENTION_SHORT, QUEUE),
        (missing_rule, Code.RULE_MISSING, "spot-interruptions"),
        (disabled_rule, Code.RULE_DISABLED, "spot-interruptions"),
        (wrong_pattern, Code.RULE_PATTERN_WRONG, "spot-interruptions"),
        (wrong_target, Code.RULE_TARGET_WRONG, QUEUE),
        (base64_mismatch, Code.RULE_BASE64_DIFFERS, "false"),
        (undelivered_elsewhere, Code.RULE_UNDELIVERED_ELSEWHERE, f"{QUEUE}-dead"),
        (missing_role, Code.SERVICE_ROLE_MISSING, ""),
        (missing_permission, Code.PERMISSION_MISSING, "ecs:CreateImage"),
        (missing_queue_permission, Code.PERMISSION_MISSING, "mns:SendMessage"),
        (missing_doctor_permission, Code.LOOK_DENIED, "GetRule"),
        (missing_signing_key, Code.SIGNING_KEY_MISSING, ""),
    ],
)
def test_what_is_planted_is_found(
    patient: Patient, plant: Callable[[Patient], None], code: Code, named: str
) -> None:
    """By its code and nothing else's, with what is concerned and a command."""
    plant(patient)

    found = patient.examine()

    assert {one.code for one in found} == {code}
    assert any(named in value for value in found[0].values.values()) or not named
    assert is_sound(found) is (code is Code.RULE_BASE64_DIFFERS)
    assert all(fix_of(one) or hand_of(one, Language.ENGLISH) for one in found)


def carry_out(patient: Patient, line: str) -> None:
    """Do what a line for a shell would do; what only a person has is filled in."""
    words = shlex.split(line)
    if words[:3] == ["aliyun-ops", "rule", "apply"]:
        patient.world.set_up()
    elif words[0] == "export":
        export(patient, line)
    elif words == ["sudo", "chronyc", "makestep"]:
        patient.world.emulator.run(lambda service: setattr(service, "clock_skew", 0.0))
    elif words[:3] == ["aliyun", "ram", "CreatePolicyVersion"]:
        role = re.fullmatch(r".* --policy (\w+)\)\"", line)
        assert role is not None
        attach(patient, words[words.index("--PolicyName") + 1], role.group(1))
    else:
        raise AssertionError(line)


def export(patient: Patient, line: str) -> None:
    """Let a shell carry it out, and take over what it exports."""
    mine = environ("doctor")
    filled = re.sub(r"(\w+)=\.\.\.", lambda found: f"{found[1]}={mine[found[1]]}", line)
    shown = subprocess.run(  # noqa: S603 - the line under test
        ["/bin/sh", "-c", f"{filled}; env"], capture_output=True, check=True, encoding="utf-8"
    )
    exported = dict(one.partition("=")[::2] for one in shown.stdout.splitlines())
    patient.environ |= {name: exported[name] for name in mine if f"{name}=" in line}
    if "ALIYUN_OPS_SIGNING_KEY=" in line:
        key = SecretStr(exported["ALIYUN_OPS_SIGNING_KEY"])
        patient.sections["secrets"] = Secrets(signing_key=key)


def attach(patient: Patient, policy: str, role: str) -> None:
    """Give the doctor's key the version of a policy, beside its other one, which is sound."""
    assert policy == f"aliyun-ops-{role}"
    patient.permit()


def write(patient: Patient, said: str) -> None:
    """Change the configuration file as a person is told to."""
    taken_out = re.match(r"Take `endpoints\.(\w+)` out .* and (\S+) is called", said)
    assert taken_out is not None, said
    api, derived = taken_out.groups()
    assert derived == getattr(derived_urls(), api)
    # The region's own address leads to the emulator here.
    del patient.endpoints[api]


def derived_urls() -> Urls:
    return derive_urls(Endpoints(), account_id=ACCOUNT, region=REGION)


@pytest.mark.parametrize(
    "plant",
    [
        wrong_key,
        unknown_key,
        skewed_clock,
        wrong_endpoint,
        wrong_queue_endpoint,
        missing_queue,
        missing_policy,
        small_limit,
        short_retention,
        missing_rule,
        disabled_rule,
        wrong_pattern,
        wrong_target,
        base64_mismatch,
        undelivered_elsewhere,
        missing_role,
        missing_permission,
        missing_queue_permission,
        missing_doctor_permission,
        missing_signing_key,
    ],
)
def test_what_is_named_mends_it(patient: Patient, plant: Callable[[Patient], None]) -> None:
    """All that is planted: do what one finding says, and nothing is found any more."""
    plant(patient)
    found = patient.examine()
    assert found

    fix, by_hand = fix_of(found[0]), hand_of(found[0], Language.ENGLISH)
    if by_hand:
        write(patient, by_hand)
    if fix:
        carry_out(patient, fix)

    assert patient.examine() == ()


def test_a_sound_installation_has_no_finding(patient: Patient) -> None:
    """And nothing was changed by looking: no effect, no message, no complaint."""
    before = patient.world.on_cloud(lambda cloud, _: len(cloud.ledger))

    assert patient.examine() == ()
    assert patient.world.on_cloud(lambda cloud, _: len(cloud.ledger)) == before
    assert patient.world.cloud().holds_message(QUEUE) is False


def test_every_permission_that_can_be_tried_is_missed(patient: Patient) -> None:
    """Each alone; those that cannot be tried are few, and named."""
    join_groups(patient)
    settings = patient.world.settings(**patient.sections)
    untried = set()
    with closing(build_trials(patient.surroundings(settings))) as trials:
        for action in actions_of("worker"):
            assert trials.permitted(action) is not False
            patient.forbid(action)
            untried |= {action} if trials.permitted(action) is None else set()
            assert trials.permitted(action) is not True
            patient.permit()

    assert untried == NOT_TRIED


def join_groups(patient: Patient, **instance: Any) -> None:
    """Make an instance a member of a server group of each product."""

    def join(service: Service) -> None:
        source = service.cloud.ecs[REGION].seed_instance({"name": "web", **instance}, service.now())
        for kind in ("alb", "nlb"):
            group = {"kind": kind, "servers": [{"server": source, "port": 80}]}
            service.cloud.balancers[REGION].seed(group, service.now())

    patient.world.emulator.run(join)


def test_server_groups_are_tried_where_an_instance_of_ours_is_a_member(patient: Patient) -> None:
    """Permitted and denied are told apart, and nothing changes: no member comes and none goes."""
    join_groups(patient)
    before = patient.world.on_cloud(lambda cloud, _: len(cloud.ledger))

    with closing(build_trials(patient.surroundings(patient.world.settings()))) as trials:
        permitted = [trials.permitted(action) for action in sorted(GROUP_CHANGES)]
        patient.forbid("alb:AddServersToServerGroup")
        denied = trials.permitted("alb:AddServersToServerGroup")

    assert permitted == [True] * len(GROUP_CHANGES)
    assert denied is False
    assert patient.world.on_cloud(lambda cloud, _: len(cloud.ledger)) == before


@pytest.mark.parametrize(
    "instance", [{"tags": {"k8s.io/role": ""}}, {"spot_strategy": "NoSpot"}, None]
)
def test_server_groups_without_an_instance_of_ours_are_not_tried(
    patient: Patient, instance: dict[str, Any] | None
) -> None:
    """What may be denied there is nobody's fault."""
    if instance is not None:
        join_groups(patient, **instance)
    patient.forbid("alb:AddServersToServerGroup")

    with closing(build_trials(patient.surroundings(patient.world.settings()))) as trials:
        assert trials.permitted("alb:AddServersToServerGroup") is None


def test_what_cannot_be_tried_is_told(patient: Patient) -> None:
    """Nothing is wrong, and what was not looked at has a name."""
    diagnosis = patient.diagnose()
    patient.image_quota = 100

    gaps = {one.gap: one.values for one in diagnosis.untried}
    assert diagnosis.findings == ()
    assert set(gaps) == {Gap.PERMISSIONS, Gap.IMAGE_QUOTA}
    assert set(gaps[Gap.PERMISSIONS]["actions"].split()) == NOT_TRIED | GROUP_CHANGES
    assert [one.gap for one in patient.diagnose().untried] == [Gap.PERMISSIONS]


GROUP_CHANGES = {
    f"{product}:{verb}"
    for product in ("alb", "nlb")
    for verb in ("AddServersToServerGroup", "RemoveServersFromServerGroup")
}
NOT_TRIED = {
    "ram:PassRole",
    # Granted because documents differ on the spelling; the batch call is the one that is made.
    "mns:ReceiveMessage",
    "mns:PeekMessage",
    "slb:AddBackendServers",
    "slb:RemoveBackendServers",
    "slb:AddVServerGroupBackendServers",
    "slb:RemoveVServerGroupBackendServers",
    "slb:CreateMasterSlaveServerGroup",
    "slb:SetLoadBalancerTCPListenerAttribute",
    "slb:SetLoadBalancerUDPListenerAttribute",
}


def test_what_the_doctor_is_granted_is_needed(patient: Patient) -> None:
    """Its own policy holds nothing that it does not ask for, and all that it asks for."""
    patient.examine()

    used = patient.world.emulator.run(lambda service: service.permissions.listing())
    needed = {row["action"] for row in used if row["access_key_id"] == "doctor"}
    assert set(actions_of("doctor")) <= needed
    assert needed <= {*actions_of("doctor"), *actions_of("worker")}
    assert len(GRANTS["doctor"]) == 4


def test_quotas_and_own_host(patient: Patient) -> None:
    """Little left of a quota is a risk; a worker on a spot instance is wrong."""

    def fill(service: Service) -> str:
        ecs = service.cloud.ecs[REGION]
        own = ecs.seed_instance({"name": "own"}, service.now())
        object.__setattr__(ecs.region.settings, "spot_vcpu_quota", 2)
        return own

    own = patient.world.emulator.run(fill)
    patient.sections["worker"] = {"own_instance_id": own}

    found = patient.examine()
    patient.world.emulator.run(
        lambda s: object.__setattr__(s.cloud.ecs[REGION].region.settings, "spot_vcpu_quota", 5000)
    )

    assert [one.code for one in found] == [Code.OWN_HOST_SPOT, Code.SPOT_QUOTA_SHORT]


def test_the_worst_comes_first(patient: Patient) -> None:
    """Whatever the order of the checks."""
    base64_mismatch(patient)
    missing_doctor_permission(patient)
    patient.forbid("ecs:DescribeAccountAttributes")
    missing_queue(patient)

    found = patient.examine()

    assert [severity_of(one) for one in found] == [
        Severity.ERROR,
        Severity.WARNING,
        Severity.NOTE,
    ]


def test_every_code_is_explained() -> None:
    """The table has a row for each."""
    assert set(EXPLANATIONS) == set(Code)
