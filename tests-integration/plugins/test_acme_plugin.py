"""A stranger's plugin: used when listed, gone when unlisted, refused when broken."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "acme_plugin"
SETTINGS = """
SECRET_KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
DEBUG = True
ALLOWED_HOSTS = ["testserver"]
ROOT_URLCONF = "site_urls"
INSTALLED_APPS = {apps!r}
{more}
"""
URLS = """
from fastjango.http import HttpRequest, HttpResponse, path

def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse("home")

urlpatterns = [path("", home)]
"""
ASK = """
import json
from fastjango.http import get_asgi_application
from starlette.testclient import TestClient
import warnings; warnings.simplefilter("ignore")
from fastjango.core import apps
app = get_asgi_application()
def probe():
    found = {}
    for config in apps.get_app_configs():
        for name, check in config.health_checks().items():
            try:
                check()
                found[name] = "well"
            except RuntimeError as error:
                found[name] = str(error)
    return found
before = probe()
with TestClient(app) as client:
    answer = client.get("/acme/")
    during = probe()
print(json.dumps({
    "status": answer.status_code,
    "header": answer.headers.get("x-acme"),
    "body": answer.json() if answer.status_code == 200 else None,
    "health": [before, during, probe()],
    "apps": [config.name for config in apps.get_app_configs()],
    "globals": [dict(config.template_globals()) for config in apps.get_app_configs()],
}))
"""


def build(source: Path, folder: Path) -> Path:
    """Build a wheel of the plugin in a copy of its folder."""
    copy = folder / "source"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugin as its author would publish it."""
    pytest.importorskip("hatchling")
    return build(SOURCE, tmp_path_factory.mktemp("wheel"))


