"""The embedded PostgreSQL: starts anywhere, survives a kill, is shared, and says what is wrong."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured

from omnishop import embedded
from omnishop.embedded.cluster import DatabaseUnavailable
from omnishop.embedded.server import postmaster, reason

BASE = Path(__file__).resolve().parent.parent


@pytest.fixture
def var_dir() -> Iterator[Path]:
    """An empty folder that every user can enter; its server is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="omnishop-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        embedded.remove(folder)


def connect(var_dir: Path) -> psycopg.Connection:
    found = embedded.database(var_dir)
    return psycopg.connect(
        host=found["HOST"], port=found["PORT"], user=found["USER"], dbname=found["NAME"]
    )


def server_process(var_dir: Path) -> int:
    return postmaster(embedded.start(var_dir))[0]


def kill_server(var_dir: Path) -> int:
    """SIGKILL it and wait until the system has taken it away."""
    process = server_process(var_dir)
    os.kill(process, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        for _ in range(500):
            os.kill(process, 0)
            time.sleep(0.01)
    return process


# --- Address ------------------------------------------------------------------------------------


def test_an_address_gives_every_part_with_its_escapes_undone():
    assert embedded.parse("postgres://anna:p%40ss%2Fw@db.example:6432/shop?sslmode=require") == {
        "NAME": "shop",
        "USER": "anna",
        "PASSWORD": "p@ss/w",
        "HOST": "db.example",
        "PORT": "6432",
        "OPTIONS": {"sslmode": "require"},
    }


@pytest.mark.parametrize(
    "url", ["postgresql:///shop?host=/run/postgresql", "postgres://%2Frun%2Fpostgresql/shop"]
)
def test_an_address_may_name_a_socket_folder(url):
    assert embedded.parse(url)["HOST"] == "/run/postgresql"


@pytest.mark.parametrize(
    "url",
    [
        "mysql://anna:s3cret@db/shop",
        "sqlite:///shop.db",
        "postgres://anna:s3cret@db:port/shop",
        "postgres://anna:s3cret@db/",
        "postgres://anna:s3cret@db/shop?colour=blue",
        "postgres://anna:s3cret with space@db/shop",
        "postgres://anna:s3cret@[db/shop",
    ],
)
def test_another_address_is_refused_without_showing_its_password(url):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL must read") as refusal:
        embedded.parse(url)

    assert "s3cret" not in str(refusal.value)


def test_an_address_starts_no_server(tmp_path):
    assert embedded.database(tmp_path, "postgres://db/shop")["HOST"] == "db"

    assert not list(tmp_path.iterdir())


def test_a_command_without_database_starts_no_server(tmp_path, monkeypatch):
    monkeypatch.setenv("OMNISHOP_NO_DATABASE", "1")

    assert embedded.database(tmp_path)["NAME"] == "omnishop"

    assert not embedded.is_up(tmp_path)


# --- Server -------------------------------------------------------------------------------------


def test_the_server_starts_once_keeps_its_data_and_stops(var_dir):
    with connect(var_dir) as connection:
        connection.execute("CREATE TABLE kept (word text)")
    first = server_process(var_dir)

    assert server_process(var_dir) == first
    assert embedded.stop(var_dir)
    assert not embedded.is_up(var_dir)
    assert not embedded.stop(var_dir)

    with connect(var_dir) as connection:
        connection.execute("SELECT word FROM kept")


def test_the_server_is_durable_speaks_utf8_and_opens_no_port(var_dir):
    with connect(var_dir) as connection:
        settings: dict[str, str] = dict(
            connection.execute(
                "SELECT name, setting FROM pg_settings WHERE name IN "
                "('fsync', 'synchronous_commit', 'listen_addresses', 'server_encoding', 'jit')"
            )
        )
        # "été" is three letters to it, not two bytes that are none.
        letters = connection.execute("SELECT 'été' ~ '^[[:alpha:]]{3}$', upper('été')").fetchone()

    assert settings == {
        "fsync": "on",
        "synchronous_commit": "on",
        "listen_addresses": "",
        "server_encoding": "UTF8",
        "jit": "off",
    }
    assert letters == (True, "ÉTÉ")


def test_a_killed_server_is_started_again_with_what_was_committed(var_dir):
    with connect(var_dir) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'été' AS word")
    killed = kill_server(var_dir)

    with connect(var_dir) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("été",)

    assert server_process(var_dir) != killed


def test_a_stale_lock_file_with_the_id_of_another_program_does_not_stop_it(var_dir):
    cluster = embedded.start(var_dir)
    kill_server(var_dir)
    lock = cluster.data / "postmaster.pid"
    lines = lock.read_text().splitlines(keepends=True)
    bystander = subprocess.Popen(
        ["sleep", "60"], user=cluster.user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        lock.write_text("".join([f"{bystander.pid}\n", *lines[1:]]))

        connect(var_dir).close()
        embedded.stop(var_dir)

        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_server_whose_socket_was_deleted_is_replaced(var_dir):
    cluster = embedded.start(var_dir)
    cluster.socket.unlink()

    connect(var_dir).close()


@pytest.mark.race
def test_concurrent_starts_share_one_server(var_dir):
    command = [sys.executable, "-m", "omnishop.embedded", "start"]
    starts = [
        subprocess.Popen(
            command, cwd=BASE, env=os.environ | {"VAR_DIR": str(var_dir)}, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]

    said = [start.communicate(timeout=60)[1].decode() for start in starts]

    assert [start.returncode for start in starts] == [0, 0, 0], said
    assert embedded.is_up(var_dir)


def test_a_running_server_costs_milliseconds(var_dir):
    embedded.start(var_dir)

    begun = time.perf_counter()
    embedded.database(var_dir)

    assert time.perf_counter() - begun < 0.05


def test_a_path_too_long_for_a_socket_gets_a_shorter_one(var_dir):
    deep = var_dir / ("x" * 100)
    deep.mkdir()
    try:
        connect(deep).close()
    finally:
        embedded.remove(deep)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another user")
def test_a_private_folder_of_root_keeps_its_data_elsewhere_and_says_so(var_dir, capsys):
    var_dir.chmod(0o700)

    cluster = embedded.start(var_dir)

    assert str(cluster.home).startswith("/var/lib/omnishop-")
    assert str(cluster.home) in capsys.readouterr().err
    connect(var_dir).close()
    embedded.remove(var_dir)
    assert not cluster.home.exists()


def test_data_of_a_version_that_is_not_here_is_left_alone_with_a_clear_message(var_dir):
    cluster = embedded.start(var_dir)
    embedded.stop(var_dir)
    version = cluster.data / "PG_VERSION"
    written = version.read_text()
    version.write_text("99\n")

    with pytest.raises(DatabaseUnavailable, match="was written by PostgreSQL 99"):
        embedded.start(var_dir)

    version.write_text(written)
    connect(var_dir).close()


def test_a_full_disk_is_named(var_dir):
    cluster = embedded.start(var_dir)

    said = reason("It stops", "could not write: No space left on device", cluster)

    assert said.startswith("It stops: the disk that holds ")
    assert "\n" not in said
