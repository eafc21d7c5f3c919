"""The HTTP face of the emulator: the only place with sockets and real time."""
