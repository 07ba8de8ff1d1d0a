"""The scripts and style sheets that widgets and forms need."""
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
# What stands in a `Media` class may be of any type.

from __future__ import annotations

import itertools
import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from fastjango.values.html import format_html, html_safe
from fastjango.values.safestring import SafeString, mark_safe

from ._attributes import flatatt

__all__ = [
    "MEDIA_TYPES",
    "Media",
    "MediaAsset",
    "MediaDefiningClass",
    "MediaOrderConflictWarning",
    "Script",
    "Stylesheet",
    "media_property",
]

MEDIA_TYPES = ("css", "js")
_ABSOLUTE = ("http://", "https://", "/")


class MediaOrderConflictWarning(RuntimeWarning):
    """Two lists of files ask for opposite orders."""


def _absolute(path: str) -> str:
    if path.startswith(_ABSOLUTE):
        return path
    from fastjango.templates.static import static  # forms without media need no templates

    return static(path)


@html_safe
class MediaAsset:
    """One file that a page loads, with the attributes of its element.

    Args:
        path: The URL; a relative one is put below `STATIC_URL`.
        attributes: HTML attributes; `True` gives the bare name.
    """

    element_template = "{path}"

    def __init__(self, path: str, **attributes: Any) -> None:
        self._path = path
        self.attributes = attributes

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return self._path == other
        return (
            isinstance(other, MediaAsset)
            and self.__class__ is other.__class__
            and self._path == other._path
            and self.attributes == other.attributes
        )

    def __hash__(self) -> int:
        # A bare asset hashes as its path does, because it also equals the path.
        if self.attributes:
            return hash(self._path) ^ hash(frozenset(self.attributes.items()))
        return hash(self._path)

    def __str__(self) -> str:
        return self.render()

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}({self._path!r})"

    def render(self, *, attrs: Mapping[str, Any] | None = None) -> SafeString:
        """Return the element.

        Args:
            attrs: Further attributes, such as the `nonce` of a content security policy.

        Raises:
            ValueError: An attribute is given here and by the asset.
        """
        given = dict(attrs or {})
        if conflicts := given.keys() & self.attributes.keys():
            raise ValueError(
                f"{self.__class__.__qualname__} has conflicting attributes: "
                f"{', '.join(sorted(conflicts))}"
            )
        shown = flatatt({**given, **self.attributes})
        return format_html(self.element_template, path=self.path, attributes=shown)

    @property
    def path(self) -> str:
        """The absolute URL."""
        return _absolute(self._path)


class Script(MediaAsset):
    """A script.

    Args:
        src: The URL; a relative one is put below `STATIC_URL`.
        attributes: HTML attributes.
    """

    element_template = '<script src="{path}"{attributes}></script>'

    def __init__(self, src: str, **attributes: Any) -> None:
        super().__init__(src, **attributes)


class Stylesheet(MediaAsset):
    """A style sheet.

    Args:
        href: The URL; a relative one is put below `STATIC_URL`.
        attributes: HTML attributes.
    """

    element_template = '<link href="{path}"{attributes}>'

    def __init__(self, href: str, **attributes: Any) -> None:
        super().__init__(path=href, rel="stylesheet", **attributes)


