"""Stand for a command that `tests.warm.server` runs: `client.py SOCKET PROGRAM ARGUMENT…`.

It imports little, so that it starts in a few milliseconds: `python -IS client.py …`.
"""

import json
import os
import signal
import socket
import sys

_PASSED_ON = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1)


def main(path: str, program: str, *arguments: str) -> None:
    """Hand the command over, and end as it ends."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)  # until there is somebody to tell
    request = {
        "program": program,
        "arguments": arguments,
        "environment": dict(os.environ),
        "folder": os.getcwd(),  # noqa: PTH109 # pathlib costs what the command itself takes
    }
    body = json.dumps(request).encode()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        socket.send_fds(connection, [b"%d\n" % len(body)], [0, 1, 2])
        connection.sendall(body)
        replies = connection.makefile("rb")
        process = int(replies.readline())
        for number in _PASSED_ON:
            signal.signal(number, lambda received, _frame: os.kill(process, received))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)
        code = int(replies.readline() or 1)
    if code < 0:  # ended by a signal
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])
