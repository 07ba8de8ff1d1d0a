"""What the comparison with Django does not reach in text, HTML, JSON and formats."""

import contextlib
import datetime
import decimal
import encodings
import gzip
import io
import json
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import SuspiciousFileOperation, SuspiciousOperation
from fastjango.core.functional import Promise, lazystr
from fastjango.core.translation import gettext_lazy
from fastjango.values import formats, html, lorem_ipsum, text
from fastjango.values.encoding import (
    DjangoUnicodeDecodeError,
    force_str,
    get_system_encoding,
    has_surrogates,
    is_protected_type,
    known_charset,
    smart_bytes,
    smart_str,
    without_surrogates,
)
from fastjango.values.http import (
    parse_header_parameters,
    split_directive_names,
    split_header_value,
    urlencode,
)
from fastjango.values.json import DjangoJSONEncoder, normalize_json
from fastjango.values.paths import safe_join, safe_makedirs, symlinks_supported, to_path
from fastjango.values.safestring import SafeData, SafeString, mark_safe
from fastjango.values.timesince import timesince
from fastjango.values.xmlutils import SimplerXMLGenerator, UnserializableContentError


class TestSafeText:
    def test_adding(self) -> None:
        safe = mark_safe("a")
        assert isinstance(safe + mark_safe("b"), SafeString)
        assert type(safe + "b") is str
        with pytest.raises(TypeError):
            safe + 1
        assert str(safe) is safe
        assert safe.__html__() is safe

    def test_marking(self) -> None:
        @mark_safe
        def build() -> str:
            return "<b>"

        assert isinstance(build(), SafeData)
        assert isinstance(mark_safe(5), SafeString)
        assert isinstance(mark_safe(lazystr("x")), Promise)

    def test_markupsafe_understands_it(self) -> None:
        markupsafe = pytest.importorskip("markupsafe")
        assert markupsafe.escape(mark_safe("<b>")) == "<b>"
        assert html.conditional_escape(markupsafe.Markup("<b>")) == "<b>"


class TestHtml:
    def test_building(self) -> None:
        assert html.format_html("{} {x}", "<", x=mark_safe("<b>")) == "&lt; <b>"
        with pytest.raises(TypeError, match=r"args or kwargs must be provided\."):
            html.format_html("<b>")
        joined = html.format_html_join(", ", "{}={}", [("a", "<"), ("b", 2)])
        assert joined == "a=&lt;, b=2"
        assert html.format_html_join("<", "{x}", [{"x": 1}, {"x": 2}]) == "1&lt;2"
        assert html.conditional_escape(lazystr("<")) == "&lt;"

    def test_html_safe(self) -> None:
        @html.html_safe
        class Tag:
            def __str__(self) -> str:
                return "<b>"

        shown: Any = Tag()
        assert shown.__html__() == "<b>"
        assert isinstance(str(shown), SafeString)
        with pytest.raises(ValueError, match=r"because it defines __html__\(\)\."):
            html.html_safe(Tag)
        with pytest.raises(ValueError, match=r"because it doesn't define __str__\(\)\."):
            html.html_safe(type("Bare", (), {}))

    @pytest.mark.parametrize(
        "markup",
        [
            "<a " * 60 + "x" * 1100,
            "<!--" * 60 + "x>",
            "<x" * 2000 + ">" + "<x" * 2000,
            "<!--x>" * 60,
        ],
    )
    def test_markup_made_to_cost_time_is_refused(self, markup: str) -> None:
        with pytest.raises(SuspiciousOperation):
            html.strip_tags(markup)

    def test_deep_nesting_is_refused(self) -> None:
        nested = "<" * 51 + "a>" * 51
        with pytest.raises(SuspiciousOperation, match="nested too deeply"):
            html.strip_tags(nested)

    def test_urlize(self) -> None:
        with override_settings(URLIZE_ASSUME_HTTPS=True):
            assert html.urlize("a.org") == '<a href="https://a.org">a.org</a>'
        with override_settings(URLIZE_ASSUME_HTTPS=False):
            assert html.urlize("a.org") == '<a href="http://a.org">a.org</a>'
        assert html.urlize("(me@example.com).", nofollow=True) == (
            '(<a href="mailto:me@example.com">me@example.com</a>).'
        )
        assert html.urlize(mark_safe("<b> a.b"), autoescape=True) == "<b> a.b"
        assert html.urlize("x:y &", autoescape=True) == "x:y &amp;"
        assert html.urlize("a" * 3000 + ".com") == "a" * 3000 + ".com"
        assert "…" in html.urlize("http://example.com/long/path", trim_url_limit=10)
        assert html.urlize("http://e.com", trim_url_limit=0).endswith(">…</a>")

    @pytest.mark.parametrize(
        "text",
        [
            ").).).)." * 4000,
            "&;" * 8000,
            "(" * 20000 + "a.b" + ")" * 20000,
            "a.;" * 8000 + "&",
            "&amp;;" * 6000,
            "[" * 9000 + "]" * 9000 + ".",
        ],
    )
    def test_urlize_takes_linear_time(self, text: str) -> None:
        started = time.perf_counter()
        html.urlize(text)
        assert time.perf_counter() - started < 5


