"""Commands: finding, calling, output, checks, click."""

import argparse
import io
import sys

import click
import pytest
from fastjango.core import AppConfig, Registry, checks, management
from fastjango.core.exceptions import PluginError
from fastjango.core.management import (
    AppCommand,
    BaseCommand,
    CommandError,
    CommandParser,
    LabelCommand,
    ManagementUtility,
    SystemCheckError,
    base,
    call_command,
    color,
    get_commands,
    load_command_class,
    no_translations,
)
from fastjango.core.management.base import OutputWrapper
from fastjango.core.management.clicks import ClickCommand

DANCE = """
from fastjango.core.management import BaseCommand
class Command(BaseCommand):
    help = "Dance around."
    requires_system_checks = []
    def add_arguments(self, parser):
        parser.add_argument("integer", nargs="?", type=int, default=0)
        parser.add_argument("-s", "--style", default="Rock'n'Roll")
        parser.add_argument("-x", "--example")
    def handle(self, *args, **options):
        self.stdout.write(f"I don't feel like dancing {options['style']} {options['integer']}.")
        return options["example"]
"""
GREET = """
import click
@click.command()
@click.argument("name")
@click.option("--times", type=int, default=1)
@click.pass_obj
def command(obj, name, times):
    "Greet somebody."
    if name == "nobody":
        raise click.ClickException("nobody is here")
    if name == "exit":
        raise click.exceptions.Exit(3)
    if name == "abort":
        raise click.Abort
    click.echo("hello " * times + name)
    return name
"""


@pytest.fixture
def shop(package, monkeypatch, configured):
    package(
        {
            "shop/__init__.py": "",
            "shop/management/__init__.py": "",
            "shop/management/commands/__init__.py": "",
            "shop/management/commands/_private.py": "1/0",
            "shop/management/commands/dance.py": DANCE,
            "shop/management/commands/greet.py": GREET,
            "shop/management/commands/sub/__init__.py": "",
        }
    )

    class Shop(AppConfig):
        name = "shop"

        def commands(self):
            return {"offered": Offered, "by_path": f"{__name__}.Offered", "clicked": clicked}

    registry = Registry([Shop.build("shop")])
    for module in (management, base):
        monkeypatch.setattr(module, "apps", registry)
    monkeypatch.setattr("fastjango.core.registry.apps", registry)
    return registry


class Offered(BaseCommand):
    requires_system_checks = ()

    async def handle(self, *args, **options):
        return "offered"


@click.command()
@click.option("--loud/--quiet", default=False)
@click.option("--who", required=True)
def clicked(loud, who):
    """Say who."""
    click.echo(who.upper() if loud else who)


def out(name, *args, **options):
    stream = io.StringIO()
    result = call_command(name, *args, stdout=stream, stderr=stream, **options)
    return stream.getvalue(), result


def test_commands_are_found(shop):
    found = get_commands()
    assert found["check"] == "fastjango.core"
    assert {k for k, v in found.items() if v == "shop"} == {
        "dance",
        "greet",
        "offered",
        "by_path",
        "clicked",
    }


def test_apps_that_a_test_does_not_show_keep_their_commands(shop):
    shop.set_available_apps([])
    try:
        assert get_commands()["dance"] == "shop"
    finally:
        shop.unset_available_apps()


def test_an_app_may_replace_a_command(shop, package):
    package({"shop/management/commands/check.py": DANCE})
    assert get_commands()["check"] == "shop"


def test_call_command(shop):
    assert out("dance") == ("I don't feel like dancing Rock'n'Roll 0.\n", None)
    assert out("dance", 3, style="Jive")[0] == "I don't feel like dancing Jive 3.\n"
    assert out("dance", ["-s", "Jive"], integer=1)[0] == "I don't feel like dancing Jive 1.\n"
    assert out("dance", example="e")[0].endswith("0.\ne\n")
    assert out("offered") == ("offered\n", "offered")
    assert out("by_path")[1] == "offered"
    assert (
        out(load_command_class("shop", "dance"), style="Jive")[0]
        == "I don't feel like dancing Jive 0.\n"
    )
    with pytest.raises(CommandError, match=r"^Unknown command: 'danse'. Did you mean 'dance'?"):
        call_command("danse")
    with pytest.raises(CommandError, match=r"^Error: argument integer: invalid int value: 'x'$"):
        call_command("dance", "x")
    with pytest.raises(TypeError) as caught:
        call_command("dance", style="x", whatever=1)
    assert str(caught.value).startswith(
        "Unknown option(s) for dance command: whatever. Valid options are: example, force_color, h"
    )


