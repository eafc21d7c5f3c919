"""The doctor over the emulator: each planted misconfiguration is found by its code, a sound one by none."""

import random
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
from tests.contract.rule_world import CALM, REGION, World, world_with
from worker.adapters import credentials
from worker.adapters.clock import RealClock
from worker.adapters.limiter import QuotaLimiter
from worker.bootstrap import Surroundings
from worker.cli.set_up import RuleSetUp
from worker.core.diagnosis import Code, Finding, Severity
from worker.core.grants import GRANTS, Role, actions_of, policy_of
from worker.operators import build_doctor, build_trials
from worker.ops.doctor import is_sound, severity_of
from worker.ops.doctor_texts import EXPLANATIONS
from worker.ops.doctor_view import fix_of
from worker.settings import Settings
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


def retarget(patient: Patient, **params: str) -> None:
    """Give our target other parameters."""
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
    patient.world.call("PutTargets", **NAMED, Targets=[changed])


def wrong_target(patient: Patient) -> None:
    retarget(patient, queue=f"{QUEUE}-dead")


def base64_mismatch(patient: Patient) -> None:
    retarget(patient, IsBase64Encode="false")


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
    assert all(fix_of(one) for one in found)


@pytest.mark.parametrize(
    "plant",
    [
        missing_queue,
        missing_policy,
        small_limit,
        short_retention,
        missing_rule,
        disabled_rule,
        wrong_pattern,
        wrong_target,
        base64_mismatch,
        missing_role,
    ],
)
def test_the_command_that_is_named_mends_it(
    patient: Patient, plant: Callable[[Patient], None]
) -> None:
    """Ten of the planted ones are of the set-up: one command, and nothing is found any more."""
    plant(patient)
    assert {fix_of(one) for one in patient.examine()} == {"aliyun-ops rule apply"}

    patient.world.set_up()

    assert patient.examine() == ()


def test_a_sound_installation_has_no_finding(patient: Patient) -> None:
    """And nothing was changed by looking: no effect, no message, no complaint."""
    before = patient.world.on_cloud(lambda cloud, _: len(cloud.ledger))

    assert patient.examine() == ()
    assert patient.world.on_cloud(lambda cloud, _: len(cloud.ledger)) == before
    assert patient.world.cloud().holds_message(QUEUE) is False


def test_every_permission_that_can_be_tried_is_missed(patient: Patient) -> None:
    """Each alone; those that cannot be tried are few, and named."""
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


NOT_TRIED = {
    "ram:PassRole",
    # Granted because documents differ on the spelling; the batch call is the one that is made.
    "mns:ReceiveMessage",
    "mns:PeekMessage",
    *(
        f"{product}:{verb}"
        for product in ("alb", "nlb")
        for verb in ("AddServersToServerGroup", "RemoveServersFromServerGroup")
    ),
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
