"""The kernel's own commands."""

import io

import pytest
from fastjango.core import Registry, checks, management
from fastjango.core.exceptions import PluginError
from fastjango.core.management import CommandError, base, call_command
from fastjango.core.management.commands import check, diffsettings, plugins, shell
from fastjango.core.plugins import Plugin


class Terminal(io.StringIO):
    def isatty(self):
        return True


def out(name, *args, **options):
    stream = io.StringIO()
    call_command(name, *args, stdout=stream, stderr=stream, no_color=True, **options)
    return stream.getvalue()


@pytest.fixture
def shelf(package, monkeypatch, configured):
    package({"shelf/__init__.py": "", "room/__init__.py": ""})
    registry = Registry(["shelf", "fastjango.signals"])
    for module in (management, base, check, plugins, shell):
        monkeypatch.setattr(module, "apps", registry)
    monkeypatch.setattr("fastjango.core.registry.apps", registry)
    return registry


@pytest.fixture
def known(monkeypatch):
    registry = checks.CheckRegistry()

    @registry.register("quick")
    def look(app_configs, **kwargs):
        labels = [config.label for config in app_configs or ()]
        return [checks.Warning(f"looked {labels}", id="a.W1")]

    registry.register(lambda **kwargs: [checks.Info("live")], "live", deploy=True)
    monkeypatch.setattr(checks, "registry", registry)
    for name in ("run_checks", "tag_exists"):
        monkeypatch.setattr(checks, name, getattr(registry, name))


def test_version(run):
    assert out("version") == "0.1.0\n"
    assert "fastjango-signals 0.1.0\n" in out("version", verbosity=2)
    result = run("-m", "fastjango.core", "version")
    assert (result.stdout, result.stderr) == ("0.1.0\n", "")


def test_check(shelf, known):
    assert out("check") == (
        "System check identified some issues:\n\nWARNINGS:\n?: (a.W1) looked []\n\n"
        "System check identified 1 issue (0 silenced).\n"
    )
    assert "looked ['shelf']" in out("check", "shelf")
    assert "live" in out("check", deploy=True)
    assert out("check", tags=["quick"]).count("looked") == 1
    assert out("check", list_tags=True) == "quick\n"
    assert out("check", list_tags=True, deploy=True) == "live\nquick\n"
    with pytest.raises(base.SystemCheckError):
        out("check", fail_level="WARNING")
    with pytest.raises(
        CommandError, match=r'There is no system check with the "quik" tag. Did you mean'
    ):
        out("check", tags=["quik"])
    with pytest.raises(CommandError, match="No installed app with label 'attic'"):
        out("check", "attic")
    with pytest.raises(CommandError, match=r"--database: invalid choice: 'x' \(choose from 'defa"):
        out("check", databases=["default", "x"])


def test_check_without_findings(shelf, known, configured):
    configured(SILENCED_SYSTEM_CHECKS=["a.W1"])
    assert out("check") == "System check identified no issues (1 silenced).\n"


def test_plugins(shelf, monkeypatch):
    twins = [
        Plugin("twin", "fastjango.signals.apps:SignalsConfig", name, "1") for name in ("one", "two")
    ]
    signals = next(p for p in plugins.discover() if p.name == "signals")
    broken = Plugin("acme", "no_such.apps:C", "acme", "2")
    failing = Plugin("late", "fastjango.signals.apps:SignalsConfig", "late-dist", "3")
    monkeypatch.setattr(plugins, "discover", lambda: [broken, failing, signals, *twins])
    shelf.failures.append(PluginError("late", failing.origin, "broke.", "Mend it."))
    lines = out("plugins").splitlines()
    assert lines[0].split() == ["PLUGIN", "STATE", "DISTRIBUTION", "APP"]
    assert lines[1].split() == [
        "2",
        "signals",
        "selected",
        "fastjango-signals",
        "0.1.0",
        "fastjango.signals",
    ]
    assert lines[2].split() == ["acme", "broken", "acme", "2", "no_such"]
    assert lines[3].split() == ["late", "broken", "late-dist", "3", "fastjango.signals"]
    assert lines[6].split() == ["1", "shelf", "selected", "(by", "its", "path)", "shelf"]
    text = "\n".join(lines[7:])
    assert "Plugin 'acme' (acme 2, entry point 'no_such.apps:C') failed to load" in text
    assert text.count("has the same name as the plugin of one 1") == 1
    assert "broke. Mend it." in text


def test_diffsettings(configured):
    configured(SECRET_KEY="secret", DEBUG=True, OWN=3, USE_TZ=True, DATABASE={"PASSWORD": "pw"})
    shown = out("diffsettings").splitlines()
    assert "DEBUG = True" in shown
    assert "OWN = 3  ###" in shown
    assert not any("USE_TZ" in line for line in shown)
    assert "secret" not in "".join(shown)
    assert "pw" not in "".join(shown)
    everything = out("diffsettings", all=True).splitlines()
    assert "### USE_TZ = True" in everything
    assert "### USE_I18N = True" in everything


