"""Discovery: the installed plugins, read from metadata without importing any."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from .config import KERNEL_API, AppConfig
from .exceptions import ImproperlyConfigured, PluginError
from .imports import import_string

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__all__ = [
    "GROUP", "Plugin", "by_name", "describe", "discover", "kernel_problem", "order", "refusal",
    "select",
]  # fmt: skip

GROUP = "fastjango.plugins"


class Plugin(NamedTuple):
    """An entry point of the group `fastjango.plugins`.

    Attributes:
        name: The plugin's name.
        value: Path of its `AppConfig` class, `package.apps:Class`.
        distribution: Name of the distribution that installed it.
        version: That distribution's version.
        listed: How `INSTALLED_APPS` names it, where it does.
    """

    name: str
    value: str
    distribution: str
    version: str
    listed: str = ""

    @property
    def app(self) -> str:
        """Dotted path of the app's package, as far as the entry point tells."""
        return self.value.partition(":")[0].removesuffix(".apps")

    @property
    def origin(self) -> str:
        """Where the plugin comes from, for messages."""
        return f"{self.distribution} {self.version}, entry point {self.value!r}"

    def error(self, reason: str, remedy: str = "") -> PluginError:
        """Make the error that refuses this plugin."""
        repair = f"Repair or update {self.distribution}, or remove"
        remedy = remedy or f"{repair} {(self.listed or self.name)!r} from INSTALLED_APPS."
        return PluginError(self.name, self.origin, reason, remedy)

    @property
    def config_class(self) -> type[AppConfig]:
        """The plugin's class, imported on first use.

        Raises:
            PluginError: It cannot be imported, is no `AppConfig`, or is for another kernel.
        """
        try:
            found: Any = import_string(self.value.replace(":", "."))
        except ModuleNotFoundError as error:
            repair = f"Install what provides {error.name!r}"
            if f"{error.name}.".startswith(self.app.partition(".")[0] + "."):
                repair = f"Reinstall {self.distribution}"
            raise self.error(
                f"failed to load: no module named {error.name!r}.",
                f"{repair}, or remove {(self.listed or self.name)!r} from INSTALLED_APPS.",
            ) from error
        except Exception as error:
            raise self.error(f"failed to load: {describe(error)}.") from error
        if not (isinstance(found, type) and issubclass(found, AppConfig)):
            raise self.error(f"failed to load: {self.value!r} is not an AppConfig subclass.")
        if problem := kernel_problem(found.kernel):
            raise self.error(f"was made for another kernel: {problem}.")
        return found


def describe(error: BaseException) -> str:
    """Return an error's class and text in one line, without the final stop."""
    return f"{type(error).__name__}: {error}".removesuffix(".").removesuffix(": ")


def kernel_problem(range_: str) -> str:
    """Return why this kernel's API is outside a range such as `">=1.0,<2"`, else nothing."""
    operators = {">=": "__ge__", "<=": "__le__", "<": "__lt__", ">": "__gt__", "==": "__eq__"}
    for part in filter(None, (part.strip() for part in range_.split(","))):
        match = re.fullmatch(r"(>=|<=|<|>|==)\s*(\d+)(?:\.(\d+))?", part)
        if match is None:
            return f"its range {range_!r} cannot be read; write it as '>=1.0,<2'"
        wanted = (int(match[2]), int(match[3] or 0))
        if not getattr(KERNEL_API, operators[match[1]])(wanted):
            return f"it needs the kernel API {range_}, and this is {KERNEL_API[0]}.{KERNEL_API[1]}"
    return ""


def discover(distributions: Iterable[Distribution] | None = None) -> list[Plugin]:
    """Find the installed plugins in name order, importing none of them.

    Args:
        distributions: Where to look; everything on `sys.path` by default.

    Returns:
        All entry points, also several of one name; `by_name` refuses these.
    """
    if distributions is None:
        from importlib import metadata

        distributions = metadata.distributions()
    found: dict[tuple[str, str], Plugin] = {}
    for distribution in distributions:
        _, group, text = (distribution.read_text("entry_points.txt") or "").partition(f"[{GROUP}]")
        if not group:
            continue
        # The email parser behind `distribution.metadata` costs ten times what all of this does.
        about = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
        name, version = (
            match[1] if (match := re.search(rf"^{field}: *(\S+)", about, re.M)) else "unknown"
            for field in ("Name", "Version")
        )
        for line in text.partition("\n[")[0].splitlines():
            key, equals, value = (part.strip() for part in line.partition("="))
            if equals and not key.startswith("#"):
                # The first copy of a distribution on sys.path counts.
                plugin = Plugin(key, value.partition("[")[0].strip(), name, version)
                found.setdefault((key, name), plugin)
    return [found[key] for key in sorted(found)]