class TestText:
    def test_trim_value(self) -> None:
        assert text.trim_value("abc", 2) == ("ab", "… <trimmed 1 chars out of 3>")
        assert text.trim_value("abc") == ("abc", "")
        assert text.trim_value([1], 0) == ([1], "")

    def test_compression(self) -> None:
        data = b"content" * 100
        assert gzip.decompress(text.compress_string(data)) == data
        padded = text.compress_string(data, max_random_bytes=100)
        assert gzip.decompress(padded) == data
        streamed = b"".join(text.compress_sequence([data, data], max_random_bytes=10))
        assert gzip.decompress(streamed) == data * 2

    async def test_async_compression(self) -> None:
        async def stream() -> Any:
            yield b"one"
            yield b"two"

        parts = [part async for part in text.acompress_sequence(stream())]
        assert gzip.decompress(b"".join(parts)) == b"onetwo"

    def test_lazy_text_stays_lazy(self) -> None:
        assert isinstance(text.capfirst(gettext_lazy("word")), Promise)
        assert str(text.format_lazy("{} {x}", lazystr("a"), x="b")) == "a b"
        assert text.capfirst("") == ""
        assert text.capfirst(5) == "5"
        assert text.add_truncation_text("cut...", "...") == "cut..."

    def test_suspicious_names(self) -> None:
        with pytest.raises(SuspiciousFileOperation, match=r"Could not derive file name from '\?'"):
            text.get_valid_filename("?")

    def test_lorem(self) -> None:
        assert lorem_ipsum.words(3) == "lorem ipsum dolor"
        assert len(lorem_ipsum.words(500).split()) == 500
        assert len(lorem_ipsum.words(5, common=False).split()) == 5
        first, second = lorem_ipsum.paragraphs(2)
        assert first == lorem_ipsum.COMMON_P
        assert second[0].isupper()
        assert lorem_ipsum.paragraphs(1, common=False)[0] != lorem_ipsum.COMMON_P


