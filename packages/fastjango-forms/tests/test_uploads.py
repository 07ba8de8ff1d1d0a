"""Fields that look at uploads: type by content, sizes, several files."""

from __future__ import annotations

from typing import Any

import pytest
from fastjango import forms
from fastjango.core.exceptions import ValidationError
from fastjango.forms.sniffing import content_type_of, is_accepted, sniff_content_type
from fastjango.forms.uploads import CheckedFileField, MultipleFileField
from fastjango.http.uploads import SimpleUploadedFile
from fastjango.values.datastructures import MultiValueDict
from hypothesis import given
from hypothesis import strategies as st

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
HEADS = {
    "image/png": PNG,
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "image/gif": b"GIF89a",
    "image/webp": b"RIFF\0\0\0\0WEBP",
    "application/pdf": b"%PDF-1.7\n<script>",
    "application/zip": b"PK\x03\x04",
    "video/mp4": b"\0\0\0\x20ftypisom",
    "image/avif": b"\0\0\0\x20ftypavif",
    "application/x-tar": b"a" * 257 + b"ustar",
    "image/svg+xml": b'<?xml version="1.0"?>\n<!-- --><SVG onload="x">',
    "text/html": b"\n <!DOCTYPE html>",
    "text/xml": b"\xef\xbb\xbf<?xml?><a/>",
    "text/plain": "Grüße\n".encode(),
    "application/octet-stream": b"\0\1\2",
}


@pytest.mark.parametrize(("kind", "head"), HEADS.items())
def test_bytes_tell_the_type(kind: str, head: bytes) -> None:
    assert sniff_content_type(head) == kind


def test_text_that_is_cut_or_broken() -> None:
    assert sniff_content_type("ü".encode()[:1]) == "text/plain"
    assert sniff_content_type(b"\xff\xfe and so on") == "application/octet-stream"
    assert sniff_content_type(b"") == "text/plain"


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("a.png", PNG, "image/png"),
        ("a.jpg", PNG, None),
        ("a.png", b"plain text", None),
        ("a.png", b"\0\1\2", None),
        ("a.html", b"plain", None),
        ("a.txt", b"<script>", None),
        ("a.svg", b"<svg>", "image/svg+xml"),
        ("a.csv", b"a;b", "text/csv"),
        ("a.json", b"{}", "application/json"),
        ("a.js", b"alert(1)", None),
        ("a", PNG, "image/png"),
        ("a.docx", b"PK\x03\x04", content_type_of("a.docx", b"PK\x03\x04")),
        ("a.xml", b"<?xml?>", "text/xml"),
        ("a.obj", b"\0\1", "application/octet-stream"),
        ("a.exe", b"plain", None),
    ],
)
def test_name_and_bytes_have_to_agree(name: str, head: bytes, kind: str | None) -> None:
    found = content_type_of(name, head)
    assert found == kind or (name == "a.xml" and found == "application/xml")


@given(st.binary(max_size=3000), st.text(max_size=20))
def test_nothing_breaks_it(head: bytes, name: str) -> None:
    kind = content_type_of(name, head)
    assert kind is None or "/" in kind


def test_what_is_accepted() -> None:
    assert is_accepted("image/png", ["image/*"])
    assert is_accepted("image/svg+xml", ["image/svg+xml"])
    assert not is_accepted("image/svg+xml", ["image/*"])
    assert not is_accepted("text/html", ["text/*", "image/png"])


def upload(name: str = "a.png", content: bytes = PNG, claimed: str = "text/evil") -> Any:
    return SimpleUploadedFile(name, content, claimed)


async def test_a_checked_file() -> None:
    field = CheckedFileField(content_types=["image/*"], max_size=100)
    file = field.clean(upload())
    assert (file.content_type, file.read(4)) == ("image/png", b"\x89PNG")
    assert (await field.aclean(upload())).content_type == "image/png"
    assert field.widget.attrs["accept"] == "image/*"
    for wrong, message in (
        (upload("a.pdf", b"%PDF-"), "Files of the type application/pdf are not accepted here."),
        (upload("a.jpg"), "The content of this file is not what its name says."),
        (upload(content=PNG * 10), "This file is too large: it has 280 bytes, 100 are accepted."),
        (upload(content=b""), "The submitted file is empty."),
        (None, "This field is required."),
        ("text", "No file was submitted. Check the encoding type on the form."),
    ):
        with pytest.raises(ValidationError) as caught:
            field.clean(wrong)
        assert caught.value.messages == [message]
    assert CheckedFileField(required=False).clean(None) is None
    assert CheckedFileField(max_size=None).clean(upload("a.bin", b"\0")).name == "a.bin"


class Albums(forms.Form):
    pictures = MultipleFileField(content_types=["image/png"], max_files=2, max_total=60)


async def both(files: list[Any], **options: Any) -> Any:
    sent: Any = MultiValueDict({"pictures": files})
    one, other = Albums({}, sent, **options), Albums({}, sent, **options)
    assert one.is_valid() == await other.ais_valid()
    assert one.errors == other.errors
    return other


async def test_several_files() -> None:
    form = await both([upload("a.png"), upload("b.png")])
    assert [file.name for file in form.cleaned_data["pictures"]] == ["a.png", "b.png"]
    assert "multiple" in str(Albums()["pictures"])
    assert form.has_changed()
    assert not Albums({}, {}).has_changed()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "This field is required."),
        ([upload()] * 3, "At most 2 files are accepted here."),
        ([upload(content=PNG * 3)], "These files are too large together: 60 bytes are accepted."),
        ([upload("a.jpg"), upload()], "The content of this file is not what its name says."),
    ],
)
async def test_several_files_that_are_refused(files: list[Any], message: str) -> None:
    form = await both(files)
    assert form.errors["pictures"] == [message]


async def test_files_that_are_there_already() -> None:
    form = await both([], initial={"pictures": ["old"]})
    assert form.cleaned_data["pictures"] == ["old"]
    field = MultipleFileField(required=False)
    assert field.clean([]) == await field.aclean(None) == []
    assert [file.name for file in field.clean(upload())] == ["a.png"]
