"""`python -m emulator`: a local Alibaba Cloud on a few ports of this machine."""

from emulator.http.command import main

if __name__ == "__main__":
    main()
