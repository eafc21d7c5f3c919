"""What the plan changes, what it leaves alone, and that it is empty on top of its own effect."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventbridge.changes import (
    Change,
    ChangeQueue,
    ChangeRule,
    CreateQueue,
    CreateRule,
    CreateServiceRole,
    DeleteQueue,
    DeleteRule,
    DeleteTarget,
    EnableRule,
    PutTarget,
)
from eventbridge.cloud import Actual, FoundQueue, FoundRule
from eventbridge.desired import (
    DeadLetters,
    Desired,
    Param,
    QueueAttributes,
    QueueSpec,
    TargetSpec,
    desired_state,
)
from eventbridge.plan import Plan, plan, plan_removal
from worker.settings import Settings

DESIRED = desired_state(Settings(account_id="1234567890123456", region="cn-hangzhou"))
OTHER_TARGET = replace(
    DESIRED.target, id="someone-elses", endpoint="acs:fc:cn-hangzhou:1:functions/f"
)
NOTHING = Actual(queues={}, has_service_role=False, rule=None)


def made(queue: QueueSpec, owner: str | None) -> FoundQueue:
    """Return the queue as the cloud shows it after it was made or changed."""
    return FoundQueue(queue.name, queue.attributes, queue.dead_letters, owner)


def after(actual: Actual, change: Change) -> Actual:
    """Return the state that a change leads to."""
    queues = dict(actual.queues)
    match change:
        case CreateQueue(queue):
            queues[queue.name] = made(queue, queue.owner)
        case ChangeQueue(queue):
            queues[queue.name] = made(queue, queues[queue.name].owner)
        case DeleteQueue(name):
            del queues[name]
        case CreateServiceRole():
            return replace(actual, has_service_role=True)
        case CreateRule(spec, target):
            made_rule = FoundRule(
                spec.description, spec.pattern, is_enabled=True, targets=(target,)
            )
            return replace(actual, rule=made_rule)
        case DeleteRule():
            return replace(actual, rule=None)
        case _:
            return replace(actual, rule=rule_after(rule_of(actual), change))
    return replace(actual, queues=queues)


def rule_after(rule: FoundRule, change: Change) -> FoundRule:
    """Return the rule that a change of it leads to."""
    match change:
        case ChangeRule(spec):
            return replace(rule, description=spec.description, pattern=spec.pattern)
        case EnableRule():
            return replace(rule, is_enabled=True)
        case PutTarget(target=target):
            others = (each for each in rule.targets if each.id != target.id)
            return replace(rule, targets=(*others, target))
        case DeleteTarget(target_id=target_id):
            return replace(rule, targets=tuple(t for t in rule.targets if t.id != target_id))
    raise AssertionError(change)


def applied(actual: Actual, the_plan: Plan) -> Actual:
    """Return the state that a whole plan leads to."""
    for change in the_plan.changes:
        actual = after(actual, change)
    return actual


def set_up() -> Actual:
    """Return the state after a first apply."""
    return applied(NOTHING, plan(DESIRED, NOTHING))


def rule_of(actual: Actual) -> FoundRule:
    """Return the rule, which must be there."""
    assert actual.rule is not None
    return actual.rule


def with_queue(actual: Actual, number: int, **changes: object) -> Actual:
    """Return the state with one of our queues changed."""
    name = DESIRED.queues[number].name
    return replace(actual, queues={**actual.queues, name: replace(actual.queues[name], **changes)})  # type: ignore[arg-type]


def with_rule(actual: Actual, **changes: object) -> Actual:
    """Return the state with the rule changed."""
    return replace(actual, rule=replace(rule_of(actual), **changes))  # type: ignore[arg-type]


queue_names = st.sampled_from([queue.name for queue in DESIRED.queues])
attributes = st.builds(
    QueueAttributes,
    visibility_seconds=st.none() | st.sampled_from([30, 60]),
    polling_seconds=st.none() | st.sampled_from([0, 30]),
    retention_seconds=st.none() | st.sampled_from([345_600, 604_800]),
    message_bytes_max=st.none() | st.sampled_from([1_024, 65_536]),
)
policies = st.none() | st.builds(
    DeadLetters, queue=queue_names, max_receive_count=st.sampled_from([3, 200])
)
owners = st.sampled_from([None, "default"])
targets = st.builds(
    TargetSpec,
    id=st.sampled_from([DESIRED.target.id, "other"]),
    type=st.sampled_from(["acs.mns.queue", "acs.fc.function"]),
    endpoint=st.sampled_from([DESIRED.target.endpoint, "acs:mns:cn-hangzhou:1:queues/x"]),
    params=st.permutations(DESIRED.target.params).flatmap(
        lambda params: st.integers(0, len(params)).map(lambda count: tuple(params[:count]))
    ),
    retry=st.sampled_from([None, "BACKOFF_RETRY", "EXPONENTIAL_DECAY_RETRY"]),
    errors_tolerance=st.sampled_from([None, "ALL", "NONE"]),
    dead_letter_arn=st.sampled_from([None, DESIRED.target.dead_letter_arn]),
)
rules = st.builds(
    FoundRule,
    description=st.sampled_from(
        [None, "", "by hand", DESIRED.rule.description, "aliyun-ops owner=default: old"]
    ),
    pattern=st.sampled_from([DESIRED.rule.pattern, '{"source":["acs.oss"]}', "{", ""]),
    is_enabled=st.booleans(),
    targets=st.lists(targets, max_size=3, unique_by=lambda target: target.id).map(tuple),
)


@st.composite
def states(draw: st.DrawFn) -> Actual:
    """Draw any state in which nothing belongs to another owner."""
    found = draw(st.sets(queue_names))
    queues = {
        name: FoundQueue(name, draw(attributes), draw(policies), draw(owners))
        for name in sorted(found)
    }
    return Actual(queues, draw(st.booleans()), draw(st.none() | rules))


@settings(deadline=None)
@given(states())
def test_plan_on_top_of_its_own_effect_is_empty(actual: Actual) -> None:
    """From any state, carrying out the plan leaves nothing to plan; a refused plan changes nothing."""
    first = plan(DESIRED, actual)

    second = plan(DESIRED, applied(actual, first))

    if first.refusals:
        assert not first.changes
    else:
        assert second.is_empty, [change.sentence for change in second.changes]


@settings(deadline=None)
@given(states())
def test_other_targets_always_stay(actual: Actual) -> None:
    """Neither apply nor destroy ever touches a target that is not ours."""
    others = {
        target
        for target in (actual.rule.targets if actual.rule else ())
        if target.id != DESIRED.target.id
    }

    set_up_state = applied(actual, plan(DESIRED, actual))
    removed = applied(
        set_up_state, plan_removal(DESIRED, set_up_state, occupied=frozenset(), purge=True)
    )

    for state in (set_up_state, removed):
        assert others <= set(state.rule.targets if state.rule else ())


@settings(deadline=None)
@given(actual=states(), occupied=st.sets(queue_names), purge=st.booleans())
def test_removal_keeps_what_is_not_ours_and_what_holds_messages(
    actual: Actual, occupied: set[str], *, purge: bool
) -> None:
    """Only marked queues go, those with messages only with --purge, and the dead-letter queue not before its source."""
    the_plan = plan_removal(DESIRED, actual, occupied=frozenset(occupied), purge=purge)

    left = applied(actual, the_plan)

    source, dead = DESIRED.queues[2].name, DESIRED.queues[0].name
    for name, queue in actual.queues.items():
        is_needed = name == dead and source in left.queues
        is_kept = queue.owner is None or (name in occupied and not purge) or is_needed
        assert (name in left.queues) == is_kept
        assert not is_kept or any(f"{name} is kept" in note for note in the_plan.notes)
    assert plan_removal(DESIRED, left, occupied=frozenset(occupied), purge=purge).is_empty


def test_first_apply_makes_everything_in_an_order_that_works() -> None:
    """A dead-letter queue is there before what names it, and the rule comes last."""
    kinds = [change.kind for change in plan(DESIRED, NOTHING).changes]

    assert kinds == [
        "create-queue",
        "create-queue",
        "create-queue",
        "create-service-role",
        "create-rule",
    ]
    first, second, third = (
        change.queue.name
        for change in plan(DESIRED, NOTHING).changes
        if isinstance(change, CreateQueue)
    )
    assert (first, second, third) == (
        "spot-interruptions-dead",
        "spot-interruptions-undelivered",
        "spot-interruptions",
    )


def drifted() -> dict[str, tuple[Actual, str]]:
    """Return states that somebody changed by hand, each with the sentence that puts it right."""
    done = set_up()
    target = DESIRED.target
    return {
        "visibility": (
            with_queue(
                done, 2, attributes=replace(DESIRED.queues[2].attributes, visibility_seconds=30)
            ),
            "change the queue spot-interruptions: visibility seconds 30 -> 60",
        ),
        "receive count": (
            with_queue(done, 2, dead_letters=DeadLetters("spot-interruptions-dead", 3)),
            (
                "change the queue spot-interruptions: dead letters to spot-interruptions-dead after 3 -> "
                "to spot-interruptions-dead after 200"
            ),
        ),
        "no policy": (
            with_queue(done, 2, dead_letters=None),
            "change the queue spot-interruptions: dead letters off -> to spot-interruptions-dead after 200",
        ),
        "policy on the dead-letter queue": (
            with_queue(done, 0, dead_letters=DeadLetters("elsewhere", 3)),
            "change the dead-letter queue spot-interruptions-dead: dead letters to elsewhere after 3 -> off",
        ),
        "disabled": (
            with_rule(done, is_enabled=False),
            "enable the rule spot-interruptions, which is disabled",
        ),
        "pattern": (
            with_rule(done, pattern='{"source":["acs.ecs"]}'),
            (
                'change the rule spot-interruptions: pattern {"source":["acs.ecs"]} -> '
                '{"source":["acs.ecs"],"type":["ecs:Instance:PreemptibleInstanceInterruption"]}'
            ),
        ),
        "no target": (
            with_rule(done, targets=()),
            (
                "add the target spot-interruptions to the rule spot-interruptions: "
                "acs:mns:cn-hangzhou:1234567890123456:queues/spot-interruptions"
            ),
        ),
        "retry": (
            with_rule(done, targets=(replace(target, retry="BACKOFF_RETRY"),)),
            (
                "change the target spot-interruptions of the rule spot-interruptions: "
                "retry BACKOFF_RETRY -> EXPONENTIAL_DECAY_RETRY"
            ),
        ),
        "no dead letters of the target": (
            with_rule(done, targets=(replace(target, dead_letter_arn=None),)),
            (
                "change the target spot-interruptions of the rule spot-interruptions: dead letter arn None -> "
                "acs:mns:cn-hangzhou:1234567890123456:/queues/spot-interruptions-undelivered"
            ),
        ),
        "encoding": (
            with_rule(done, targets=(replace(target, params=target.params[:2]),)),
            (
                "change the target spot-interruptions of the rule spot-interruptions: parameters "
                "Body=ORIGINAL queue=spot-interruptions -> Body=ORIGINAL IsBase64Encode=true queue=spot-interruptions"
            ),
        ),
    }


@pytest.mark.parametrize("name", drifted())
def test_drift_is_seen_and_told(name: str) -> None:
    """What somebody changed by hand is found, and the plan says what from and what to."""
    actual, sentence = drifted()[name]

    assert [change.sentence for change in plan(DESIRED, actual).changes] == [sentence]


def with_params(
    change: Callable[[tuple[Param, ...]], tuple[Param, ...]], *, base64: bool
) -> tuple[Desired, Actual]:
    """Return a desired state and the same state with the target's parameters as the cloud shows them."""
    encoding = Param("IsBase64Encode", "CONSTANT", "true" if base64 else "false")
    target = replace(DESIRED.target, params=(*DESIRED.target.params[:2], encoding))
    return replace(DESIRED, target=target), with_rule(
        set_up(), targets=(replace(target, params=change(target.params)),)
    )


