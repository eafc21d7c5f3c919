"""What a failure looks like on the command line: expected ones are sentences, all others are bugs and keep their traceback."""

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterator, Mapping
from typing import IO, Any, TypeGuard

import click
from typing_extensions import override

from worker.ops.language import Language, language_of
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
        from worker.cli.wordings import wording_of  # noqa: PLC0415 - only a failure pays

        wording = wording_of(self._wanted)
        lines = map(wording.sentence, self.message.split("\n"))
        # Where nobody can read it, the exit code still tells.
        with contextlib.suppress(OSError):
            click.echo("aliyun-ops: " + "\n".join(lines), err=True)


class WrongUsage(Failure):
    """The command or its configuration cannot be carried out as given: exit code 2."""

    exit_code = 2


class Misused(click.UsageError):
    """Click's own sentence about a wrong call, in Chinese; in English click says it."""

    @override
    def show(self, file: IO[Any] | None = None) -> None:
        """Write how the command is called, where its help is, and what was wrong."""
        if self.ctx is not None:
            click.echo(self.ctx.get_usage(), err=True)
            click.echo(f"可用 '{self.ctx.command_path} --help' 查看说明。\n", err=True)
        click.echo(f"错误：{_misuse(self.message)}", err=True)


def _misuse(english: str) -> str:
    from worker.cli.help_texts import MISUSE  # noqa: PLC0415 - only a wrong call pays for it
    from worker.cli.wordings import wording_of  # noqa: PLC0415 - as above

    for pattern, chinese in MISUSE:
        match = pattern.fullmatch(english)
        if match is not None:
            return chinese.format(*map(_misuse, match.groups()))
    # What our own kinds of values say stands with all other failures.
    return wording_of(Language.CHINESE.value).sentence(english)


@contextlib.contextmanager
def misuse_told() -> Iterator[None]:
    """Say what click refuses in the language of the command."""
    try:
        yield
    except (click.exceptions.NoArgsIsHelpError, Misused):
        raise
    except click.UsageError as error:
        wanted = error.ctx.meta.get(LANGUAGE) if error.ctx is not None else None
        if language_of(os.environ, wanted) is Language.ENGLISH:
            raise
        raise Misused(error.format_message(), error.ctx) from None


class NoOutput(io.TextIOBase):
    """Stands in for a stdout that was closed before the program began: who does not print is not stopped."""

    @override
    def write(self, text: str, /) -> int:
        """Refuse, as a full disk does."""
        raise OSError(errno.EBADF, "it is closed")


def ready_streams() -> None:
    """Have a stream each: what is closed, or cannot write a character, must end no command.

    Nobody reads a stderr that is closed, and who writes there asks it what it is.
    """
    if sys.stdout is None:
        sys.stdout = NoOutput()
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - to the end
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A locale without these characters gets question marks and no traceback.
        sys.stdout.reconfigure(errors="replace")


# What a write to stdout is refused with: of a disk that is full, a terminal that is gone, a stream to read from.
_UNWRITABLE = frozenset({errno.EBADF, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC})


# Looked up among the modules already imported: what was never imported cannot have been raised.
_EXPECTED: Mapping[str, type[Failure]] = {
    "worker.settings.problems:SettingsError": WrongUsage,
    "worker.core.errors:NotConfigured": WrongUsage,
    "worker.core.errors:RecreationError": Failure,
    "eventbridge.cloud:CloudError": Failure,
    "eventbridge.cloud:Refused": Failure,
    "eventbridge.apply:NotSettled": Failure,
}


class ExpectedFailures(click.Group):
    """A group that turns the expected exceptions of its commands into sentences."""

    @override
    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read what stands before the command."""
        with misuse_told():
            return super().make_context(*args, **kwargs)

    @override
    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        expected = None
        ready_streams()
        try:
            with misuse_told():
                return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            # Each command may be repeated: what it has done it finds done.
            expected = Failure("interrupted; the same command may be run again")
        except Exception as error:
            failure = next((each for kind, each in _imported() if isinstance(error, kind)), None)
            if failure is not None:
                # Only problems of the configuration are several lines, each made printable already.
                text = str(error) + _lead(error, ctx.invoked_subcommand)
                expected = failure(text if failure is WrongUsage else printable(text))
            elif _is_of_output(error):
                drop_output()
                expected = Failure(f"standard output cannot be written: {error.strerror}")
            else:
                raise
        raise expected


def _lead(error: Exception, command: str | None) -> str:
    """Say what comes next: a repetition, and what finds out why the cloud gives no answer where that helps."""
    errors, patience = map(sys.modules.get, ("worker.core.errors", "worker.ops.patience"))
    is_lost = bool(getattr(error, "reason", ""))
    # What is read is read before anything is changed; what fails later is told with what was done.
    is_unread = patience is not None and isinstance(error, patience.Unread)
    again = "; nothing was changed; run the same command again" if is_unread else ""
    if errors is not None and isinstance(error, errors.Transient):
        cause = error.__cause__ if is_unread else error
        is_lost = not isinstance(cause, errors.NoCredentials | errors.Throttled)
    lead = "; aliyun-ops doctor looks for the cause" if is_lost and command != "doctor" else ""
    return again + lead


def _is_of_output(error: Exception) -> TypeGuard[OSError]:
    """Whether it is a refused write to stdout; one to a file of ours is a failure by itself."""
    return isinstance(error, OSError) and error.errno in _UNWRITABLE and error.filename is None


def drop_output() -> None:
    """Send what is left in stdout nowhere: Python writes it once more when it ends, and would fail again."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _imported() -> Iterator[tuple[type[Exception], type[Failure]]]:
    for target, failure in _EXPECTED.items():
        module, _, name = target.partition(":")
        if module in sys.modules:
            yield getattr(sys.modules[module], name), failure
