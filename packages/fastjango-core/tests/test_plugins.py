"""Discovery and selection of plugins, with distributions made up for each test."""

import importlib
import sys
from types import SimpleNamespace

import pytest
from fastjango.core import Hook, Registry, plugins
from fastjango.core.exceptions import ImproperlyConfigured, PluginError
from fastjango.core.plugins import Plugin, by_name, discover, kernel_problem

CONFIG = (
    "from fastjango.core import AppConfig\nclass C(AppConfig):\n    name = '{name}'\n    {body}\n"
)


@pytest.fixture
def install(package, monkeypatch):
    """Install a plugin: `install("acme", body="label = 'x'")`; each has a distribution."""

    def add(name, body="pass", value=None, distribution=None, files=None):
        distribution = distribution or f"{name}-dist"
        info = f"{distribution.replace('-', '_')}-1.2.dist-info"
        root = package(
            {
                f"{name}_pkg/__init__.py": "",
                f"{name}_pkg/apps.py": CONFIG.format(name=f"{name}_pkg", body=body),
                f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n",
                f"{info}/entry_points.txt": (
                    f"[other]\nx = y:Z\n[{plugins.GROUP}]\n"
                    f"{name} = {value or f'{name}_pkg.apps:C'}\n"
                ),
                **(files or {}),
            }
        )
        importlib.invalidate_caches()
        found = [p for p in discover() if p.name == name]
        monkeypatch.chdir(root)
        return found[0]

    return add


def refused(*entries):
    with pytest.raises(PluginError) as caught:
        Registry(entries)
    return str(caught.value)


def test_discovery_imports_nothing(install):
    plugin = install("acme", files={"acme_pkg/apps.py": "raise SystemExit"})
    assert plugin == Plugin("acme", "acme_pkg.apps:C", "acme-dist", "1.2")
    assert (plugin.app, plugin.origin) == (
        "acme_pkg",
        "acme-dist 1.2, entry point 'acme_pkg.apps:C'",
    )
    assert "acme_pkg" not in sys.modules
    names = [p.name for p in discover()]
    assert names == sorted(names)


def test_the_first_copy_of_a_distribution_counts():
    def distribution(about, entries):
        texts = {**about, "entry_points.txt": entries}
        return SimpleNamespace(read_text=texts.get)

    entries = f"[{plugins.GROUP}]\n# a comment = 1\n\nx = a:B [extra]\n\n[other]\ny = c:D\n"
    found = discover(
        [
            SimpleNamespace(read_text=lambda _: None),
            distribution({"METADATA": "Name: d\nVersion: 1\n\nName: e"}, entries),
            distribution({"PKG-INFO": "Name: d\nVersion: 2\n"}, entries),
            distribution({}, f"[{plugins.GROUP}]\nz=f:G"),
        ]
    )
    assert found == [Plugin("x", "a:B", "d", "1"), Plugin("z", "f:G", "unknown", "unknown")]


@pytest.mark.parametrize("entry", ["acme", "acme_pkg", "acme_pkg.apps.C"])
def test_three_ways_to_select(install, entry):
    plugin = install("acme")
    registry = Registry([entry])
    assert registry.get_app_config("acme_pkg").plugin == plugin._replace(listed=entry)


@pytest.mark.parametrize("entry", ["acme", "acme_pkg", "acme_pkg.apps.C"])
def test_a_remedy_names_the_entry_that_is_there(install, entry):
    install("acme", files={"acme_pkg/models.py": "1/0"})
    assert refused(entry).endswith(f"or remove {entry!r} from INSTALLED_APPS.")
    install("acme", body="requires = ['base']")
    sys.modules.pop("acme_pkg.apps", None)
    assert refused(entry).endswith(f"or remove {entry!r} from it.")


def test_two_with_one_name(install):
    install("acme")
    install("acme", distribution="evil", files={})
    message = refused("acme")
    assert message == (
        "Plugin 'acme' (evil 1.2, entry point 'acme_pkg.apps:C') has the same name as the plugin "
        "of acme-dist 1.2, entry point 'acme_pkg.apps:C'. Uninstall acme-dist or evil."
    )
    tolerant = Registry(None, tolerant=True)
    tolerant.populate(["acme_pkg"])
    assert [str(error) for error in tolerant.failures] == [message]


@pytest.mark.parametrize(
    ("value", "files", "message"),
    [
        (
            "acme_pkg.gone:C",
            {},
            "failed to load: no module named 'acme_pkg.gone'. Reinstall acme-dist, or "
            "remove 'acme' "
            "from INSTALLED_APPS.",
        ),
        (
            None,
            {"acme_pkg/apps.py": "import markdawn"},
            "failed to load: no module named 'markdawn'. Install what provides 'markdawn', "
            "or remove "
            "'acme' from INSTALLED_APPS.",
        ),
        (
            "acme_pkg.apps:Missing",
            {},
            'failed to load: ImportError: Module "acme_pkg.apps" does not define a "Missing" '
            "attribute/class. Repair or update acme-dist, or remove 'acme' from INSTALLED_APPS.",
        ),
        (
            "acme_pkg.apps:AppConfig.__name__",
            {},
            "failed to load: no module named 'acme_pkg.apps.AppConfig'; ",
        ),
        (
            None,
            {"acme_pkg/apps.py": "class C: pass"},
            "failed to load: 'acme_pkg.apps:C' is not an AppConfig subclass. Repair or update "
            "acme-dist, or remove 'acme' from INSTALLED_APPS.",
        ),
        (
            None,
            {"acme_pkg/apps.py": CONFIG.format(name="nowhere", body="pass")},
            "failed to load: ImproperlyConfigured: Cannot import 'nowhere'. Check that "
            "'acme_pkg.apps.C.name' is correct. Repair or update acme-dist, or remove 'acme' from "
            "INSTALLED_APPS.",
        ),
        (
            None,
            {"acme_pkg/models.py": "1/0"},
            "failed: its models cannot be imported: ZeroDivisionError: division by zero. Repair or "
            "update acme-dist, or remove 'acme' from INSTALLED_APPS.",
        ),
    ],
)
def test_broken_plugins(install, value, files, message):
    install("acme", value=value, files=files)
    shown = refused("acme")
    assert shown.startswith(
        f"Plugin 'acme' (acme-dist 1.2, entry point {value or 'acme_pkg.apps:C'!r}) "
    )
    if not message.endswith("; "):
        assert shown.partition(") ")[2] == message


