"""What a failure looks like on the command line: expected ones are sentences, all others are bugs and keep their traceback."""

import os
import sys
from collections.abc import Iterator, Mapping
from typing import IO, Any

import click
from typing_extensions import override

from worker.printable import printable

# What was given with --language, in the context's `meta`.
LANGUAGE = "aliyun_ops.language"


class Failure(click.ClickException):
    """The job failed as jobs may: its sentence on stderr, exit code 1."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(message)
        # The context is gone when the sentence is shown.
        context = click.get_current_context(silent=True)
        self._wanted = context.meta.get(LANGUAGE) if context else None

    @override
    def show(self, file: IO[Any] | None = None) -> None:
        """Write the sentence to stderr, in the language of the command."""
        from worker.ops.wording import Wording, language_of  # noqa: PLC0415 - only a failure pays

        wording = Wording(language_of(os.environ, self._wanted))
        lines = map(wording.sentence, self.message.split("\n"))
        click.echo("aliyun-ops: " + "\n".join(lines), err=True)


class WrongUsage(Failure):
    """The command or its configuration cannot be carried out as given: exit code 2."""

    exit_code = 2


# Looked up among the modules already imported: what was never imported cannot have been raised.
_EXPECTED: Mapping[str, type[Failure]] = {
    "worker.settings.problems:SettingsError": WrongUsage,
    "worker.core.errors:RecreationError": Failure,
    "eventbridge.cloud:CloudError": Failure,
    "eventbridge.cloud:Refused": Failure,
    "eventbridge.apply:NotSettled": Failure,
}


class ExpectedFailures(click.Group):
    """A group that turns the expected exceptions of its commands into sentences."""

    @override
    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        expected = None
        try:
            return super().invoke(ctx)
        except Exception as error:
            failure = next((each for kind, each in _imported() if isinstance(error, kind)), None)
            if failure is None:
                raise
            # Only problems of the configuration are several lines, each made printable already.
            text = str(error)
            expected = failure(text if failure is WrongUsage else printable(text))
        raise expected


def _imported() -> Iterator[tuple[type[Exception], type[Failure]]]:
    for target, failure in _EXPECTED.items():
        module, _, name = target.partition(":")
        if module in sys.modules:
            yield getattr(sys.modules[module], name), failure