class Site:
    """A project in a folder, with packages of its own installed beside it."""

    def __init__(self, root: Path) -> None:
        self.root, self.packages = root, root / "packages"
        self.packages.mkdir()
        (root / "site_urls.py").write_text(URLS)
        self.configure(["fastjango.http", "acme"], 'ACME_SLOGAN = "We deliver"')

    def install(self, wheel: Path) -> None:
        """Unpack a wheel, which for pure Python is all that installing means."""
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(self.packages)

    def configure(self, apps: list[str], more: str = "") -> None:
        """Write the settings."""
        (self.root / "site_settings.py").write_text(SETTINGS.format(apps=apps, more=more))

    def edit(self, file: str, change: Callable[[str], str]) -> None:
        """Change a file of the installed plugin."""
        path = self.packages / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(change(path.read_text() if path.exists() else ""))

    def run(self, *args: str) -> tuple[int, str, str]:
        """Run Python in the project; return exit status, output and errors."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("FASTJANGO_")}
        clean["PYTHONPATH"] = os.pathsep.join([str(self.root), str(self.packages)])
        clean["FASTJANGO_SETTINGS_MODULE"] = "site_settings"
        clean["PYTHONDONTWRITEBYTECODE"] = "1"
        done = subprocess.run(
            [sys.executable, *args],
            cwd=self.root,
            env=clean,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def admin(self, *args: str) -> tuple[int, str, str]:
        """Run a management command."""
        return self.run("-m", "fastjango.core", *args)


@pytest.fixture
def site(tmp_path: Path, wheel: Path) -> Iterator[Site]:
    """A project with the plugin installed and listed."""
    made = Site(tmp_path)
    made.install(wheel)
    return made


def test_listed_it_contributes_everything(site: Site) -> None:
    code, shown, errors = site.run("-c", ASK)
    assert (code, errors) == (0, "")
    found = json.loads(shown)
    assert found == {
        "status": 200,
        "header": "1",
        "body": {"slogan": "We deliver", "limit": 10, "alive": True},
        "health": [{"acme": "Acme is asleep."}, {"acme": "well"}, {"acme": "Acme is asleep."}],
        "apps": ["fastjango.http", "acme_plugin"],
        "globals": [{}, {"acme": "Acme"}],
    }


def test_its_commands_and_check(site: Site) -> None:
    assert site.admin("acme_click", "Ada") == (0, "Acme greets Ada\n", "")
    assert site.admin("acme_offered") == (0, "Anvil: We deliver\n", "")
    assert "[acme_plugin]\n    acme_click\n    acme_offered\n" in site.admin("--help")[1]
    site.configure(["fastjango.http", "acme_plugin"], 'ACME_SLOGAN = "x"\nACME_LIMIT = 101')
    code, _, errors = site.admin("check")
    assert code == 0
    assert "?: (acme.W001) ACME_LIMIT is high.\n\tHINT: Set it to 100 or less." in errors
    assert "ACME_LIMIT = 101" in site.admin("diffsettings")[1].splitlines()
    listed = site.admin("plugins")[1].splitlines()[2].split()
    assert listed == ["2", "acme", "selected", "acme-plugin", "1.4.0", "acme_plugin"]


def test_unlisted_it_leaves_no_trace(site: Site) -> None:
    site.configure(["fastjango.http"])
    code, shown, errors = site.run(
        "-c", ASK + "import sys; print(sorted(m for m in sys.modules if 'acme' in m))"
    )
    assert code == 0, errors
    found, modules = shown.splitlines()
    assert modules == "[]"
    assert json.loads(found) == {
        "status": 404,
        "header": None,
        "body": None,
        "health": [{}, {}, {}],
        "apps": ["fastjango.http"],
        "globals": [{}],
    }
    assert site.admin("acme_click", "Ada")[0] == 1
    assert "acme" not in site.admin("--help")[1]
    assert "ACME" not in site.admin("diffsettings", "--all")[1]
    assert site.admin("check") == (0, "System check identified no issues (0 silenced).\n", "")


ORIGIN = "Plugin 'acme' (acme-plugin 1.4.0, entry point 'acme_plugin.apps:AcmeConfig') "
REPAIR = "Repair or update acme-plugin, or remove 'acme' from INSTALLED_APPS."
INFO = "acme_plugin-1.4.0.dist-info"
APPS = "acme_plugin/apps.py"


def missing_module(site: Site) -> str:
    site.edit(APPS, lambda text: "import acme_engine\n" + text)
    return (
        f"PluginError: {ORIGIN}failed to load: no module named 'acme_engine'. Install what "
        "provides 'acme_engine', or remove 'acme' from INSTALLED_APPS."
    )


def wrong_class(site: Site) -> str:
    site.edit(APPS, lambda text: text.replace("(AppConfig):", ":"))
    return (
        f"PluginError: {ORIGIN}failed to load: 'acme_plugin.apps:AcmeConfig' is not an AppConfig "
        f"subclass. {REPAIR}"
    )


def wrong_kernel_range(site: Site) -> str:
    site.edit(APPS, lambda text: text.replace(">=1.0,<2", ">=2.0,<3"))
    return (
        f"PluginError: {ORIGIN}was made for another kernel: it needs the kernel API >=2.0,<3, and "
        f"this is 1.0. {REPAIR}"
    )


def duplicate_name(site: Site) -> str:
    info = "better_acme-0.1.dist-info"
    site.edit(
        f"{info}/METADATA", lambda _: "Metadata-Version: 2.1\nName: better-acme\nVersion: 0.1\n"
    )
    site.edit(
        f"{info}/entry_points.txt", lambda _: "[fastjango.plugins]\nacme = better.apps:Config\n"
    )
    return (
        "PluginError: Plugin 'acme' (better-acme 0.1, entry point 'better.apps:Config') has the "
        "same name as the plugin of acme-plugin 1.4.0, entry point 'acme_plugin.apps:AcmeConfig'. "
        "Uninstall acme-plugin or better-acme."
    )


def duplicate_label(site: Site) -> str:
    site.edit(APPS, lambda text: text.replace('label = "acme"', 'label = "http"'))
    return (
        f"PluginError: {ORIGIN}uses the label of another app. Application labels aren't unique, "
        "duplicates: http, of 'fastjango.http' and 'acme_plugin'. Remove one of the two from "
        "INSTALLED_APPS, or list one by an AppConfig subclass with a label other than 'http'."
    )


def cycle(site: Site) -> str:
    site.edit(APPS, lambda text: text.replace('("fastjango.http",)', '("shop",)'))
    (site.root / "shop").mkdir()
    (site.root / "shop/__init__.py").touch()
    (site.root / "shop/apps.py").write_text(
        "from fastjango.core import AppConfig\n"
        "class ShopConfig(AppConfig):\n    name = 'shop'\n    requires = ('acme',)\n"
    )
    site.configure(["fastjango.http", "acme", "shop"], 'ACME_SLOGAN = "x"')
    return (
        f"PluginError: {ORIGIN}takes part in a cycle of requirements: acme_plugin -> shop -> "
        "acme_plugin. Remove one of these requirements from its AppConfig.requires."
    )


def hook_with_a_wrong_argument(site: Site) -> str:
    site.edit(
        APPS, lambda text: text.replace("self, product: str", "self, product: str, price: int")
    )
    return (
        f"PluginError: {ORIGIN}failed: its ready() failed: HookError: "
        "acme_plugin.apps.AcmeConfig.slogan takes the argument 'price', which hook "
        "'acme_plugin.hooks.collect_slogans' does not give. Its arguments: product, loud. "
        f"{REPAIR}"
    )


def exception_in_ready(site: Site) -> str:
    site.edit(
        APPS, lambda text: text.replace("collect_slogans.register", "collect_slogans.registr")
    )
    return (
        f"PluginError: {ORIGIN}failed: its ready() failed: AttributeError: 'Hook' object has no "
        f"attribute 'registr'. {REPAIR}"
    )


def missing_required_setting(site: Site) -> str:
    site.configure(["fastjango.http", "acme"])
    return (
        "SettingsError: A setting is wrong:\n  - ACME_SLOGAN is not set, and "
        "acme_plugin.conf.AcmeSettings requires it. Set it in the settings module."
    )


def missing_required_app(site: Site) -> str:
    site.configure(["acme"], 'ACME_SLOGAN = "x"')
    return (
        f"PluginError: {ORIGIN}requires 'fastjango.http', which is not in INSTALLED_APPS. Add "
        "'fastjango.http' to INSTALLED_APPS, or remove 'acme' from it."
    )


BREAKS = [
    missing_module,
    wrong_class,
    wrong_kernel_range,
    duplicate_name,
    duplicate_label,
    cycle,
    hook_with_a_wrong_argument,
    exception_in_ready,
    missing_required_setting,
    missing_required_app,
]


@pytest.mark.parametrize("spoil", BREAKS, ids=lambda spoil: spoil.__name__)
def test_broken_it_is_refused(site: Site, spoil: Callable[[Site], str]) -> None:
    message = spoil(site)
    code, shown, errors = site.admin("shell", "-c", "print('booted')")
    assert (code, shown, errors) == (1, "", message + "\n")


@pytest.mark.parametrize("spoil", [missing_module, exception_in_ready, duplicate_name])
def test_check_and_plugins_survive_it(site: Site, spoil: Callable[[Site], str]) -> None:
    message = spoil(site).removeprefix("PluginError: ")
    code, _, errors = site.admin("check")
    assert code == 1
    assert f"(core.C002) {message}" in errors
    code, shown, errors = site.admin("plugins")
    assert (code, errors) == (0, "")
    assert "broken" in next(line for line in shown.splitlines() if " acme " in line)
    assert message in shown
