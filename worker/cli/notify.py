"""`aliyun-ops notify`: try the channels before something happens."""

from typing import Any

import click

from worker.adapters.channels import open_channels
from worker.cli.failures import Failure, WrongUsage
from worker.cli.options import (
    config_option,
    dry_run_option,
    examples,
    json_option,
    language_option,
    pass_settings,
)
from worker.cli.output import print_json
from worker.cli.wordings import wording_of
from worker.core.notices import Kind
from worker.ops.notice_view import message_of, sample
from worker.ops.wording import Wording
from worker.settings import Settings


@click.group(epilog=examples("aliyun-ops notify test", "aliyun-ops notify test --kind parked"))
@config_option
def notify() -> None:
    """Notifications: messages to DingTalk, Feishu, WeCom, Slack, mail or a webhook.

    Their addresses stand in ALIYUN_OPS_NOTIFY_URLS, separated by blanks, or in the file that notify.urls_file names. They are
    secrets: a channel is called here by its number and its kind.
    """


@notify.command(
    short_help="Send an example to every channel.",
    epilog=examples(
        "aliyun-ops notify test",
        "aliyun-ops notify test --kind parked --dry-run --language zh",
    ),
)
@pass_settings
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in Kind]),
    default=Kind.RECOVERED.value,
    show_default=True,
    help="Of which kind the example is.",
)
@dry_run_option
@language_option
@json_option
def test(
    settings: Settings, *, kind: str, dry_run: bool, language: str | None, as_json: bool
) -> None:
    """Send an example, marked as a test, to every channel, and say which of them took it."""
    urls = settings.notify_urls()
    if not urls:
        raise WrongUsage(
            "no channel is configured: set ALIYUN_OPS_NOTIFY_URLS to addresses such as dingtalk://TOKEN/, separated by blanks,"
            " or notify.urls_file to a readable file with one a line"
        )
    wording = wording_of(language or settings.notify.language)
    message = message_of([sample(Kind(kind), wording)], wording)
    channels, unusable = open_channels(urls)
    results: list[dict[str, Any]] = [
        {"channel": label, "sent": False, "why": "unusable"} for label in unusable
    ]
    for channel in channels:
        why = "" if dry_run else channel.send(message)
        results.append({"channel": channel.label, "sent": not dry_run and not why, "why": why})
    if as_json:
        print_json({"title": message.title, "body": message.body, "results": results})
    else:
        _show(results, f"{message.title}\n{message.body}" if dry_run else "", wording)
    failed = [one["channel"] for one in results if one["why"]]
    if failed:
        raise Failure(f"not sent: {', '.join(failed)}")


def _show(results: list[dict[str, Any]], text: str, wording: Wording) -> None:
    if text:
        click.echo(f"{text}\n")
    for one in results:
        label, why = one["channel"], one["why"]
        if why == "unusable":
            click.echo(wording("notify.unusable", label=label))
        elif why:
            click.echo(wording("notify.failed", label=label, why=why))
        else:
            click.echo(wording("notify.sent" if one["sent"] else "notify.would", label=label))