def test_order_of_parameters_is_no_drift() -> None:
    """The cloud keeps parameters in an order of its own."""
    desired, actual = with_params(lambda params: params[::-1], base64=True)

    assert plan(desired, actual).is_empty


def test_encoding_that_the_server_adds_is_no_drift() -> None:
    """A parameter that says false and one that is missing are the same thing."""
    desired, actual = with_params(lambda params: params[:2], base64=False)

    assert plan(desired, actual).is_empty


def test_what_the_cloud_does_not_tell_is_no_drift() -> None:
    """An attribute that is absent from the answer says nothing."""
    silent = replace(DESIRED.target, retry=None, errors_tolerance=None)

    assert plan(DESIRED, with_rule(set_up(), targets=(silent,))).is_empty
    assert plan(
        DESIRED, with_queue(set_up(), 0, attributes=QueueAttributes(None, None, None, None))
    ).is_empty


def test_spelling_of_the_pattern_is_no_drift() -> None:
    """Two texts of the same JSON are the same pattern."""
    spelled = '{ "type": ["ecs:Instance:PreemptibleInstanceInterruption"], "source": ["acs.ecs"] }'

    assert plan(DESIRED, with_rule(set_up(), pattern=spelled)).is_empty


def test_other_targets_are_named() -> None:
    """A person is told whose targets share the rule."""
    the_plan = plan(DESIRED, with_rule(set_up(), targets=(DESIRED.target, OTHER_TARGET)))

    assert the_plan.notes == (
        "other targets of the rule spot-interruptions are left alone: someone-elses",
    )


