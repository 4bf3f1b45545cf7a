"""The two servers that are compared: the house and the floor, each gunicorn with 2 workers."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WORKERS = 2
THREADS = 4


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(application: str, **environment: str) -> Iterator[tuple[int, int]]:
    """Serve a WSGI application; its port and gunicorn's process id."""
    port = _free_port()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            application,
            "--config",
            str(Path(__file__).parents[1] / "deploy" / "gunicorn.conf.py"),
            "--bind",
            f"127.0.0.1:{port}",
            "--workers",
            str(WORKERS),
            "--threads",
            str(THREADS),
            "--max-requests",
            "0",
            "--keep-alive",
            "60",
        ],
        env=os.environ | environment,
    )
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError(f"{application} did not start") from None
                time.sleep(0.1)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def worker_memory_mib(master: int) -> float:
    """Resident memory of the largest worker, with what it shares with the others."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    sizes = []
    for child in children:
        rollup = Path(f"/proc/{child}/smaps_rollup").read_text()
        rss = next(line for line in rollup.splitlines() if line.startswith("Rss:"))
        sizes.append(int(rss.split()[1]) / 1024)
    return max(sizes)