class Required(BaseCommand):
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("-n", "--need-me", required=True, nargs=2)
        parser.add_argument("--flag", action="store_true")
        group = parser.add_mutually_exclusive_group(required=True)
        group.add_argument("--for", dest="until", action="store")
        group.add_argument("--on", action="store_true")
        group.add_argument("--to", dest="until")

    def handle(self, *args, **options):
        return f"{options['need_me']} {options['until']} {options['on']} {options['flag']}"


class Nested(BaseCommand):
    requires_system_checks = ()

    def add_arguments(self, parser):
        sub = parser.add_subparsers(dest="sub", required=True)
        one = sub.add_parser("one")
        one.add_argument("--count", required=True)

    def handle(self, *args, **options):
        return f"{options['sub']} {options['count']}"


def test_required_options_by_keyword(configured):
    assert out(Required(), need_me=["a", "b"], on=True)[1] == "['a', 'b'] None True False"
    with pytest.raises(
        TypeError, match="Cannot pass the dest 'until' that matches multiple arguments"
    ):
        call_command(Required(), need_me=["a", "b"], until="x")
    with pytest.raises(
        CommandError, match="Error: the following arguments are required: -n/--need-me"
    ):
        call_command(Required(), on=True)
    assert out(Nested(), "one", count=3)[1] == "one 3"
    with pytest.raises(CommandError, match="required: --count"):
        call_command(Nested(), "one")


def test_missing_arguments_in_the_commands_words(configured):
    class Label(LabelCommand):
        requires_system_checks = ()
        label = "thing"

        def handle_label(self, label, **options):
            return f"<{label}>" if label != "skip" else None

    assert out(Label(), "a", "skip", "b")[1] == "<a>\n<b>"
    with pytest.raises(CommandError, match="Error: Enter at least one thing"):
        call_command(Label())
    with pytest.raises(NotImplementedError):
        LabelCommand().handle_label("x")


def test_app_commands(shop):
    class Apps(AppCommand):
        requires_system_checks = ()

        def handle_app_config(self, app_config, **options):
            return app_config.name

    assert out(Apps(), "shop")[1] == "shop"
    with pytest.raises(
        CommandError, match=r"No installed app with label 'x'\..* Are you sure your INSTALLED_APPS"
    ):
        call_command(Apps(), "x")
    with pytest.raises(NotImplementedError):
        AppCommand().handle_app_config(None)
    with pytest.raises(NotImplementedError):
        BaseCommand().handle()


def test_command_line(shop, capsys, monkeypatch):
    ManagementUtility(["manage.py", "dance", "2", "--style=Jive", "--no-color"]).execute()
    assert capsys.readouterr().out == "I don't feel like dancing Jive 2.\n"
    with pytest.raises(SystemExit):
        ManagementUtility(["manage.py", "danse"]).execute()
    assert capsys.readouterr().err == (
        "Unknown command: 'danse'. Did you mean 'dance'?\nType 'manage.py help' for usage.\n"
    )
    with pytest.raises(SystemExit) as caught:
        ManagementUtility(["manage.py", "dance", "x"]).execute()
    assert caught.value.code == 2
    assert "invalid int value: 'x'" in capsys.readouterr().err


def test_help_texts(shop, capsys):
    for argv in (["m"], ["m", "help"], ["m", "--help"], ["m", "-h"]):
        ManagementUtility(argv).execute()
        shown = capsys.readouterr().out
        assert "[fastjango]\n    check\n" in shown
        assert "[shop]\n    by_path\n    clicked\n    dance\n" in shown
    ManagementUtility(["m", "help", "--commands"]).execute()
    assert "\ndance\n" in capsys.readouterr().out
    ManagementUtility(["m", "help", "dance"]).execute()
    shown = capsys.readouterr().out
    assert "Dance around." in shown
    assert shown.index("--style") < shown.index("--verbosity")
    ManagementUtility(["m", "help", "greet"]).execute()
    assert "Greet somebody." in capsys.readouterr().out
    with pytest.raises(SystemExit):
        ManagementUtility(["m", "dance", "--version"]).execute()
    assert capsys.readouterr().out == "0.1.0\n"
    ManagementUtility(["m", "--version"]).execute()
    assert capsys.readouterr().out == "0.1.0\n"


def test_suppressed_base_arguments(configured, capsys):
    class Quiet(BaseCommand):
        requires_system_checks = ()
        suppressed_base_arguments = ("--traceback",)

    Quiet().print_help("m", "quiet")
    shown = capsys.readouterr().out
    assert "--traceback" not in shown
    assert "--skip-checks" not in shown
    assert "--verbosity" in shown