class TestEncoding:
    def test_lazy(self) -> None:
        lazy = gettext_lazy("x")
        assert smart_str(lazy) is lazy
        assert smart_str(1) == "1"
        assert smart_bytes(lazy) is lazy
        assert force_str(lazy) == "x"

    def test_errors_show_the_value(self) -> None:
        with pytest.raises(DjangoUnicodeDecodeError, match=r"You passed in b'\\xff'"):
            force_str(b"\xff")
        assert is_protected_type(decimal.Decimal(1))
        assert not is_protected_type("x")

    def test_system_encoding(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("locale.getlocale", lambda: ("x", "no-such-encoding"))
        assert get_system_encoding() == "ascii"
        monkeypatch.setattr("locale.getlocale", lambda: (None, None))
        assert get_system_encoding() == "ascii"


class TestHttp:
    def test_headers(self) -> None:
        assert list(split_header_value("a, ,b ")) == ["a", "b"]
        names = list(split_directive_names('No-Store, max-age=10, private="x"'))
        assert names == ["no-store", "max-age", "private"]
        with pytest.raises(ValueError, match="value too long"):
            parse_header_parameters("x" * 10_001)
        assert parse_header_parameters("x" * 10_001, max_length=None)[0] == "x" * 10_001
        with pytest.raises(ValueError, match="Invalid encoding 'nope' for RFC 2231 param"):
            parse_header_parameters("a; b*=nope''x")

    def test_names_of_charsets_that_clients_choose_are_not_remembered(self) -> None:
        taken = ["utf-8", "UTF-8", "latin-1", "ISO-8859-15", "koi8-r", "Windows-1252", "cp866"]
        assert [known_charset(name) for name in taken] == taken
        assert known_charset("utf- -8") == "utf_8"
        for name in ("", "martian", "aliases", "mbcs", "\0"):
            assert known_charset(name) is None
        parse_header_parameters("a/b; x*=utf-8''y")
        remembered: dict[str, Any] = encodings._cache  # type: ignore[attr-defined]
        before = set(remembered)
        for number in range(20):
            for name in (f"unknown{number}", f"utf{'-' * number} 8"):
                known_charset(name)
                with contextlib.suppress(ValueError):
                    parse_header_parameters(f"a/b; x*={name}''y")
        assert set(remembered) == before

    def test_urlencode(self) -> None:
        assert urlencode({"a": iter([1, b"x"]), "b": 5, "c": "t"}, doseq=True) == "a=1&a=x&b=5&c=t"
        with pytest.raises(TypeError, match="Cannot encode None for key 'a' in a query string"):
            urlencode({"a": [None]}, doseq=True)


class TestJson:
    def test_encoder(self) -> None:
        zone = datetime.timezone(datetime.timedelta(hours=1))
        data = {
            "moment": datetime.datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.UTC),
            "other": datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=zone),
            "date": datetime.date(2024, 1, 2),
            "time": datetime.time(3, 4, 5, 678901),
            "short": datetime.time(3, 4),
            "delta": datetime.timedelta(1),
            "number": decimal.Decimal("1.50"),
            "id": uuid.UUID(int=1),
            "lazy": gettext_lazy("x"),
        }
        assert json.loads(json.dumps(data, cls=DjangoJSONEncoder)) == {
            "moment": "2024-01-02T03:04:05.678Z",
            "other": "2024-01-02T03:04:05+01:00",
            "date": "2024-01-02",
            "time": "03:04:05.678",
            "short": "03:04:00",
            "delta": "P1DT00H00M00S",
            "number": "1.50",
            "id": "00000000-0000-0000-0000-000000000001",
            "lazy": "x",
        }
        with pytest.raises(ValueError, match="can't represent timezone-aware times"):
            json.dumps(datetime.time(1, tzinfo=datetime.UTC), cls=DjangoJSONEncoder)
        with pytest.raises(TypeError, match="not JSON serializable"):
            json.dumps(object(), cls=DjangoJSONEncoder)

    def test_normalize(self) -> None:
        assert normalize_json({b"a": (1, None, True, 1.5, "x", [b"y"])}) == {
            "a": [1, None, True, 1.5, "x", ["y"]]
        }
        with pytest.raises(ValueError, match="Unsupported value: <class 'bytes'>"):
            normalize_json(b"\xff")
        with pytest.raises(TypeError, match="Unsupported type: <class 'set'>"):
            normalize_json({1})


