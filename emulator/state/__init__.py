"""The cloud as a sans-I/O model: every call takes the time, nothing here opens a socket."""
