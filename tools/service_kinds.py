"""The kinds of servers that tests talk to: how each is asked who it is, and how it is started."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
PROBE_SECONDS = 3.0
START_SECONDS = 60.0


class ServiceMissingError(RuntimeError):
    """No server of a kind can be found or started on this machine."""


@dataclass(frozen=True, slots=True)
class Service:
    """One kind of server: where it usually is, how to ask for it, how to start one."""

    marker: str
    title: str
    fixture: str
    variable: str
    port: int
    probe: Callable[[int], str | None]
    """Return the URL of a usable server on this loopback port, else None."""
    start: Callable[[Path, int], list[str]] | None
    """Prepare the folder and return the command that serves on this port."""


# -- asking a server who it is --------------------------------------------------------------------


@contextmanager
def _connected(port: int) -> Generator[socket.socket]:
    with socket.create_connection((HOST, port), timeout=PROBE_SECONDS) as connection:
        connection.settimeout(PROBE_SECONDS)
        yield connection


def _read(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise ConnectionError("the server closed the connection")
        data += piece
    return data


def _probe_postgres(port: int) -> str | None:
    for user in dict.fromkeys(["postgres", _user()]):
        with suppress(OSError), _connected(port) as connection:
            body = f"user\0{user}\0database\0postgres\0\0".encode()
            connection.sendall(struct.pack("!ii", len(body) + 8, 196608) + body)
            kind, size = struct.unpack("!ci", _read(connection, 5))
            if kind == b"R" and _read(connection, size - 4) == b"\0\0\0\0":
                return f"postgresql://{user}@{HOST}:{port}/"
    return None


def _probe_mysql(port: int) -> str | None:
    # Protocol 4.1 with mysql_native_password: an empty password is an empty answer.
    capabilities = 0x00000001 | 0x00000200 | 0x00008000 | 0x00080000
    for user in dict.fromkeys(["root", _user()]):
        with suppress(OSError), _connected(port) as connection:
            size = int.from_bytes(_read(connection, 4)[:3], "little")
            if _read(connection, size)[:1] != b"\x0a":
                return None
            body = struct.pack("<IIB23x", capabilities, 1 << 24, 33)
            body += user.encode() + b"\0" + b"\0" + b"mysql_native_password\0"
            connection.sendall(len(body).to_bytes(3, "little") + b"\1" + body)
            size = int.from_bytes(_read(connection, 4)[:3], "little")
            if _read(connection, size)[:1] == b"\0":
                return f"mysql://{user}@{HOST}:{port}/"
    return None


def _probe_redis(port: int) -> str | None:
    with suppress(OSError), _connected(port) as connection:
        connection.sendall(b"PING\r\n")
        if _read(connection, 7) == b"+PONG\r\n":
            return f"redis://{HOST}:{port}/0"
    return None


def _probe_memcached(port: int) -> str | None:
    with suppress(OSError), _connected(port) as connection:
        connection.sendall(b"version\r\n")
        if _read(connection, 8) == b"VERSION ":
            return f"memcached://{HOST}:{port}"
    return None


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "root"


# -- starting a throwaway server ------------------------------------------------------------------


def _binary(*names: str, folders: tuple[str, ...] = ()) -> str:
    """Return the full path of the first of these programs that is installed."""
    places = [*os.environ.get("PATH", os.defpath).split(os.pathsep), "/usr/sbin", "/usr/local/sbin"]
    for pattern in folders:
        places += sorted((str(found) for found in Path("/").glob(pattern)), reverse=True)
    for name in names:
        if found := shutil.which(name, path=os.pathsep.join(places)):
            return str(Path(found).absolute())  # unresolved: redis-server goes by its own name
    raise ServiceMissingError(f"{' or '.join(names)} is not installed")


def _as_other_user(folder: Path, *names: str) -> list[str]:
    """Return the command prefix that leaves root, for servers that refuse to run as root."""
    if os.getuid() != 0:
        return []
    import pwd

    for name in (*names, "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
            demote = "import os,sys; os.setgroups([]); os.setgid(int(sys.argv[1])); "
            demote += "os.setuid(int(sys.argv[2])); os.execv(sys.argv[3], sys.argv[3:])"
            program = [sys.executable, "-I", "-S", "-c", demote]
            return [*program, str(entry.pw_gid), str(entry.pw_uid)]
    raise ServiceMissingError("there is no user to run it as")


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=START_SECONDS, check=False
    )
    if done.returncode:
        raise ServiceMissingError(
            f"{Path(command[0]).name} failed: {(done.stderr or done.stdout).strip()[-500:]}"
        )


def _start_postgres(folder: Path, port: int) -> list[str]:
    places = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql*/bin")
    initdb, server = _binary("initdb", folders=places), _binary("postgres", folders=places)
    prefix = _as_other_user(folder, "postgres")
    data = folder / "data"
    options = ["--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8"]
    _run([*prefix, initdb, "-D", str(data), *options, "--locale=C"], folder)
    command = [*prefix, server, "-D", str(data), "-p", str(port), "-h", HOST, "-k", str(folder)]
    for setting in ("fsync=off", "full_page_writes=off", "synchronous_commit=off"):
        command += ["-c", setting]
    return [*command, "-c", "max_connections=200"]


def _start_mysql(folder: Path, port: int) -> list[str]:
    server = _binary("mariadbd", "mysqld")
    data, init = folder / "data", folder / "init.sql"
    data.mkdir()
    init.write_text(
        f"CREATE USER IF NOT EXISTS root@'{HOST}';\n"
        f"GRANT ALL PRIVILEGES ON *.* TO root@'{HOST}' WITH GRANT OPTION;\n"
    )
    user = [f"--user={_user()}"]
    try:
        install = _binary("mariadb-install-db", "mysql_install_db")
    except ServiceMissingError:  # MySQL prepares its own folder
        _run([server, "--no-defaults", *user, "--initialize-insecure", f"--datadir={data}"], folder)
    else:
        options = ["--auth-root-authentication-method=normal", "--skip-test-db"]
        _run([install, "--no-defaults", *user, f"--datadir={data}", *options], folder)
    return [
        server,
        "--no-defaults",
        *user,
        f"--datadir={data}",
        f"--port={port}",
        f"--bind-address={HOST}",
        f"--socket={folder / 'sock'}",
        f"--pid-file={folder / 'pid'}",
        f"--init-file={init}",
        "--innodb-flush-log-at-trx-commit=0",
        "--max-connections=300",
    ]


def _start_redis(folder: Path, port: int) -> list[str]:
    server = _binary("redis-server", "valkey-server")
    options = ["--bind", HOST, "--port", str(port), "--save", "", "--appendonly", "no"]
    return [server, *options, "--dir", str(folder)]


def _start_memcached(folder: Path, port: int) -> list[str]:
    user = ["-u", "root"] if os.getuid() == 0 else []
    return [_binary("memcached"), "-l", HOST, "-p", str(port), "-U", "0", *user]


def _chromium(port: int) -> str | None:
    del port
    with suppress(ServiceMissingError):
        return _binary("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return None


SERVICES: dict[str, Service] = {
    service.marker: service
    for service in (
        Service(
            "postgres",
            "PostgreSQL",
            "postgres_url",
            "FASTJANGO_TEST_POSTGRES_URL",
            5432,
            _probe_postgres,
            _start_postgres,
        ),
        Service(
            "mysql",
            "MariaDB or MySQL",
            "mysql_url",
            "FASTJANGO_TEST_MYSQL_URL",
            3306,
            _probe_mysql,
            _start_mysql,
        ),
        Service(
            "redis",
            "Redis",
            "redis_url",
            "FASTJANGO_TEST_REDIS_URL",
            6379,
            _probe_redis,
            _start_redis,
        ),
        Service(
            "memcached",
            "memcached",
            "memcached_url",
            "FASTJANGO_TEST_MEMCACHED_URL",
            11211,
            _probe_memcached,
            _start_memcached,
        ),
        Service(
            "browser",
            "Chromium",
            "chromium_path",
            "FASTJANGO_TEST_CHROMIUM",
            0,
            _chromium,
            None,
        ),
    )
}