class TestFormats:
    def test_settings_are_read_live(self) -> None:
        day = datetime.date(2024, 2, 3)
        assert formats.date_format(day) == "Feb. 3, 2024"
        with override_settings(DATE_FORMAT="Y-m-d", DECIMAL_SEPARATOR=","):
            assert formats.date_format(day) == "2024-02-03"
            assert formats.number_format(1.5) == "1,5"
        assert formats.date_format(day) == "Feb. 3, 2024"
        assert formats.date_format(day, "SHORT_DATE_FORMAT") == "02/03/2024"
        assert formats.date_format(day, "j/n") == "3/2"
        assert formats.time_format(datetime.time(15, 5)) == "3:05 p.m."

    def test_modules_of_a_language(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = tmp_path / "my_formats" / "en"
        folder.mkdir(parents=True)
        (tmp_path / "my_formats" / "__init__.py").touch()
        (folder / "__init__.py").touch()
        (folder / "formats.py").write_text('DATE_FORMAT = "d.m.Y"\nDATE_INPUT_FORMATS = ["%d"]\n')
        monkeypatch.syspath_prepend(str(tmp_path))
        with override_settings(FORMAT_MODULE_PATH="my_formats"):
            assert formats.get_format("DATE_FORMAT", "en-us") == "d.m.Y"
            assert formats.get_format("DATE_INPUT_FORMATS", "en-us") == ["%d", "%Y-%m-%d"]
            assert formats.get_format("DATE_FORMAT", use_l10n=False) == "N j, Y"
            assert len(formats.get_format_modules("en")) == 1
        formats.register_format_package("my_formats")
        formats.register_format_package("my_formats")
        assert formats.get_format("DATE_FORMAT", "en") == "d.m.Y"
        formats._packages.clear()
        formats.reset_format_cache()
        assert list(formats.iter_format_modules(None)) == []
        with override_settings(FORMAT_MODULE_PATH=["my_formats", "no.such"]):
            assert len(formats.get_format_modules("en")) == 1
        assert str(formats.get_format_lazy("DATE_FORMAT")) == "N j, Y"

    def test_localize(self) -> None:
        moment = datetime.datetime(2024, 2, 3, 15, 5)
        assert formats.localize("x") == "x"
        assert formats.localize(True) == "True"
        assert formats.localize(1.5, use_l10n=False) == "1.5"
        assert formats.localize(decimal.Decimal("1.5")) == "1.5"
        assert formats.localize(moment) == "Feb. 3, 2024, 3:05 p.m."
        assert formats.localize(moment.date()) == "Feb. 3, 2024"
        assert formats.localize(moment.time()) == "3:05 p.m."
        assert formats.localize(None) is None

    def test_localize_input(self) -> None:
        moment = datetime.datetime(24, 2, 3, 15, 5)
        assert formats.localize_input("x") == "x"
        assert formats.localize_input(False) == "False"
        assert formats.localize_input(2) == "2"
        assert formats.localize_input(moment) == "0024-02-03 15:05:00"
        assert formats.localize_input(moment.date()) == "0024-02-03"
        assert formats.localize_input(moment.time(), "%H") == "15"
        assert formats.localize_input(None) is None
        assert formats.sanitize_strftime_format("%%Y") == "%%Y"

    def test_sanitize_separators(self) -> None:
        assert formats.sanitize_separators(5) == 5
        assert formats.sanitize_separators("1234.5") == "1234.5"
        with override_settings(
            USE_THOUSAND_SEPARATOR=True, THOUSAND_SEPARATOR=".", DECIMAL_SEPARATOR=","
        ):
            assert formats.sanitize_separators("1.234,5") == "1234.5"
            assert formats.sanitize_separators("12.34") == "12.34"
            assert formats.sanitize_separators("1.234") == "1234"
        with override_settings(USE_THOUSAND_SEPARATOR=True, THOUSAND_SEPARATOR="\xa0"):
            assert formats.sanitize_separators("1\xa0234 5") == "12345"


def test_timesince_of_dates_and_zones() -> None:
    today = datetime.date(2024, 5, 20)
    assert timesince(today - datetime.timedelta(days=8), today) == "1\xa0week, 1\xa0day"
    zone = datetime.timezone(datetime.timedelta(hours=5))
    moment = datetime.datetime(2024, 5, 20, 12, tzinfo=datetime.UTC)
    assert timesince(moment, moment.astimezone(zone)) == "0\xa0minutes"
    assert timesince(datetime.datetime.now(datetime.UTC)) == "0\xa0minutes"
    assert timesince(datetime.datetime.now() - datetime.timedelta(seconds=20)) == "0\xa0minutes"
    with pytest.raises(ValueError, match=r"depth must be greater than 0\."):
        timesince(today, depth=0)


class TestPaths:
    def test_join(self, tmp_path: Path) -> None:
        assert safe_join(tmp_path, "a", "..", "b") == str(tmp_path / "b")
        assert safe_join(tmp_path) == str(tmp_path)
        assert safe_join("/", "etc") == "/etc"
        with pytest.raises(SuspiciousFileOperation, match="is located outside of the base path"):
            safe_join(tmp_path, "..", "x")

    def test_directories_get_their_permissions(self, tmp_path: Path) -> None:
        import os

        before = os.umask(0o077)
        try:
            safe_makedirs(tmp_path / "a" / "b", 0o755)
            safe_makedirs(str(tmp_path / "a" / "b"), 0o700, exist_ok=True)
        finally:
            os.umask(before)
        for made in (tmp_path / "a", tmp_path / "a" / "b"):
            assert made.stat().st_mode & 0o777 == 0o755
        with pytest.raises(FileExistsError):
            safe_makedirs(tmp_path / "a")
        (tmp_path / "file").touch()
        with pytest.raises(FileExistsError):
            safe_makedirs(tmp_path / "file", exist_ok=True)

    def test_to_path(self) -> None:
        assert to_path("a") == Path("a")
        assert to_path(Path("a")) == Path("a")
        with pytest.raises(TypeError, match="Invalid path type: int"):
            to_path(1)

    def test_symlinks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert symlinks_supported()

        def refuse(*args: object) -> None:
            raise OSError

        monkeypatch.setattr(Path, "symlink_to", refuse)
        assert not symlinks_supported()


def test_xml() -> None:
    out = io.StringIO()
    xml = SimplerXMLGenerator(out, "utf-8")
    xml.addQuickElement("a", "x<", {"c": "1", "b": "2"})
    xml.addQuickElement("empty")
    assert out.getvalue() == '<a b="2" c="1">x&lt;</a><empty></empty>'
    with pytest.raises(UnserializableContentError, match="Control characters"):
        xml.characters("\x01")
    with pytest.raises(UnserializableContentError):
        xml.startElement("a", {"b": "\x02"})


def test_forced_grouping_of_english_numbers() -> None:
    from fastjango.values.formats import number_format

    with override_settings(LANGUAGE_CODE="en-gb"):
        assert number_format(1234567, force_grouping=True) == "1,234,567"
        assert number_format(1234567) == "1234567"
        assert number_format(1234567, use_l10n=False, force_grouping=True) == "1234567"
    with override_settings(LANGUAGE_CODE="en", NUMBER_GROUPING=2):
        assert number_format(1234567, force_grouping=True) == "1,23,45,67"
    with override_settings(LANGUAGE_CODE="de"):
        assert number_format(1234567, force_grouping=True) == "1234567"


def test_unpaired_surrogates() -> None:
    texts = ["", "plain", "\u00e4\x00", "\U0001f600", "a\ud800b", "\udc00"]
    assert [has_surrogates(text) for text in texts] == [False] * 4 + [True] * 2
    assert [without_surrogates(text) for text in texts] == [
        *texts[:4],
        "a\ufffdb",
        "\ufffd",
    ]
