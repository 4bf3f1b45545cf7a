"""One server: made, started, asked whether it answers, spoken of when it fails."""

import contextlib
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from omnishop.embedded.binaries import major_of
from omnishop.embedded.cluster import NAME, PORT, Cluster, DatabaseUnavailable, run_as

PATIENCE = 60  # seconds a start or a stop may take
NO_PROCESS = 2**31 - 2  # a process id that no system gives out
CONFIGURATION = """\
# Written by omnishop/embedded at each start.
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


def postmaster(cluster: Cluster) -> tuple[int, str]:
    """The server's process id and what it says of itself: ready, starting, stopping."""
    try:
        lines = (cluster.data / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), lines[7].strip() if len(lines) > 7 else "starting"
    except (OSError, ValueError, IndexError):
        return 0, ""


def answers(cluster: Cluster) -> bool:
    """True when the server says it is ready and its socket takes a connection."""
    if postmaster(cluster)[1] != "ready":
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(2)
        try:
            client.connect(str(cluster.socket))
        except OSError:
            return False
    return True


def runs(cluster: Cluster) -> bool:
    """True when the process in the lock file is this server, not another that got its id since."""
    process, _status = postmaster(cluster)
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


def create(cluster: Cluster, binaries: Path) -> None:
    """Make the data folder; one left half made by a kill is thrown away."""
    draft = cluster.home / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    ctype = _utf8_locale()
    # Letters are told by LC_CTYPE (trigrams of "été"); the order of text is the code points',
    # the same on every machine.
    rules = (
        ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        if (major_of(binaries, cluster.user) or 0) >= 17
        else ["--locale=C"]
    )
    made = run_as(
        cluster.user,
        [
            *(str(binaries / "initdb"), "-D", str(draft), "-U", NAME, "--auth=trust"),
            *("--encoding=UTF8", *rules, f"--lc-ctype={ctype}", "--no-instructions"),
        ],
        cluster.home,
    )
    if made.returncode:
        shutil.rmtree(draft, ignore_errors=True)
        raise DatabaseUnavailable(reason("The database cannot be made", made.stdout, cluster))
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


def settled(cluster: Cluster, binaries: Path) -> bool:
    """True when a server already runs and takes connections.

    One that is starting or stopping is waited for; one whose socket was deleted is stopped.
    """
    deadline = time.monotonic() + PATIENCE
    while runs(cluster):
        if answers(cluster):
            return True
        if postmaster(cluster)[1] == "ready":
            pg_ctl(cluster, binaries, "stop", "-m", "fast")
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(f"PostgreSQL hangs (see {cluster.log}).")
        time.sleep(0.1)
    return False


def launch(cluster: Cluster, binaries: Path) -> None:
    """Start the server, after a crash too: PostgreSQL recovers by itself."""
    settings = CONFIGURATION.format(port=PORT, run=cluster.run, log=cluster.log)
    (cluster.data / "omnishop.conf").write_text(settings)
    (cluster.data / "omnishop.conf").chmod(0o644)
    deadline = time.monotonic() + PATIENCE
    while True:
        _clear_stale(cluster)
        log = cluster.log / "start.log"
        log.unlink(missing_ok=True)
        begun = pg_ctl(cluster, binaries, "start", "-l", str(log))
        if begun.returncode == 0:
            return
        said = begun.stdout + (log.read_text() if log.exists() else "") + _last_log(cluster)
        # After a kill the old server's last children may need a moment to go.
        if "still in use" not in said or time.monotonic() > deadline:
            raise DatabaseUnavailable(reason("PostgreSQL does not start", said, cluster))
        time.sleep(0.5)


def pg_ctl(cluster: Cluster, binaries: Path, action: str, *options: str) -> Any:
    command = [str(binaries / "pg_ctl"), action, "-D", str(cluster.data), "-w", "-s"]
    return run_as(cluster.user, [*command, "-t", str(PATIENCE), *options], cluster.home)


def _clear_stale(cluster: Cluster) -> None:
    """Make PostgreSQL start though another program now has the process id of a killed server.

    The lock file keeps its other lines: by them PostgreSQL finds children of the old server.
    """
    if postmaster(cluster)[0] and not runs(cluster):
        path = cluster.data / "postmaster.pid"
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join([f"{NO_PROCESS}\n", *lines[1:]]))
        cluster.socket.with_name(cluster.socket.name + ".lock").unlink(missing_ok=True)


def create_database(cluster: Cluster) -> None:
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


def reason(what: str, output: str, cluster: Cluster) -> str:
    """One line from the server's own words."""
    if "No space left on device" in output:
        return f"{what}: the disk that holds {cluster.home} is full. Free some space and try again."
    lines = [line for line in output.splitlines() if re.search(r"FATAL|PANIC|error:", line)]
    word = re.sub(r"^.*?(FATAL|PANIC|error): *", "", lines[-1]) if lines else output.strip()[-200:]
    return f"{what}: {word} (see {cluster.log})."