@html_safe
class Media:
    """The files that a page needs, merged from several sources.

    Args:
        media: An object with `css` and `js`, such as a widget's inner class `Media`.
        css: Paths or assets by medium, such as `{"all": ["style.css"]}`.
        js: Paths or assets.
    """

    def __init__(
        self,
        media: Any = None,
        css: Mapping[str, Iterable[Any]] | None = None,
        js: Iterable[Any] | None = None,
    ) -> None:
        if media is not None:
            css, js = getattr(media, "css", {}), getattr(media, "js", [])
        self._css_lists = [self._normalize_css(css or {})]
        self._js_lists = [self._normalize_js(js or [])]

    @staticmethod
    def _normalize_js(js: Iterable[Any]) -> list[Any]:
        return [path if hasattr(path, "__html__") else Script(path) for path in js]

    @staticmethod
    def _normalize_css(css: Mapping[str, Iterable[Any]]) -> dict[str, list[Any]]:
        return {
            medium: [
                path if hasattr(path, "__html__") else Stylesheet(path, media=medium)
                for path in paths
            ]
            for medium, paths in css.items()
        }

    def __repr__(self) -> str:
        return f"Media(css={self._css!r}, js={self._js!r})"

    def __str__(self) -> str:
        return self.render()

    @property
    def _css(self) -> dict[str, list[Any]]:
        by_medium: defaultdict[str, list[list[Any]]] = defaultdict(list)
        for css_list in self._css_lists:
            for medium, paths in css_list.items():
                by_medium[medium].append(paths)
        return {medium: self.merge(*lists) for medium, lists in by_medium.items()}

    @property
    def _js(self) -> list[Any]:
        return self.merge(*self._js_lists)

    def render(self, *, attrs: Mapping[str, Any] | None = None) -> SafeString:
        """Return the elements of all files, one a line, style sheets first.

        Args:
            attrs: Attributes that every element gets.
        """
        elements = itertools.chain.from_iterable(
            getattr(self, f"render_{name}")(attrs=attrs) for name in MEDIA_TYPES
        )
        markup: SafeString = mark_safe("\n".join(elements))
        return markup

    def render_js(self, *, attrs: Mapping[str, Any] | None = None) -> list[str]:
        """Return the elements of the scripts."""
        return [self._element(asset, attrs) for asset in self._js]

    def render_css(self, *, attrs: Mapping[str, Any] | None = None) -> Iterable[str]:
        """Return the elements of the style sheets, ordered by medium."""
        css = self._css
        return (self._element(asset, attrs) for medium in sorted(css) for asset in css[medium])

    @staticmethod
    def _element(asset: Any, attrs: Mapping[str, Any] | None) -> str:
        if isinstance(asset, MediaAsset):
            return asset.render(attrs=attrs)
        element: str = asset.__html__()
        return element

    def absolute_path(self, path: str) -> str:
        """Return the URL of a path: as it is when absolute, else below `STATIC_URL`."""
        return _absolute(path)

    def __getitem__(self, name: str) -> Media:
        """Return the files of one type alone, `"css"` or `"js"`.

        Raises:
            KeyError: The type is another one.
        """
        if name == "css":
            return Media(css=self._css)
        if name == "js":
            return Media(js=self._js)
        raise KeyError(f'Unknown media type "{name}"')

    @staticmethod
    def merge(*lists: list[Any] | None) -> list[Any]:
        """Merge lists of files so that the order within each is kept.

        Warns with `MediaOrderConflictWarning` when two lists contradict each other; the order is
        then that of first mention.
        """
        sorter: TopologicalSorter[Any] = TopologicalSorter()
        given = [files for files in lists if files]
        for files in given:
            sorter.add(files[0])
            for before, item in itertools.pairwise(files):
                if before != item:
                    sorter.add(item, before)
        try:
            return list(sorter.static_order())
        except CycleError:
            shown = ", ".join(repr(files) for files in lists)
            warnings.warn(
                f"Detected duplicate Media files in an opposite order: {shown}",
                MediaOrderConflictWarning,
                stacklevel=2,
            )
            return list(dict.fromkeys(itertools.chain.from_iterable(given)))

    def __add__(self, other: object) -> Media:
        if not isinstance(other, Media):
            return NotImplemented
        combined = Media()
        combined._css_lists = self._css_lists + [
            item for item in other._css_lists if item and item not in self._css_lists
        ]
        combined._js_lists = self._js_lists + [
            item for item in other._js_lists if item and item not in self._js_lists
        ]
        return combined


def media_property(cls: type) -> property:
    """Return the `media` property of a class: its inner class `Media` added to its bases'."""

    owner: Any = cls

    def media(self: Any) -> Media:
        try:
            base: Media = super(owner, self).media
        except AttributeError:
            base = Media()
        definition = getattr(cls, "Media", None)
        if not definition:
            return base
        extend = getattr(definition, "extend", True)
        if not extend:
            return Media(definition)
        if extend is not True:
            chosen = Media()
            for medium in extend:
                chosen += base[medium]
            base = chosen
        return base + Media(definition)

    return property(media)


class MediaDefiningClass(type):
    """The metaclass of classes that may declare files in an inner class `Media`."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], attrs: dict[str, Any], **kwargs: Any
    ) -> Any:
        new_class: Any = super().__new__(mcs, name, bases, attrs, **kwargs)
        if "media" not in attrs:
            new_class.media = media_property(new_class)
        return new_class
