"""Run web server, Celery worker and beat in the foreground, as one: `make demo`.

Ctrl-C or SIGTERM stops all of them. One that dies is started again; when it dies as soon as it
began, the others are stopped too and the exit status is 1. The processes have sessions of their
own, so that a Ctrl-C reaches this one alone and the order of the end is ours; on Linux they end too
when this process is killed.
"""

import ctypes
import importlib
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType
from typing import IO, cast

from omnishop import embedded

BASE = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("VAR_DIR") or BASE / "var")
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE = 8  # seconds for a process to end by itself
FIRST_ANSWER = 60  # seconds
TOO_SOON = 20  # seconds; what ends by itself before cannot run here
CELERY = ["celery", "-A", "omnishop", "--quiet", "--skip-checks"]
ALONE = ["--without-gossip", "--without-mingle", "--without-heartbeat"]  # it is the only worker
COMMANDS = {
    "web": ["gunicorn", "--config", "deploy/gunicorn.conf.py", "omnishop.wsgi"],
    "worker": [
        *CELERY,
        "worker",
        "--loglevel=WARNING",
        "--pool=threads",
        "--concurrency=2",
        *ALONE,
    ],
    "beat": [*CELERY, "beat", "--loglevel=WARNING"],
}
COLOURS = {"web": "36", "worker": "33", "beat": "35"}


class Supervisor:
    """The processes, and the reason to stop once there is one."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self.started: dict[str, float] = {}
        self.stopping = threading.Event()

    def run(self) -> int:
        """Start all, wait for a signal or one that cannot run, stop all; the exit status."""
        for number in STOPS:
            signal.signal(number, self._asked_to_stop)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)  # blocked by tools/setup.py until now
        for folder in ("broker", "broker-control", "mail", "media"):
            (VAR / folder).mkdir(parents=True, exist_ok=True)
        died = None
        try:
            self._start("web")
            welcome_by = time.monotonic() + FIRST_ANSWER
            while not (died or self.stopping.wait(0.2)):
                if len(self.processes) < len(COMMANDS) and self._welcomed(welcome_by):
                    # After the shop is open: three that start at once keep a shopper waiting.
                    for name in [name for name in COMMANDS if name not in self.processes]:
                        self._start(name)
                died = next((name for name in [*self.processes] if self._cannot_run(name)), None)
        finally:
            self.stopping.set()
            if died:
                status = self.processes[died].returncode
                say(f"{died} ended by itself with status {status}; stopping the rest.")
            else:
                say("Stopping …")
            self._stop_all()
        return 1 if died else 0

    def _cannot_run(self, name: str) -> bool:
        """Whether a process ended as soon as it began; one that ended later is started again."""
        process = self.processes[name]
        if process.poll() is None:
            return False
        if time.monotonic() - self.started[name] < TOO_SOON:
            return True
        say(f"{name} ended by itself with status {process.returncode}; it is started again.")
        kill(process, signal.SIGKILL)  # what it left
        self._start(name)
        return False

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        if self.stopping.is_set():  # asked twice: at once
            for process in self.processes.values():
                kill(process, signal.SIGKILL)
        self.stopping.set()

    def _start(self, name: str) -> None:
        environment = os.environ | {
            "HOST": self.host,
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
            # The demonstration may be run by root, in a container for one.
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
        }
        self.started[name] = time.monotonic()
        self.processes[name] = subprocess.Popen(
            [sys.executable, "-m", *COMMANDS[name]],
            cwd=BASE,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=end_with_parent if sys.platform == "linux" else None,
        )
        relay = threading.Thread(target=self._relay, args=[name, self.processes[name]], daemon=True)
        relay.start()

    def _relay(self, name: str, process: subprocess.Popen[str]) -> None:
        """Pass a process's lines on, each with its name."""
        label = f"{name:<6} | "
        if sys.stdout.isatty():
            label = f"\033[{COLOURS[name]}m{label}\033[0m"
        with cast(IO[str], process.stdout) as lines:
            for line in lines:
                say(f"{label}{line.rstrip()}")

    def _welcomed(self, deadline: float) -> bool:
        """Whether the web server was waited for; prints the address and the sign-ins."""
        address = f"http://localhost:{self.port}"
        if answers(f"http://{self.host}:{self.port}/health/live/"):
            say(welcome(address))
            return True
        if time.monotonic() > deadline:
            say(f"The web server gives no answer yet at {address}")
            return True
        return False

    def _stop_all(self) -> None:
        """Ask, wait, insist; then the same for what a process left in its session."""
        for process in self.processes.values():
            kill(process, signal.SIGTERM, group=False)
        deadline = time.monotonic() + PATIENCE
        for process in self.processes.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                kill(process, signal.SIGKILL)
                process.wait()
            kill(process, signal.SIGKILL)


def kill(process: subprocess.Popen[str], number: signal.Signals, group: bool = True) -> None:
    """Signal a process, or all of its session; gone already is fine."""
    try:
        if group:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
    except ProcessLookupError:
        pass


def end_with_parent() -> None:
    """In the child, before its program starts: SIGTERM when the supervisor is gone."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def answers(url: str) -> bool:
    """True when the server says anything but an error of its own."""
    request = urllib.request.Request(url, headers={"Host": "localhost"})  # noqa: S310  our own
    try:
        with urllib.request.urlopen(request, timeout=5):  # noqa: S310  our own server
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def welcome(address: str) -> str:
    """The address, and who can sign in with what."""
    try:
        sign_ins = importlib.import_module("omnishop.demo.signins").SIGN_INS
    except ImportError:
        sign_ins = []
    rows = [(label, address + path, *who) for label, path, *who in sign_ins]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(part.ljust(width) for part, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join(["", f"Omnishop runs at {address} (Ctrl-C stops it)", *lines, ""])


def say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    """Supervise; then stop the embedded database when `make demo` started it."""
    host = os.environ.get("HOST") or "127.0.0.1"
    port = int(os.environ.get("PORT") or 8000)
    try:
        return Supervisor(host, port).run()
    finally:
        if os.environ.get("OMNISHOP_STOP_DATABASE") == "1":
            embedded.stop(VAR)


if __name__ == "__main__":
    sys.exit(main())