@pytest.mark.parametrize(
    ("actual", "refusal"),
    [
        (
            with_queue(set_up(), 2, owner="staging"),
            "the queue spot-interruptions belongs to owner staging; set another name under queue",
        ),
        (
            with_queue(set_up(), 2, is_fifo=True),
            "the queue spot-interruptions is a FIFO queue, which EventBridge cannot write to; set another name under queue",
        ),
        (
            with_rule(set_up(), description="aliyun-ops owner=staging: spot"),
            "the rule spot-interruptions on bus default belongs to owner staging; set another rule.name",
        ),
        (
            with_rule(
                set_up(),
                description="by hand",
                pattern='{"source":["acs.oss"]}',
                targets=(OTHER_TARGET,),
            ),
            (
                "the rule spot-interruptions on bus default is somebody else's: its description carries no owner's mark; set "
                "another rule.name, or hand the rule over by writing 'aliyun-ops owner=default' into its description"
            ),
        ),
        (
            with_queue(set_up(), 2, owner=None, dead_letters=None),
            (
                "the queue spot-interruptions is somebody else's: it carries no owner's mark, and it would have to be changed; "
                "set another name under queue"
            ),
        ),
    ],
)
def test_what_belongs_to_others_is_refused(actual: Actual, refusal: str) -> None:
    """A foreign owner's mark, or a rule that serves others, stops the whole plan."""
    the_plan = plan(DESIRED, actual)

    assert the_plan == Plan(refusals=(refusal,))