def by_name(plugins: Iterable[Plugin]) -> dict[str, Plugin]:
    """Index plugins by name.

    Raises:
        PluginError: Two distributions claim one name.
    """
    named: dict[str, Plugin] = {}
    for plugin in plugins:
        if (other := named.setdefault(plugin.name, plugin)) is not plugin:
            raise plugin.error(
                f"has the same name as the plugin of {other.origin}.",
                f"Uninstall {other.distribution} or {plugin.distribution}.",
            )
    return named


def select(entry: str, plugins: dict[str, Plugin]) -> AppConfig:
    """Make the app config for one entry of `INSTALLED_APPS`.

    Args:
        entry: Name of a plugin, or dotted path of a package or of an `AppConfig` class.
    """
    plugin = plugins.get(entry) or next(
        (p for p in plugins.values() if entry in (p.app, p.value.replace(":", "."))), None
    )
    if plugin is None:
        try:
            return AppConfig.create(entry)
        except ModuleNotFoundError as error:
            from .exceptions import did_you_mean

            near = did_you_mean(entry, [*plugins, *(p.app for p in plugins.values())])
            error.add_note(f"INSTALLED_APPS names {entry!r}.{near}")
            raise
    plugin = plugin._replace(listed=entry)
    if plugin.app != entry and plugin.name == entry and _is_module(entry):
        raise ImproperlyConfigured(
            f"{entry!r} in INSTALLED_APPS is the plugin of {plugin.origin} and also a module of "
            f"its own. Write {plugin.app!r} for the plugin or '{entry}.apps.…' for the module."
        )
    try:
        config = plugin.config_class.build(plugin.value)
    except PluginError:
        raise
    except Exception as error:
        raise plugin.error(f"failed to load: {describe(error)}.") from error
    config.plugin = plugin
    return config


def _is_module(name: str) -> bool:
    return name not in sys.stdlib_module_names and find_spec(name) is not None


def order(configs: Iterable[AppConfig]) -> list[AppConfig]:
    """Put every app after those it requires, and keep the given order otherwise.

    Raises:
        PluginError: A required app is not selected, or requirements form a cycle.
    """
    configs = list(configs)
    known = {name: c for c in configs for name in (c.name, c.label)}
    known |= {c.plugin.name: c for c in configs if c.plugin}
    done: list[AppConfig] = []

    def visit(config: AppConfig, path: tuple[AppConfig, ...]) -> None:
        if config in path:
            names = [c.name for c in (*path[path.index(config) :], config)]
            raise refusal(
                config,
                f"takes part in a cycle of requirements: {' -> '.join(names)}.",
                "Remove one of these requirements from its AppConfig.requires.",
            )
        for name in () if config in done else config.requires:
            if name not in known:
                installed = next((p for p in discover() if name in (p.name, p.app)), None)
                app = installed.app if installed else name
                first = "Add" if installed else f"Install what provides {app!r} and add"
                listed = config.plugin.listed if config.plugin else config.name
                raise refusal(
                    config,
                    f"requires {name!r}, which is not in INSTALLED_APPS.",
                    f"{first} {app!r} to INSTALLED_APPS, or remove {listed!r} from it.",
                )
            visit(known[name], (*path, config))
        if config not in done:
            done.append(config)

    for config in configs:
        visit(config, ())
    return done


def refusal(config: AppConfig, reason: str, remedy: str = "") -> PluginError:
    """Make the error that refuses a selected app, found by entry point or by path."""
    if config.plugin is not None:
        return config.plugin.error(reason, remedy)
    path = f"{type(config).__module__}.{type(config).__qualname__}"
    remedy = remedy or f"Repair {config.name!r} or remove it from INSTALLED_APPS."
    return PluginError(config.label, f"app class {path}", reason, remedy)
