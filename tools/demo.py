"""Make, fill and serve the demo site: ``python3 tools/dev.py demo [--port N] [--check]``.

``demo realworld`` serves the RealWorld backend instead.

A small magazine is made with the real ``startproject`` and ``startapp``; the app's files come from
``docs/examples/magazine``. Migrations, sample data and the server are the project's own commands.
The project is left in ``demo/``, to be looked at and changed; ``--fresh`` makes it anew. When what
it is made of has changed it is made anew too, unless somebody has changed it.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "docs" / "examples" / "magazine"
FOLDER = ROOT / "demo"
STAMP = ".demo-stamp"
HOST = "127.0.0.1"
APPS = (
    "articles", "fastjango.contenttypes", "fastjango.sessions", "fastjango.auth",
    "fastjango.auth.accounts", "fastjango.auth.jwt", "fastjango.mail", "fastjango.forms",
    "fastjango.rest",
)  # fmt: skip
SESSIONS = "fastjango.sessions.middleware.SessionMiddleware"
USERS = "fastjango.auth.middleware.AuthenticationMiddleware"
ACCOUNT_SETTINGS = """
LOGIN_URL = "/account/login/"

LOGIN_REDIRECT_URL = "/"

# Messages, such as the link that confirms a sign-up, are written to the console.
EMAIL_BACKEND = "fastjango.mail.backends.console.EmailBackend"