def test_unmarked_queue_is_used_but_never_deleted() -> None:
    """A queue that somebody made by hand and that fits is used, and destroy keeps it."""
    actual = with_queue(set_up(), 2, owner=None)

    assert "rule destroy will keep it" in plan(DESIRED, actual).notes[0]
    removal = plan_removal(DESIRED, actual, occupied=frozenset(), purge=True)
    assert "the queue spot-interruptions is kept: it carries no owner's mark" in removal.notes


def test_rule_with_other_targets_is_kept() -> None:
    """Destroy takes our target off a shared rule and leaves the rule."""
    actual = with_rule(set_up(), targets=(DESIRED.target, OTHER_TARGET))

    removal = plan_removal(DESIRED, actual, occupied=frozenset(), purge=False)

    assert [change.kind for change in removal.changes] == ["delete-target", *["delete-queue"] * 3]
    assert (
        "the rule spot-interruptions is kept: it has other targets: someone-elses" in removal.notes
    )


def test_removal_stops_the_events_before_it_deletes_the_queues() -> None:
    """The rule goes first, then the queue, then the dead-letter queues that it names."""
    removal = plan_removal(DESIRED, set_up(), occupied=frozenset(), purge=False)

    assert [change.sentence for change in removal.changes] == [
        "delete the target spot-interruptions of the rule spot-interruptions",
        "delete the rule spot-interruptions on bus default",
        "delete the queue spot-interruptions",
        "delete the queue spot-interruptions-undelivered",
        "delete the queue spot-interruptions-dead",
    ]


def test_foreign_rule_survives_destroy() -> None:
    """A rule of another owner is kept and named."""
    actual = with_rule(set_up(), description="aliyun-ops owner=staging: spot")

    removal = plan_removal(DESIRED, actual, occupied=frozenset(), purge=True)

    assert "the rule spot-interruptions is kept: it belongs to owner staging" in removal.notes
    assert not any(isinstance(change, DeleteRule | DeleteTarget) for change in removal.changes)
