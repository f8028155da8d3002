"""Two Python processes that do the same at the same time."""

import subprocess
import sys
from contextlib import contextmanager


@contextmanager
def two_processes(code, *arguments):
    """Run ``code`` twice; it prints a line when it is ready, then for each line that it reads one with its answer.

    Gives a function that sends both a line and returns their answers. The last argument of each is its number.
    """
    command = [sys.executable, "-c", code]
    processes = [
        subprocess.Popen([*command, *arguments, str(k)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for k in range(2)
    ]

    def ask(line):
        for process in processes:
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
        return [process.stdout.readline().strip() for process in processes]

    try:
        assert [process.stdout.readline() for process in processes] == ["ready\n"] * 2
        yield ask
    finally:
        for process in processes:
            process.kill()
            process.communicate()
