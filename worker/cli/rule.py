"""`aliyun-ops rule`: plan, apply, show, destroy, test and export the way of an interruption to the queue."""

import os
import time

import click

from eventbridge.apply import apply as apply_plan
from eventbridge.apply import destroy as carry_out_removal
from eventbridge.apply import observe, observe_plan, observe_removal
from eventbridge.client import SdkCloud
from eventbridge.desired import desired_state
from eventbridge.export import actual_as_data, exported, gaps_of
from eventbridge.samples import check_samples, harmless_message
from eventbridge.sdks import Sdks
from worker.adapters import credentials
from worker.cli.failures import Failure
from worker.cli.options import (
    config_option,
    dry_run_option,
    examples,
    output_options,
    pass_settings,
    yes_option,
)
from worker.cli.output import confirm, print_json, print_table
from worker.cli.plans import (
    QUEUE_COLUMNS,
    RULE_COLUMNS,
    SAMPLE_COLUMNS,
    columns,
    queue_rows,
    rule_rows,
    sample_rows,
    telling,
)
from worker.cli.wordings import wording_of
from worker.ops.wording import Wording
from worker.settings import Settings


@click.group(
    epilog=examples(
        "aliyun-ops rule plan",
        "aliyun-ops rule apply",
        "aliyun-ops rule test",
        "aliyun-ops rule destroy --dry-run",
    )
)
@config_option
def rule() -> None:
    """Set up the EventBridge rule and the queues.

    Three queues, a service-linked role, and one rule with one target: the cloud's notice of an interruption goes to the queue
    that the worker polls. All of it is marked with the `owner` of the configuration, and only what bears the mark is deleted.
    """


@rule.command(epilog=examples("aliyun-ops rule plan", "aliyun-ops rule plan --json"))
@pass_settings
@output_options
def plan(settings: Settings, *, language: str | None, as_json: bool) -> None:
    """Say what `apply` would change. Changes nothing."""
    the_plan = observe_plan(_cloud(settings), desired_state(settings))
    with telling(the_plan, _wording(language), as_json=as_json):
        pass


@rule.command(
    short_help="Make what is missing and change what differs.",
    epilog=examples("aliyun-ops rule apply", "aliyun-ops rule apply --yes --json"),
)
@pass_settings
@dry_run_option
@yes_option
@output_options
def apply(
    settings: Settings, *, dry_run: bool, yes: bool, language: str | None, as_json: bool
) -> None:
    """Make what is missing and change what differs.

    Ends when the cloud shows all of it, the dead-letter policy included. A second apply changes nothing. Other targets of the
    rule are left alone; a rule or queue of another owner is refused.
    """
    cloud, desired, wording = _cloud(settings), desired_state(settings), _wording(language)
    the_plan = observe_plan(cloud, desired)
    with telling(the_plan, wording, as_json=as_json) as told:
        if the_plan.changes and not dry_run:
            confirm(wording("rule.apply?"), yes=yes)
            apply_plan(cloud, desired, the_plan, clock=_WallClock(), report=told.done)
            told.end("rule.applied")


@rule.command(
    short_help="Delete the rule and the queues.",
    epilog=examples("aliyun-ops rule destroy --dry-run", "aliyun-ops rule destroy --purge --yes"),
)
@pass_settings
@click.option(
    "--purge", is_flag=True, help="Delete queues that hold messages too, with the messages."
)
@dry_run_option
@yes_option
@output_options
def destroy(
    settings: Settings,
    *,
    purge: bool,
    dry_run: bool,
    yes: bool,
    language: str | None,
    as_json: bool,
) -> None:
    """Delete the rule's target, the rule and the queues, where they bear our mark.

    A rule with other targets is kept, and so is a queue that holds messages unless --purge is given. A message that a worker
    holds cannot be seen: stop the workers first.
    """
    cloud, desired, wording = _cloud(settings), desired_state(settings), _wording(language)
    the_plan = observe_removal(cloud, desired, purge=purge)
    with telling(the_plan, wording, as_json=as_json) as told:
        if the_plan.changes and not dry_run:
            confirm(wording("rule.destroy?"), yes=yes)
            carry_out_removal(cloud, desired, the_plan, clock=_WallClock(), report=told.done)
            told.end("rule.destroyed")


