"""`python -m worker` is the command line, whether or not the console script is on the path."""

from worker.cli import main

if __name__ == "__main__":
    main(prog_name="aliyun-ops")
