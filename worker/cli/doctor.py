"""`aliyun-ops doctor`: what is wrong with an installation, and what mends it."""

import os
import sys
import time

import click

from eventbridge.client import SdkCloud
from eventbridge.sdks import Sdks
from worker.adapters import credentials
from worker.bootstrap import Surroundings, build_surroundings
from worker.cli.failures import Failure
from worker.cli.options import examples, json_option, language_option, pass_settings
from worker.cli.output import print_json
from worker.cli.set_up import RuleSetUp
from worker.cli.wordings import wording_of
from worker.core.diagnosis import Code, Diagnosis, Finding
from worker.core.errors import NoCredentials
from worker.core.grants import GRANTS, Role, policy_of
from worker.operators import build_doctor, build_trials, names_of
from worker.ops.doctor import is_sound
from worker.ops.doctor_view import (
    doctor_view,
    ends_in_commands,
    findings_data,
    untried_data,
)
from worker.ops.printing import console_for, show
from worker.settings import Settings


@click.command(
    epilog=examples(
        "aliyun-ops doctor",
        "aliyun-ops doctor --json | jq -r '.findings[].code'",
        "aliyun-ops doctor --credentials",
        "aliyun-ops doctor --policy worker > worker.json",
    )
)
@pass_settings
@click.option(
    "--policy",
    "role",
    type=click.Choice(list(GRANTS)),
    help="Print the RAM policy of a role for the names in the configuration, and check nothing.",
)
@click.option(
    "--credentials",
    "only_credentials",
    is_flag=True,
    help="Look for credentials alone: no API is called, and no permission needed.",
)
@click.option(
    "--image-quota",
    type=click.IntRange(min=1),
    help="The region's quota of custom images, as Quota Center tells it; ECS tells how many there are only.",
)
@language_option
@json_option
def doctor(
    settings: Settings,
    *,
    role: Role | None,
    only_credentials: bool,
    image_quota: int | None,
    language: str | None,
    as_json: bool,
) -> None:
    """Check credentials, clock, endpoints, queues, rule, permissions and quotas; change nothing.

    Run it where the worker runs and with its credentials, plus the reads of deploy/ram/doctor.json. Each permission of the
    worker is tried by a read, or by a change of something that cannot exist. Exit code 1 when something is wrong; notes alone
    are no failure.
    """
    if role is not None:
        print_json(policy_of(role, names_of(settings)))
        return
    around = build_surroundings(settings, os.environ)
    if only_credentials:
        diagnosis = Diagnosis(_without_credentials(around.provider))
    else:
        diagnosis = _look(around, image_quota)
    findings = diagnosis.findings
    if as_json:
        print_json(
            {
                "is_sound": is_sound(findings),
                "findings": findings_data(findings),
                "not_tried": untried_data(diagnosis.untried),
            }
        )
    else:
        wording = wording_of(language)
        show(doctor_view(diagnosis, wording), console_for(sys.stdout, os.environ))
    if not is_sound(findings):
        raise Failure(
            "something is wrong; the commands above mend it"
            if ends_in_commands(findings)
            else "something is wrong; above stands what mends it, by command or by hand"
        )


def _look(around: Surroundings, image_quota: int | None) -> Diagnosis:
    set_up = RuleSetUp(_cloud(around), around.settings)
    trials = build_trials(around)
    click.get_current_context().call_on_close(trials.close)
    return build_doctor(around, set_up, trials, time.time, image_quota=image_quota).look()


def _without_credentials(provider: credentials.Provider) -> tuple[Finding, ...]:
    try:
        provider.get_credentials()
    except NoCredentials:
        return (Finding(Code.CREDENTIALS_MISSING),)
    return ()


def _cloud(around: Surroundings) -> SdkCloud:
    provider = around.provider
    sdks = Sdks(around.settings, provider, lambda: credentials.sdk_credential(provider))
    click.get_current_context().call_on_close(sdks.close)
    return SdkCloud(sdks, sleep=time.sleep)