def test_kernel_ranges(install):
    assert [kernel_problem(r) for r in ("", ">=1.0,<2", ">= 1 , <=1.0", "==1.0", ">0.9")] == [
        ""
    ] * 5
    assert kernel_problem("<1") == "it needs the kernel API <1, and this is 1.0"
    assert kernel_problem("~=1") == "its range '~=1' cannot be read; write it as '>=1.0,<2'"
    install("acme", body="kernel = '>=2.0'")
    assert refused("acme") == (
        "Plugin 'acme' (acme-dist 1.2, entry point 'acme_pkg.apps:C') was made for another kernel: "
        "it needs the kernel API >=2.0, and this is 1.0. Repair or update acme-dist, or remove "
        "'acme' from INSTALLED_APPS."
    )


def test_duplicate_label(install, package):
    install("acme", body="label = 'shelf'")
    package({"shelf/__init__.py": ""})
    expected = (
        "Plugin 'acme' (acme-dist 1.2, entry point 'acme_pkg.apps:C') uses the label of another "
        "app. Application labels aren't unique, duplicates: shelf, of {} and {}. Remove one of the "
        "two from INSTALLED_APPS, or list one by an AppConfig subclass with a label other "
        "than 'shelf'."
    )
    assert refused("shelf", "acme") == expected.format("'shelf'", "'acme_pkg'")
    assert refused("acme", "shelf") == expected.format("'acme_pkg'", "'shelf'")


def test_requirements(install):
    install("acme", body="requires = ['base']")
    install("base", body="requires = ('fastjango.signals',)")
    order = Registry(["acme", "base_pkg", "signals"])
    assert list(order.app_configs) == ["signals", "base_pkg", "acme_pkg"]
    assert refused("acme", "signals").endswith(
        "requires 'base', which is not in INSTALLED_APPS. Add 'base_pkg' to INSTALLED_APPS, or "
        "remove 'acme' from it."
    )
    install("base", body="requires = ['acme_pkg']")
    for name in ("base_pkg.apps", "base_pkg"):
        sys.modules.pop(name, None)
    assert "takes part in a cycle of requirements: acme_pkg -> base_pkg -> acme_pkg." in refused(
        "acme", "base"
    )


def test_a_hook_with_a_wrong_argument(install, monkeypatch):
    hook = Hook(lambda request: None)
    hook.name = "shop.collect_urls"
    monkeypatch.setattr("builtins.HOOK", hook, raising=False)
    install(
        "acme", body="def ready(self): HOOK.register(self.answer)\n    def answer(self, user): pass"
    )
    assert refused("acme").partition(") ")[2] == (
        "failed: its ready() failed: HookError: acme_pkg.apps.C.answer takes the argument 'user', "
        "which hook 'shop.collect_urls' does not give. Its arguments: request. Repair or update "
        "acme-dist, or remove 'acme' from INSTALLED_APPS."
    )


def test_ready_raises(install):
    install("acme", body="def ready(self): raise ValueError('no licence.')")
    with pytest.raises(PluginError) as caught:
        Registry(["acme"])
    assert "its ready() failed: ValueError: no licence. Repair" in str(caught.value)
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_tolerant_boot_goes_on(install, package):
    install("acme", body="def ready(self): raise ValueError('x')")
    package({"shelf/__init__.py": ""})
    registry = Registry(["acme", "shelf"], tolerant=True)
    assert list(registry.app_configs) == ["shelf"]
    assert [error.plugin for error in registry.failures] == ["acme"]


def test_a_name_that_is_also_a_module(install, package):
    install("acme", value="acme_pkg.apps:C")
    package({"acme/__init__.py": ""})
    with pytest.raises(
        ImproperlyConfigured, match=r"Write 'acme_pkg' for the plugin or 'acme.apps.…'"
    ):
        Registry(["acme"])
    assert list(Registry(["acme_pkg"]).app_configs) == ["acme_pkg"]


def test_unlisted_plugins_are_not_imported(install):
    install("acme", files={"acme_pkg/apps.py": "raise SystemExit"})
    assert list(Registry(["fastjango.signals"]).app_configs) == ["signals"]


def test_by_name():
    one, two = Plugin("a", "x:Y", "d", "1"), Plugin("b", "x:Y", "d", "1")
    assert by_name([one, two]) == {"a": one, "b": two}