# Texts are texts: the API takes what its document says and nothing else.
REST_FRAMEWORK = {"COERCE_NUMBER_INPUT_TO_STRING": False}
"""
START_SECONDS = 180.0  # a busy machine may need as much


class DemoError(Exception):
    """A step of the demo failed; the text says which and why."""


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"demo: {text}", flush=True)


@dataclass(frozen=True, slots=True)
class Address:
    """One address that the demo prints.

    Attributes:
        contains: What the answer has to hold.
    """

    path: str
    what: str
    contains: str = ""


ADDRESSES = (
    Address("/", "the newest articles", "<h1>Latest articles</h1>"),
    Address("/static/articles/magazine.css", "the style sheet", "color-scheme"),
    Address("/articles/{slug}/", "an article with its comments", 'id="comments"'),
    Address("/authors/", "everybody who writes", "Ada Quill"),
    Address("/authors/ada-quill/", "one author", "<h1>Ada Quill</h1>"),
    Address("/subjects/machines/", "one subject", "<h1>Machines</h1>"),
    Address("/?q=trains&page=2", "a search", "Slow Trains"),
    Address("/api/articles", "the API: a page of articles", '"results"'),
    Address("/api/articles?tag=music", "the API: a subject", '"music"'),
    Address("/docs", "the API's documentation", "swagger-ui"),
    Address("/openapi.json", "the API's description", '"/api/articles"'),
)


# -- making the project ----------------------------------------------------------------------------


def make(folder: Path, articles: int) -> None:
    """Make the project in a folder: all of it, or nothing.

    Raises:
        DemoError: A step failed.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=".demo-", dir=folder.parent) as name:
        work = Path(name) / "magazine"
        admin = [sys.executable, "-m", "fastjango.core"]
        step("startproject magazine", [*admin, "startproject", "magazine", str(work)], ROOT)
        manage = [sys.executable, "manage.py"]
        step("startapp articles", [*manage, "startapp", "articles"], work)
        write_app(work)
        say("wrote the magazine's models, views and API into it")
        step("makemigrations articles", [*manage, "makemigrations", "articles"], work)
        step("migrate", [*manage, "migrate"], work)
        step("check", [*manage, "check"], work)
        load = [*manage, "load_magazine", "--articles", str(articles)]
        step(f"load_magazine: {articles:,} articles", load, work, show=True)
        stamp = {"sources": digest(articles), "project": content(work)}
        (work / STAMP).write_text(json.dumps(stamp), encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        work.rename(folder)
    say(f"the project is ready after {time.monotonic() - started:.1f} s")


def step(what: str, command: Sequence[str], folder: Path, *, show: bool = False) -> None:
    """Run a command of the project; show its output as it comes, or only if it fails."""
    say(f"{what} ...")
    started = time.monotonic()
    output = None if show else subprocess.PIPE
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=None if show else subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DemoError(f"{what} failed with status {done.returncode}.\n{done.stdout or ''}")
    say(f"  done in {time.monotonic() - started:.1f} s")


def environment() -> dict[str, str]:
    """Return the variables of this process without those that would reach into the project."""
    kept = {name: value for name, value in os.environ.items() if not _reaches_in(name)}
    return {**kept, "PYTHONUNBUFFERED": "1"}


def _reaches_in(name: str) -> bool:
    return name.startswith("FASTJANGO_") or name in ("DATABASE_URL", "PYTHONPATH")


def write_app(project: Path) -> None:
    """Put the magazine's files over those that the commands wrote.

    Raises:
        DemoError: The generated files are not those that this expects.
    """
    shutil.rmtree(project / "articles" / "tests", ignore_errors=True)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(EXAMPLE / "articles", project / "articles", dirs_exist_ok=True, ignore=ignore)
    package = project / "magazine"
    shutil.copy(EXAMPLE / "urls.py", package)
    for unused in (package / "views.py", project / "tests" / "test_site.py"):
        unused.unlink(missing_ok=True)  # they belong to the first page that startproject wrote
    shutil.rmtree(project / "templates", ignore_errors=True)
    settings = package / "settings.py"
    edit(settings, r"^INSTALLED_APPS = \[\n", "\\g<0>" + "".join(f'    "{a}",\n' for a in APPS))
    csrf = r'^    "fastjango\.http\.middleware\.csrf\.CsrfViewMiddleware",\n'
    edit(settings, csrf, f'    "{SESSIONS}",\n\\g<0>    "{USERS}",\n')
    with settings.open("a", encoding="utf-8") as file:
        file.write(ACCOUNT_SETTINGS)


def edit(file: Path, pattern: str, replacement: str) -> None:
    """Replace what a pattern finds exactly once."""
    text, count = re.subn(pattern, replacement, file.read_text(encoding="utf-8"), flags=re.M)
    if count != 1:
        raise DemoError(f"{file.name} has {count} places for {pattern!r}, one was expected.")
    file.write_text(text, encoding="utf-8")


def digest(articles: int) -> str:
    """Return what the project is made of, so that a change makes it anew."""
    sources = [*EXAMPLE.rglob("*"), *ROOT.glob("packages/fastjango-core/src/**/*template/**/*")]
    sources += ROOT.glob("packages/*/src/**/migrations/*.py")
    return _hashed(sources, f"{articles} {sys.version_info[:2]}")


def content(project: Path) -> str:
    """Return what stands in the files of a project that people change: not what it has run."""
    files = [*project.rglob("*.py"), *project.rglob("*.html"), *project.rglob("*.css")]
    return _hashed(files, "")


def _hashed(paths: Sequence[Path], text: str) -> str:
    hashed = hashlib.sha256(text.encode())
    for path in sorted(path for path in paths if path.is_file() and path.suffix != ".pyc"):
        hashed.update(path.read_bytes())
    return hashed.hexdigest()


def stamp_of(folder: Path) -> dict[str, str]:
    """Return what `make` has written of a project, nothing where it made none."""
    try:
        found: dict[str, str] = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def is_current(folder: Path, articles: int) -> bool:
    """Tell whether the folder holds a project made of the present sources."""
    return stamp_of(folder).get("sources") == digest(articles)


def make_where_needed(folder: Path, articles: int, *, fresh: bool) -> None:
    """Make the project unless it is there, and lose nothing that somebody else has written.

    Args:
        fresh: Make it anew even so, where the demo made it.

    Raises:
        DemoError: A step failed, or the folder holds something else.
    """
    stamp = stamp_of(folder)
    if not (folder / STAMP).exists() and folder.exists() and any(folder.iterdir()):
        raise DemoError(f"{folder} was not made by the demo. Move it away, and run this again.")
    if is_current(folder, articles) and not fresh:
        return
    if stamp and stamp.get("project") != content(folder) and not fresh:
        say(f"{folder.name}/ was changed, so it is served as it is; --fresh makes it anew")
        return
    make(folder, articles)


# -- serving ---------------------------------------------------------------------------------------


def server_command(port: int) -> list[str]:
    """Return the command that serves the project."""
    return [sys.executable, "manage.py", "runserver", f"{HOST}:{port}", "--noreload"]


def free_port(wanted: int | None) -> int:
    """Return the wanted port if it is free, else any free one.

    Raises:
        DemoError: The port was asked for and is taken, or is none.
    """
    said = ""
    for port in [wanted] if wanted is not None else [8000, 8080, 0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
                return int(probe.getsockname()[1])
            except (OSError, OverflowError) as error:
                taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
                said = "is taken" if taken else f"cannot be used ({error})"
    raise DemoError(f"port {wanted} of {HOST} {said}. Choose another with --port.")


def addresses(folder: Path) -> list[Address]:
    """Return the addresses with the newest article's slug filled in; without it, if there is none.

    The project may have been changed, its tables and its database too.
    """
    import sqlite3

    query = "SELECT slug FROM articles_article ORDER BY published DESC, id DESC LIMIT 1"
    found = list[tuple[str]]()
    with closing(sqlite3.connect(folder / "db.sqlite3")) as database, suppress(sqlite3.Error):
        found = database.execute(query).fetchall()
    return [
        replace(entry, path=entry.path.replace("{slug}", found[0][0] if found else ""))
        for entry in ADDRESSES
        if found or "{slug}" not in entry.path
    ]


def guarded(work: Callable[[], int]) -> int:
    """Return the status of the work; what ends it early becomes one message, or none."""
    # A polite end from outside becomes an exception, so that the server does not outlive it.
    before = signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        return work()
    except (DemoError, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        signal.signal(signal.SIGTERM, before)


def serve(folder: Path, port: int) -> int:
    """Serve until interrupted; return the server's status."""
    process = subprocess.Popen(server_command(port), cwd=folder, env=environment())
    try:
        wait_until_up(process, port)
        print_addresses(addresses(folder), port)
        say("stop it with Ctrl-C")
        return process.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        stop(process)


def print_addresses(shown: Sequence[Address], port: int) -> None:
    """Print where to look."""
    width = max(len(entry.path) for entry in shown)
    for entry in shown:
        print(f"  http://{HOST}:{port}{entry.path:<{width}}  {entry.what}", flush=True)


def wait_until_up(process: subprocess.Popen[bytes], port: int) -> None:
    """Wait until something answers on the port."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DemoError(f"the server ended at once, with status {process.returncode}.")
        with suppress(OSError):
            socket.create_connection((HOST, port), timeout=1).close()
            return
        time.sleep(0.05)
    raise DemoError(f"the server did not answer within {START_SECONDS:.0f} s.")


def stop(process: subprocess.Popen[bytes]) -> int:
    """End the server politely, then firmly; return its status."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return -9
    return process.returncode


# -- checking --------------------------------------------------------------------------------------


@dataclass(slots=True)
class Check:
    """Requests addresses of a running demo and remembers what was wrong."""

    port: int
    wrong: list[str] = field(default_factory=list[str])
    browser: urllib.request.OpenerDirector = field(
        default_factory=lambda: urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    )

    def request(
        self, path: str, status: int, contains: str = "", *, body: object = None, form: str = ""
    ) -> str:
        """Request one address, print its status and compare it with the expected one."""
        data = json.dumps(body).encode() if body is not None else form.encode() or None
        kind = "application/json" if body is not None else "application/x-www-form-urlencoded"
        asked = urllib.request.Request(
            f"http://{HOST}:{self.port}{path}", data, {"content-type": kind} if data else {}
        )
        started = time.perf_counter()
        try:
            with self.browser.open(asked, timeout=30) as answer:
                got, text = int(answer.status), str(answer.read().decode())
        except urllib.error.HTTPError as error:
            got, text = error.code, error.read().decode()
        milliseconds = (time.perf_counter() - started) * 1000
        right = got == status and contains in text
        method = asked.get_method()
        say(f"{'ok   ' if right else 'WRONG'} {got} {method:4} {path} ({milliseconds:.0f} ms)")
        if not right:
            told = f"expected {status} with {contains!r}, got {got}: {text[:300]!r}"
            self.wrong.append(f"{method} {path}: {told}")
        return text


def check(folder: Path, port: int) -> int:
    """Start the site, request everything, stop it; return the exit status."""
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            server_command(port),
            cwd=folder,
            env=environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    checked = Check(port)
    try:
        wait_until_up(process, port)
        shown = addresses(folder)
        print_addresses(shown, port)
        for entry in shown:
            checked.request(entry.path, 200, entry.contains)
        post_articles(checked)
    except DemoError as error:
        checked.wrong.append(str(error))
    finally:
        status = stop(process)
    if status not in (0, 128 + signal.SIGINT, -signal.SIGINT):
        checked.wrong.append(f"the server ended with status {status}")
    say("the server has stopped")
    for problem in checked.wrong:
        say(f"WRONG {problem}")
    if checked.wrong:
        print((folder / "server.log").read_text(errors="replace")[-3000:])
    say("not everything is well" if checked.wrong else "everything is well")
    return int(bool(checked.wrong))


def post_articles(checked: Check) -> None:
    """Post a valid and an invalid article, look for them, and ask for what is not there."""
    new = {"title": "On Being Checked", "body": "It works.", "author": "ada-quill"}
    text = checked.request("/api/articles", 201, '"slug"', body={**new, "tags": ["machines"]})
    with suppress(ValueError, KeyError):
        comment_on(checked, f"/articles/{json.loads(text)['slug']}/")
    checked.request("/api/articles", 400, "at least 3", body={**new, "title": "No"})
    checked.request("/articles/there-is-none/", 404)
    checked.request("/api/articles/there-is-none", 404, "No Article matches")


def comment_on(checked: Check, path: str) -> None:
    """Send the comment form as a browser would: forged, empty, and right."""
    text = checked.request(path, 200, "It works.")
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)
    token = f"csrfmiddlewaretoken={found.group(1)}&" if found else ""
    checked.request(path, 403, form="name=Me&text=Forged")
    checked.request(path, 422, "This field is required", form=f"{token}name=&text=Hello")
    checked.request(path, 200, "&lt;b&gt;Hello", form=f"{token}name=Me&text=%3Cb%3EHello")


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the project where needed, then serve or check it; return the exit status."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments[:1] == ["realworld"]:
        import demo_realworld

        return demo_realworld.main(arguments[1:])
    parser = argparse.ArgumentParser(
        prog="dev.py demo",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, help="the loopback port (8000, or a free one)")
    parser.add_argument(
        "--check", action="store_true", help="request everything once, in a project of its own"
    )
    parser.add_argument("--fresh", action="store_true", help="make the project anew")
    parser.add_argument("--articles", type=int, default=10_000, help="how many to load (10000)")
    options = parser.parse_args(arguments)

    def run() -> int:
        if options.check:
            return make_and_check(options.port or 0, options.articles)
        port = free_port(options.port)
        make_where_needed(FOLDER, options.articles, fresh=options.fresh)
        return serve(FOLDER, port)

    return guarded(run)


def make_and_check(port: int, articles: int) -> int:
    """Make a project that nobody keeps and check it; return the exit status."""
    started = time.monotonic()
    port = free_port(port)
    with tempfile.TemporaryDirectory(prefix="fastjango-demo-") as name:
        folder = Path(name) / "demo"
        make(folder, articles)
        status = check(folder, port)
    say(f"checked in {time.monotonic() - started:.1f} s")
    return status


if __name__ == "__main__":
    sys.exit(main())