def test_diffsettings_unified(configured):
    configured(DEBUG=True, OWN=3)
    shown = out("diffsettings", output="unified").splitlines()
    assert shown[shown.index("- DEBUG = False") + 1] == "+ DEBUG = True"
    assert "+ OWN = 3" in shown
    assert "  USE_I18N = True" in out("diffsettings", output="unified", all=True).splitlines()


def test_diffsettings_against_a_module(configured, package):
    package({"base_settings.py": "DEBUG = True\nMORE = 1"})
    configured(DEBUG=True, OWN=2)
    shown = out("diffsettings", default="base_settings", output="unified").splitlines()
    assert "- MORE = 1" in shown
    assert "+ OWN = 2" in shown
    assert not any("DEBUG" in line for line in shown)
    assert diffsettings.Command.help


def test_diffsettings_with_an_empty_key(configured):
    configured(SECRET_KEY="")
    assert "SECRET_KEY" not in out("diffsettings")


def test_shell_runs_given_code(shelf, capsys):
    call_command(
        "shell",
        command="import asyncio; print(await asyncio.sleep(0, 'awaited'), callable(apps.populate))",
    )
    assert capsys.readouterr().out == "awaited True\n"
    call_command("shell", command="def f(): return g()\ndef g(): return 3\nprint(f(), __name__)")
    assert capsys.readouterr().out == "3 __console__\n"
    with pytest.raises(NameError):
        call_command("shell", command="apps", no_imports=True)
    with pytest.raises(SystemExit):
        call_command("shell", command="raise SystemExit(3)")


def test_shell_runs_piped_code(run):
    result = run("-m", "fastjango.core", "shell", input="print(timezone.__name__)")
    assert (result.stdout, result.stderr) == ("fastjango.core.timezone\n", "")


def test_shell_imports(shelf, package):
    package({"shelf/models.py": "class Book: pass\nclass settings: pass"})
    import shelf.models as models

    shelf_models = [models.Book, models.settings]
    stream = io.StringIO()
    command = shell.Command(stdout=stream, stderr=stream, no_color=True)
    with (
        base.shell_imports.implemented(lambda: ["json.dumps", "no.such.thing"]),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(
            shell,
            "apps",
            type("A", (), {"models_ready": True, "get_models": lambda self: shelf_models})(),
        )
        namespace = command.get_namespace(verbosity=2)
    assert namespace["Book"] is models.Book
    assert namespace["settings"] is models.settings
    assert "dumps" in namespace
    shown = stream.getvalue()
    assert "no.such.thing could not be imported: No module named 'no'" in shown
    assert f"{len(namespace)} objects imported automatically" in shown
    assert "  from shelf.models import Book\n" in shown


def test_plain_shell(shelf, monkeypatch, capsys, tmp_path):
    start = tmp_path / "start.py"
    start.write_text("began = 7")
    (tmp_path / ".pythonrc.py").write_text("1/0")
    monkeypatch.setenv("PYTHONSTARTUP", str(start))
    monkeypatch.setenv("HOME", str(tmp_path))
    lines = iter(
        [
            "import asyncio",
            "async def seven():",
            "    await asyncio.sleep(0)",
            "    return began",
            "",
            "await seven()",
            "1/0",
            "task = asyncio.ensure_future(seven()) if False else None",
            "await seven() + 1",
        ]
    )

    def read(prompt=""):
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", read)
    call_command("shell", interface="python", verbosity=0)
    shown = capsys.readouterr()
    assert shown.out.strip().splitlines() == ["7", "8"]
    assert shown.err.count("ZeroDivisionError") == 2
    lines = iter(["began", "raise SystemExit(5)"])
    with pytest.raises(SystemExit):
        call_command("shell", interface="python", no_startup=True, verbosity=0)
    assert "NameError" in capsys.readouterr().err


def test_interpreters_are_tried_in_turn(shelf, monkeypatch):
    used = []
    monkeypatch.setattr("sys.stdin", Terminal())

    def missing(self, options):
        raise ImportError

    monkeypatch.setattr(shell.Command, "ipython", missing)
    monkeypatch.setattr(shell.Command, "python", lambda self, options: used.append("python"))
    call_command("shell")
    assert used == ["python"]
    with pytest.raises(CommandError, match=r"Couldn't import ipython interface\."):
        call_command("shell", interface="ipython")


def test_ipython_gets_the_imports(shelf, monkeypatch):
    given = {}
    fake = type(
        "IPython", (), {"start_ipython": staticmethod(lambda argv, user_ns: given.update(user_ns))}
    )
    monkeypatch.setitem(__import__("sys").modules, "IPython", fake)
    call_command("shell", interface="ipython", verbosity=0)
    assert given["apps"] is not None
