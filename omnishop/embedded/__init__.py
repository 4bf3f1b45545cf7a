"""PostgreSQL for whoever has none: a server of the project's own under `var/`.

`database()` gives Django its connection. Without `DATABASE_URL` it starts the embedded server when
it is not up and leaves it running, so every command, web worker and Celery process shares one.
The server listens on a private socket only; no port is opened.

    python -m omnishop.embedded start | stop | status | url | remove
"""

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from omnishop.embedded.binaries import binaries_of
from omnishop.embedded.cluster import NAME, PORT, Cluster, DatabaseUnavailable, place, prepare
from omnishop.embedded.server import (
    answers,
    create,
    create_database,
    launch,
    pg_ctl,
    reason,
    runs,
    settled,
)


def database(var_dir: Path, url: str = "") -> dict[str, Any]:
    """NAME, USER, PASSWORD, HOST, PORT and OPTIONS for Django.

    With a `url` that server is used, else the embedded one is started when it is not up
    (a few milliseconds when it is). `OMNISHOP_NO_DATABASE=1` starts nothing: for commands
    that read the settings and no row.
    """
    if url:
        return parse(url)
    if os.environ.get("OMNISHOP_NO_DATABASE") == "1":
        return _connection(str((_remembered(var_dir) or place(var_dir)).run))
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


def is_up(var_dir: Path) -> bool:
    """True when the embedded server of this folder takes connections."""
    cluster = _remembered(var_dir)
    return cluster is not None and answers(cluster)


def start(var_dir: Path) -> Cluster:
    """The running cluster; made and started when it is not. Safe to call from many processes.

    Raises DatabaseUnavailable with the reason.
    """
    cluster = _remembered(var_dir)
    if cluster and answers(cluster):
        return cluster
    try:
        with _locked(var_dir):
            cluster = _remembered(var_dir)
            if cluster and answers(cluster):  # another process was quicker
                return cluster
            cluster = place(var_dir)
            prepare(cluster)
            binaries = binaries_of(cluster)
            if not (cluster.data / "PG_VERSION").exists():
                create(cluster, binaries)
            if not settled(cluster, binaries):
                launch(cluster, binaries)
            create_database(cluster)
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
        if cluster is None or not runs(cluster):
            return False
        binaries = Path(json.loads(_state_file(var_dir).read_text())["binaries"])
        ended = pg_ctl(cluster, binaries, "stop", "-m", "fast")
        if ended.returncode:
            raise DatabaseUnavailable(reason("PostgreSQL does not stop", ended.stdout, cluster))
        return True


def remove(var_dir: Path) -> None:
    """Stop the server and delete its data."""
    stop(var_dir)
    cluster = _remembered(var_dir) or place(var_dir)
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
