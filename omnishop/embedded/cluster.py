"""Where an embedded server lives, and who runs it."""

import contextlib
import hashlib
import os
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

NAME = "omnishop"  # the database and its owner
PORT = "5432"  # only names the socket file
LONGEST_SOCKET = 103  # bytes; macOS admits 104 with the closing zero, Linux 108


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


def place(var_dir: Path) -> Cluster:
    """Under `var/` when the server's user can get there, else in a folder of its own."""
    mark = hashlib.sha256(str(var_dir.resolve()).encode()).hexdigest()[:8]
    home = var_dir.resolve() / "postgres"
    fits = len(os.fsencode(home / "run" / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET
    if os.geteuid() == 0:
        user = _unprivileged()
        if not fits or not can_enter(user, home.parent):
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


def can_enter(user: int | None, folder: Path) -> bool:
    return user is None or run_as(user, ["test", "-x", str(folder)]).returncode == 0


def prepare(cluster: Cluster) -> None:
    """Make the folders, private to the user who runs the server."""
    if cluster.user is not None and not cluster.home.exists() and cluster.home.name != "postgres":
        say(
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


def run_as(user: int | None, command: list[str], cwd: Path | None = None) -> Any:
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


def say(line: str) -> None:
    print(line, file=sys.stderr)