@rule.command(
    short_help="Print what there is in the cloud of rule, role and queues.",
    epilog=examples("aliyun-ops rule show", "aliyun-ops rule show --json"),
)
@pass_settings
@output_options
def show(settings: Settings, *, language: str | None, as_json: bool) -> None:
    """Print what there is in the cloud of rule, role and queues."""
    desired = desired_state(settings)
    actual = observe(_cloud(settings), desired)
    if as_json:
        print_json(actual_as_data(actual))
        return
    wording, names = _wording(language), [queue.name for queue in desired.queues]
    print_table(columns(QUEUE_COLUMNS, wording), queue_rows(actual, names, wording))
    print_table(columns(RULE_COLUMNS, wording), rule_rows(actual, desired.rule.name, wording))
    role = "rule.role.exists" if actual.has_service_role else "rule.role.missing"
    click.echo(wording(role, role=desired.service_role))


@rule.command(
    short_help="Test the event pattern on sample events.",
    epilog=examples(
        "aliyun-ops rule test", "aliyun-ops rule test --local", "aliyun-ops rule test --send"
    ),
)
@pass_settings
@click.option("--local", is_flag=True, help="Do not ask the cloud to test the pattern.")
@click.option("--send", is_flag=True, help="Also put a harmless test message into the queue.")
@output_options
def test(
    settings: Settings, *, local: bool, send: bool, language: str | None, as_json: bool
) -> None:
    """Test the event pattern on sample events, here and in the cloud.

    Nobody can publish an event of ECS: the bus `default` takes the cloud's own events only, and EventBridge has no other way
    to try a rule end to end. So nothing is sent by default. --send puts a message into the queue that looks like a delivered
    notice for an instance that does not exist. It carries no signature, so that the worker only looks at the cloud, finds no
    such instance after two looks, and parks it as source_gone within a minute: this tests the way from the queue through the
    worker to the dead-letter queue, where `status` shows it, and changes nothing.
    """
    cloud = None if local and not send else _cloud(settings)
    checks = check_samples(None if local else cloud)
    sent = None
    if send and cloud is not None:
        sent = cloud.send(settings.queue.name, harmless_message(settings, time.time()))
    if as_json:
        print_json({"samples": [check.as_data() for check in checks], "message_id": sent})
    else:
        wording = _wording(language)
        print_table(columns(SAMPLE_COLUMNS, wording), sample_rows(checks, wording))
        if sent is not None:
            click.echo(wording("rule.sent", message=sent, queue=settings.queue.name))
    wrong = [check.name for check in checks if not check.is_good]
    if wrong:
        raise Failure(f"the pattern does not do what it should for: {', '.join(wrong)}")


@rule.command(
    short_help="Print what there should be, for infrastructure as code.",
    epilog=examples(
        "aliyun-ops rule export --format json > interruptions.json",
        "aliyun-ops rule export --format terraform > interruptions.tf",
        "aliyun-ops rule export --format ros > interruptions.yml",
    ),
)
@pass_settings
@click.option(
    "--format",
    "as_format",
    type=click.Choice(["yaml", "json", "terraform", "ros"]),
    default="yaml",
    show_default=True,
    help="Data, a Terraform file, or a ROS template.",
)
def export(settings: Settings, *, as_format: str) -> None:
    """Print what there should be, for infrastructure as code. Calls nothing.

    `terraform` and `ros` hold queues, service-linked role, rule and target, with account and region left to the tool; each
    says on stderr what it cannot express. deploy/terraform and deploy/ros add roles, policies, function and alarms. As data,
    the keys are the names that the APIs and the Terraform provider use.
    """
    click.echo(exported(settings, as_format), nl=False)
    for gap in gaps_of(settings, as_format):
        click.echo(f"aliyun-ops: {gap}", err=True)


class _WallClock:
    """Real time: the set-up waits for the cloud, not for a recreation."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def _wording(language: str | None) -> Wording:
    return wording_of(language)


def _cloud(settings: Settings) -> SdkCloud:
    provider = credentials.provider(os.environ)
    # Asked for once here, so that missing credentials are a sentence and not the failure of a request.
    provider.get_credentials()
    sdks = Sdks(settings, provider, lambda: credentials.sdk_credential(provider))
    click.get_current_context().call_on_close(sdks.close)
    return SdkCloud(sdks, sleep=time.sleep)