def test_settings_and_pythonpath_options(monkeypatch, tmp_path, run):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/odd_settings.py").write_text("SECRET_KEY = 'k' * 40\nODD = 1")
    args = ["--settings=odd_settings", "--pythonpath", str(tmp_path / "lib")]
    result = run("-m", "fastjango.core", "diffsettings", *args)
    assert (result.stderr, "ODD = 1  ###" in result.stdout) == ("", True)


def test_unconfigured_commands_say_so(run, tmp_path):
    result = run("-m", "fastjango.core", "check")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("ImproperlyConfigured: Requested setting")
    assert "Traceback" in run("-m", "fastjango.core", "check", "--traceback").stderr
    (tmp_path / "odd_settings.py").write_text("SECRET_KEY = 'k' * 40\nDEBUG = 'x'")
    result = run("-m", "fastjango.core", "help", "check", "--settings=odd_settings")
    assert result.stderr == (
        "SettingsError: A setting is wrong:\n  - DEBUG = 'x' is a text where bool is expected.\n"
    )


def test_errors_of_commands(configured, capsys):
    class Failing(BaseCommand):
        requires_system_checks = ()

        def handle(self, *args, **options):
            raise CommandError("it broke", returncode=4)

    closed = []
    with base.command_finished.implemented(lambda: closed.append(1)):
        with pytest.raises(SystemExit) as caught:
            Failing().run_from_argv(["m", "failing"])
        assert (caught.value.code, capsys.readouterr().err, closed) == (
            4,
            "CommandError: it broke\n",
            [1],
        )
        with pytest.raises(CommandError):
            Failing().run_from_argv(["m", "failing", "--traceback"])
    assert closed == [1, 1]


def test_checks_run_first(configured, monkeypatch, capsys):
    findings = [checks.Warning("careful", id="a.W1"), checks.Error("wrong", id="a.E1")]
    seen = []

    def run_checks(app_configs, tags, deploy, databases):
        seen.append(tags)
        return findings

    monkeypatch.setattr(checks, "run_checks", run_checks)

    class Checked(BaseCommand):
        requires_system_checks = [checks.Tags.models]

        def handle(self, *args, **options):
            return "done"

    with pytest.raises(SystemExit):
        Checked().run_from_argv(["m", "checked"])
    assert capsys.readouterr().err == (
        "SystemCheckError: System check identified some issues:\n\nERRORS:\n?: (a.E1) wrong\n\n"
        "WARNINGS:\n?: (a.W1) careful\n"
    )
    assert seen == [["models"]]
    Checked().run_from_argv(["m", "checked", "--skip-checks"])
    assert capsys.readouterr().out == "done\n"
    configured(SILENCED_SYSTEM_CHECKS=["a.E1"])
    Checked().run_from_argv(["m", "checked"])
    assert (
        capsys.readouterr().err
        == "System check identified some issues:\n\nWARNINGS:\n?: (a.W1) careful\n"
    )
    assert out(Checked())[0] == "done\n"
    with pytest.raises(TypeError, match="requires_system_checks must be a list or tuple"):
        type("Odd", (BaseCommand,), {"requires_system_checks": "models"})()


def test_all_levels_are_grouped(configured, monkeypatch):
    levels = [5, 10, 20, 25, 30, 40, 50, 60]
    found = [checks.CheckMessage(level, f"m{level}") for level in levels]
    monkeypatch.setattr(checks, "run_checks", lambda *args: found)
    with pytest.raises(SystemCheckError) as caught:
        BaseCommand(no_color=True).check(display_num_errors=True)
    assert str(caught.value) == (
        "SystemCheckError: System check identified some issues:\n"
        "\nCRITICALS:\n?: m50\n?: m60\n\nERRORS:\n?: m40\n\nWARNINGS:\n?: "
        "m30\n\nINFOS:\n?: m20\n?: m25\n"
        "\nDEBUGS:\n?: m10\n?: m5\n\nSystem check identified 8 issues (0 silenced)."
    )


def test_migration_and_transaction_hooks(configured):
    class Sql(BaseCommand):
        requires_system_checks = ()
        requires_migrations_checks = True
        output_transaction = True

        def handle(self, *args, **options):
            return "SELECT 1;"

    asked = []
    with (
        base.check_migrations.implemented(lambda command: asked.append(command)),
        base.wrap_in_transaction.implemented(lambda sql: f"BEGIN;\n{sql}\nCOMMIT;"),
    ):
        assert out(Sql())[0] == "BEGIN;\nSELECT 1;\nCOMMIT;\n"
    assert type(asked[0]) is Sql


