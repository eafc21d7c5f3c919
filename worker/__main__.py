"""The entry point of `aliyun-ops` and of `python -m worker`."""

import sys


def main() -> None:
    """Run the program; who interrupts while it is still being loaded sees what they see later."""
    try:
        from worker.cli import main as program  # noqa: PLC0415 - loading takes a while, too
    except KeyboardInterrupt:
        sys.stderr.write("Aborted!\n")
        sys.exit(1)
    program(prog_name="aliyun-ops")


if __name__ == "__main__":
    main()