def test_colours(configured, monkeypatch):
    with pytest.raises(CommandError, match="can't be used together"):
        BaseCommand(no_color=True, force_color=True)
    with pytest.raises(CommandError, match="--no-color and --force-color options can't be used"):
        call_command(Offered(), no_color=True, force_color=True)
    assert BaseCommand(force_color=True).style.ERROR("x") == "\x1b[31;1mx\x1b[0m"
    assert BaseCommand(no_color=True).style.ERROR("x") == "x"
    command = Offered()
    call_command(command, force_color=True, stdout=io.StringIO())
    assert command.style.SUCCESS("x") != "x"
    call_command(command, no_color=True, stdout=io.StringIO())
    assert command.style.SUCCESS("x") == "x"
    with pytest.raises(AttributeError, match="no colour role 'PINK'"):
        command.style.PINK  # noqa: B018


def test_colour_support(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FASTJANGO_COLORS", "light")
    assert color.supports_color()
    assert color.color_style().HTTP_NOT_FOUND("x") == "\x1b[31mx\x1b[0m"
    monkeypatch.setenv("FASTJANGO_COLORS", "nocolor")
    assert color.color_style().ERROR("x") == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert not color.supports_color()
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delenv("TERM_PROGRAM", raising=False)
    assert not color.supports_color()
    monkeypatch.setenv("WT_SESSION", "1")
    assert color.supports_color()
    wrapper = OutputWrapper(Terminal())
    wrapper.style_func = str.upper
    wrapper.write("a")
    wrapper.write("b", ending="")
    wrapper.write("c\n", lambda text: text)
    wrapper.flush()
    assert wrapper.getvalue() == "A\nBc\n"
    OutputWrapper(object()).flush()


def test_progress(configured):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    command = BaseCommand(stderr=io.StringIO())
    items = [1, 2]
    assert command.progress(items, "Counting") is items
    assert list(BaseCommand(stderr=Terminal()).progress(items, "Counting")) == items


def test_no_translations(configured):
    from fastjango.core.translation import NullTranslation, get_language, install

    class Backend(NullTranslation):
        language = "de"

        def activate(self, language):
            self.language = language

        def get_language(self):
            return self.language

    old = install(Backend())
    try:
        assert no_translations(get_language)() is None
        assert get_language() == "de"
    finally:
        install(old)


def test_click_commands(shop, capsys):
    ManagementUtility(["m", "greet", "Ada", "--times", "2", "--no-color"]).execute()
    assert capsys.readouterr().out == "hello hello Ada\nAda\n"
    assert call_command("greet", "Ada", times=1) == "Ada"
    assert capsys.readouterr().out == "hello Ada\nAda\n"
    call_command("clicked", who="ada", loud=True)
    assert capsys.readouterr().out == "ADA\n"
    with pytest.raises(CommandError, match="Missing option '--who'"):
        call_command("clicked")
    with pytest.raises(TypeError, match=r"Unknown option\(s\) for clicked command: whom"):
        call_command("clicked", whom=1)
    for name, code, message in [
        ("nobody", 1, "CommandError: nobody is here\n"),
        ("abort", 1, "CommandError: Aborted.\n"),
        ("exit", 3, ""),
    ]:
        with pytest.raises(SystemExit) as caught:
            ManagementUtility(["m", "greet", name]).execute()
        assert (caught.value.code, capsys.readouterr().err) == (code, message)
    ManagementUtility(["m", "greet", "--help"]).execute()
    assert "Usage: m greet [OPTIONS] NAME" in capsys.readouterr().out
    assert isinstance(load_command_class("shop", "greet"), ClickCommand)


def test_instances_are_taken_as_they_are(shop, monkeypatch):
    made = Offered()
    monkeypatch.setattr(type(shop.get_app_config("shop")), "commands", lambda self: {"made": made})
    assert load_command_class("shop", "made") is made


def test_a_broken_plugin_does_not_stop_check(shop, monkeypatch):
    shop.failures.append(PluginError("acme", "acme 1", "broke.", "Mend it."))
    monkeypatch.setattr(base, "apps", shop)
    with pytest.raises(
        SystemCheckError, match=r"\(core\.C002\) Plugin 'acme' \(acme 1\) broke\. Mend it\."
    ):
        call_command("check")


def test_parsers_of_subcommands_raise_too():
    parser = CommandParser()
    sub = parser.add_subparsers(parser_class=argparse.ArgumentParser)
    assert type(sub.add_parser("x")) is argparse.ArgumentParser
