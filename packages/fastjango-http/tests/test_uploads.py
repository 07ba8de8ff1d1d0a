"""Uploads: files, handlers and the multipart parser."""

import base64
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastjango.core.exceptions import (
    RequestDataTooBig,
    SuspiciousFileOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from fastjango.http.exceptions import InputStreamExhausted, MultiPartParserError
from fastjango.http.multipart import LazyStream, MultiPartParser, Parser
from fastjango.http.request import WSGIRequest
from fastjango.http.uploads import (
    ContentFile,
    File,
    FileUploadHandler,
    InMemoryUploadedFile,
    MemoryFileUploadHandler,
    SimpleUploadedFile,
    SkipFile,
    StopFutureHandlers,
    StopUpload,
    TemporaryFileUploadHandler,
    TemporaryUploadedFile,
    UploadedFile,
    load_handler,
    validate_file_name,
)
from hypothesis import given
from hypothesis import strategies as st

TYPE = "multipart/form-data; boundary=BoUnDaRy"


def part(headers: str, content: bytes) -> bytes:
    return b"--BoUnDaRy\r\n" + headers.encode() + b"\r\n\r\n" + content + b"\r\n"


def field(name: str, value: bytes) -> bytes:
    return part(f'Content-Disposition: form-data; name="{name}"', value)


def file(name: str, filename: str, content: bytes, extra: str = "") -> bytes:
    return part(
        f'Content-Disposition: form-data; name="{name}"; filename="{filename}"{extra}', content
    )


END = b"--BoUnDaRy--\r\n"


def request_for(body: bytes, content_type: str = TYPE, **extra: Any) -> WSGIRequest:
    return WSGIRequest(
        {
            "REQUEST_METHOD": "POST",
            "CONTENT_TYPE": content_type,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            **extra,
        }
    )


# --- whole forms --------------------------------------------------------------------------


def test_a_form() -> None:
    request = request_for(
        field("a", b"1")
        + field("a", "é".encode())
        + file("f", "x.txt", b"content", "\r\nContent-Type: text/plain; charset=utf-8")
        + file("g", "", b"")
        + part("X-Nothing: to see", b"dropped")
        + END
    )
    assert request.POST.getlist("a") == ["1", "é"]
    assert request.POST["g"] == ""
    upload = request.FILES["f"]
    assert isinstance(upload, InMemoryUploadedFile)
    assert (upload.name, upload.size, upload.content_type, upload.charset) == (
        "x.txt",
        7,
        "text/plain",
        "utf-8",
    )
    assert upload.content_type_extra == {"charset": b"utf-8"}
    assert upload.read() == b"content"
    assert (upload.field_name, list(upload.chunks())) == ("f", [b"content"])
    assert not upload.multiple_chunks()
    assert upload.open() is upload
    with pytest.raises(AttributeError, match="You cannot alter upload handlers"):
        request.upload_handlers.append(None)
    request.close()
    assert upload.closed


@given(
    content=st.binary(max_size=400),
    chunk_size=st.sampled_from([1, 3, 16, 64 * 1024]),
    name=st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8),
)
def test_any_content_survives_any_chunking(content: bytes, chunk_size: int, name: str) -> None:
    content = content.replace(b"--BoUnDaRy", b"")
    body = field("a", content) + file(name, "f.bin", content) + END
    handlers = [MemoryFileUploadHandler()]
    handlers[0].chunk_size = chunk_size
    meta = {"CONTENT_TYPE": TYPE, "CONTENT_LENGTH": str(len(body))}
    post, files = MultiPartParser(meta, io.BytesIO(body), handlers, "latin-1").parse()
    assert post["a"] == content.decode("latin-1")
    assert files[name].read() == content
    files[name].close()


@given(st.binary(max_size=300))
def test_garbage_is_refused_or_read_but_never_breaks(garbage: bytes) -> None:
    request = request_for(b"--BoUnDaRy\r\n" + garbage)
    try:
        request.POST  # noqa: B018
    except MultiPartParserError:
        assert request.POST == {}
    request.close()


def test_names_are_made_safe() -> None:
    names = [
        "/etc/passwd",
        "C:\\Windows\\x.txt",
        "../../up.txt",
        "nul\x00byte.txt",
        "&quot;quoted&quot;.txt",
        "..",
        ".",
        "dir/",
    ]
    body = b"".join(file(str(n), name, b"x") for n, name in enumerate(names)) + END
    files = request_for(body).FILES
    assert {key: files[key].name for key in files} == {
        "0": "passwd",
        "1": "x.txt",
        "2": "up.txt",
        "3": "nulbyte.txt",
        "4": '"quoted".txt',
    }


def test_base64() -> None:
    encoded = base64.b64encode(b"hello world")
    spread = encoded[:5] + b" \r\n " + encoded[5:]
    extra = "\r\nContent-Transfer-Encoding: base64"
    good = field("a", b"x") + file("f", "f", spread, extra)
    assert request_for(good + END).FILES["f"].read() == b"hello world"
    headers = 'Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64'
    assert request_for(part(headers, encoded) + END).POST["a"] == "hello world"
    assert request_for(part(headers, b"!!!") + END).POST["a"] == "!!!"
    for broken in (b"AAA", b"A\xff==", b"AAAAA"):
        with pytest.raises(MultiPartParserError, match="Could not decode base64 data"):
            request_for(file("f", "f", broken, extra) + END).FILES  # noqa: B018


@pytest.mark.parametrize(
    ("setting", "value", "body", "error"),
    [
        (
            "DATA_UPLOAD_MAX_NUMBER_FIELDS",
            1,
            field("a", b"1") + field("b", b"2"),
            TooManyFieldsSent,
        ),
        (
            "DATA_UPLOAD_MAX_NUMBER_FILES",
            1,
            file("a", "a", b"") + file("b", "b", b""),
            TooManyFilesSent,
        ),
        ("DATA_UPLOAD_MAX_MEMORY_SIZE", 5, field("a", b"123456"), RequestDataTooBig),
        ("DATA_UPLOAD_MAX_MEMORY_SIZE", 5, field("abcd", b""), RequestDataTooBig),
    ],
)
def test_limits(
    configured: Callable[..., None], setting: str, value: int, body: bytes, error: type[Exception]
) -> None:
    configured(**{setting: value})
    with pytest.raises(error, match=setting):
        request_for(body + END).POST  # noqa: B018
    configured(**{setting: None})
    request_for(body + END).FILES  # noqa: B018


def test_files_do_not_count_as_memory(configured: Callable[..., None]) -> None:
    configured(DATA_UPLOAD_MAX_MEMORY_SIZE=20)
    request = request_for(field("a", b"1") + file("f", "f", b"x" * 1000) + END)
    assert len(request.FILES["f"]) == 1000


@pytest.mark.parametrize(
    ("content_type", "message"),
    [
        ("text/plain", "Invalid Content-Type: text/plain"),
        ("multipart/form-data", "Invalid boundary in multipart: None"),
        ("multipart/form-data; boundary=é", "Invalid non-ASCII Content-Type"),
        ("multipart/form-data; boundary=" + "x" * 300, "Invalid boundary"),
        ("multipart/form-data; boundary=b; x*=nope''y", "Invalid Content-Type"),
    ],
)
def test_bad_content_types(content_type: str, message: str) -> None:
    with pytest.raises(MultiPartParserError, match=message):
        MultiPartParser({"CONTENT_TYPE": content_type, "CONTENT_LENGTH": 1}, io.BytesIO(), [])


@pytest.mark.parametrize(
    "body",
    [
        b"--BoUnDaRyX\r\n",
        b"no boundary at all",
        b"--BoUnDaRy\r\nBad Header : x\r\n\r\n",
        part("Content-Disposition: form-data; name=a\r\nX: " + "y" * 2000, b""),
        part('Content-Disposition: form-data; name="' + "n" * 2000 + '"', b""),
    ],
)
def test_malformed_bodies(body: bytes) -> None:
    request = request_for(body)
    with pytest.raises(MultiPartParserError):
        request.POST  # noqa: B018
    assert request.POST == request.FILES == {}


def test_unreadable_headers_are_as_good_as_none() -> None:
    body = part("Content-Disposition: form-data; name*=nope''x", b"lost") + field("a", b"1") + END
    assert request_for(body).POST == {"a": ["1"]}
    length = "\r\nContent-Length: nonsense"
    assert request_for(file("f", "f", b"x", length) + END).FILES["f"].read() == b"x"


def test_lengths() -> None:
    meta = {"CONTENT_TYPE": TYPE}
    with pytest.raises(MultiPartParserError, match="Invalid content length: -1"):
        MultiPartParser({**meta, "CONTENT_LENGTH": "-1"}, io.BytesIO(), [])
    for claimed in ({}, {"CONTENT_LENGTH": "x"}, {"CONTENT_LENGTH": "0"}):
        assert MultiPartParser({**meta, **claimed}, io.BytesIO(), []).parse() == ({}, {})
    body = field("a", b"1") + END
    post, _ = MultiPartParser(meta, io.BytesIO(body), []).parse()
    assert post["a"] == "1"


def test_streams_that_end_by_an_error() -> None:
    class Source:
        def __init__(self) -> None:
            self.chunks = [field("a", b"1") + END]

        def read(self, size: int) -> bytes:
            if not self.chunks:
                raise InputStreamExhausted
            return self.chunks.pop()

    meta = {"CONTENT_TYPE": TYPE, "CONTENT_LENGTH": "99"}
    assert MultiPartParser(meta, Source(), []).parse()[0]["a"] == "1"


# --- handlers -----------------------------------------------------------------------------


class Recorder(FileUploadHandler):
    """Writes down what it is told, and misbehaves on demand."""

    fail: Any = None
    when = ""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.log: list[Any] = []

    def _note(self, what: str, *details: Any) -> None:
        self.log.append((what, *details))
        if self.when == what:
            raise self.fail

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._note("new", self.file_name)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self._note("data", raw_data, start)
        return raw_data

    def file_complete(self, file_size: int) -> File | None:
        self._note("complete", file_size)
        return None

    def upload_complete(self) -> Any:
        self._note("end")

    def upload_interrupted(self) -> None:
        self._note("interrupted")


def run(body: bytes, *handlers: FileUploadHandler) -> WSGIRequest:
    request = request_for(body)
    request.upload_handlers = list(handlers)
    request.FILES  # noqa: B018
    return request


def test_handlers_are_told_in_order() -> None:
    one, two = Recorder(), Recorder()
    run(file("f", "a.txt", b"abc") + field("x", b"1") + file("g", "b.txt", b"") + END, one, two)
    expected = [
        ("new", "a.txt"),
        ("data", b"abc", 0),
        ("complete", 3),
        ("new", "b.txt"),
        ("complete", 0),
        ("end",),
    ]
    assert one.log == two.log == expected


def test_a_handler_may_keep_a_file_to_itself() -> None:
    one, two = Recorder(), Recorder()
    one.when, one.fail = "new", StopFutureHandlers()
    run(file("f", "a.txt", b"abc") + END, one, two)
    assert ("new", "a.txt") not in two.log


@pytest.mark.parametrize("when", ["new", "data"])
def test_files_can_be_skipped(when: str) -> None:
    handler = Recorder()
    handler.when, handler.fail = when, SkipFile()
    request = run(file("f", "a.txt", b"abc") + field("x", b"1") + END, handler)
    assert request.POST["x"] == "1"
    assert not any(entry[0] == "complete" for entry in handler.log)


@pytest.mark.parametrize("reset", [True, False])
def test_uploads_can_be_stopped(reset: bool) -> None:
    handler = Recorder()
    handler.when, handler.fail = "data", StopUpload(connection_reset=reset)
    assert str(handler.fail).endswith("Halt current upload." if reset else "then halt.")
    request = run(file("f", "a.txt", b"abc") + field("x", b"1") + END, handler)
    assert request.POST == {}
    assert handler.log[-1] == ("end",)


def test_interrupted_uploads() -> None:
    handler = Recorder()
    run(file("f", "a.txt", b"abc").removesuffix(b"\r\n"), handler)
    assert ("interrupted",) in handler.log
    assert not any(entry[0] == "complete" for entry in handler.log)


def test_errors_close_what_was_received() -> None:
    temporary, handler = TemporaryFileUploadHandler(), Recorder()
    handler.when, handler.fail = "end", None
    broken = Recorder()
    broken.when, broken.fail = "new", KeyError("broken")
    with pytest.raises(KeyError):
        run(file("f", "a.txt", b"abc") + END, temporary, broken)
    assert temporary.file.closed


def test_a_handler_may_read_everything() -> None:
    class Everything(FileUploadHandler):
        def handle_raw_input(self, *args: Any, **kwargs: Any) -> Any:
            return {"post": 1}, {"files": 2}

    request = request_for(file("f", "a.txt", b"abc") + END)
    request.upload_handlers = [Everything()]
    assert (request.POST, request.FILES) == ({"post": 1}, {"files": 2})


def test_large_bodies_go_to_disk(configured: Callable[..., None], tmp_path: Path) -> None:
    configured(FILE_UPLOAD_MAX_MEMORY_SIZE=10, FILE_UPLOAD_TEMP_DIR=str(tmp_path))
    request = request_for(file("f", "a.txt", b"x" * 100) + END)
    upload = request.FILES["f"]
    assert isinstance(upload, TemporaryUploadedFile)
    path = Path(upload.temporary_file_path())
    assert (path.parent, path.suffix, upload.size) == (tmp_path, ".txt", 100)
    assert upload.read() == b"x" * 100
    upload.close()
    assert not path.exists()


def test_a_long_extension_is_no_part_of_a_temporary_files_name(tmp_path: Path) -> None:
    upload = TemporaryUploadedFile(f"a.{'é' * 200}", "text/plain", 1, None)
    assert Path(upload.temporary_file_path()).suffix == ".upload"
    assert upload.name == f"a.{'é' * 200}"
    upload.close()


def test_temporary_files_that_were_moved(tmp_path: Path) -> None:
    upload = TemporaryUploadedFile("a.txt", "text/plain", 1, None)
    os.rename(upload.temporary_file_path(), tmp_path / "moved")
    upload.close()
    handler = TemporaryFileUploadHandler()
    handler.upload_interrupted()
    handler.new_file("f", "a.txt", "text/plain", None)
    path = Path(handler.file.temporary_file_path())
    handler.upload_interrupted()
    assert not path.exists()


def test_the_memory_handler_measures_streams(configured: Callable[..., None]) -> None:
    configured(FILE_UPLOAD_MAX_MEMORY_SIZE=10)
    handler = MemoryFileUploadHandler()
    handler.handle_raw_input(io.BytesIO(b"x" * 5), {}, 500, b"b")
    assert handler.activated
    handler.handle_raw_input(io.BytesIO(b"x" * 50), {}, 5, b"b")
    assert not handler.activated
    assert handler.receive_data_chunk(b"x", 0) == b"x"
    assert handler.file_complete(1) is None
    handler.handle_raw_input(object(), {}, 5, b"b")
    assert handler.activated


def test_base_handlers_must_be_completed() -> None:
    handler = FileUploadHandler()
    with pytest.raises(NotImplementedError):
        handler.receive_data_chunk(b"", 0)
    with pytest.raises(NotImplementedError):
        handler.file_complete(0)
    assert handler.upload_complete() is None
    handler.upload_interrupted()
    loaded = load_handler("fastjango.http.uploads.TemporaryFileUploadHandler", None)
    assert isinstance(loaded, TemporaryFileUploadHandler)


# --- parts of the parser ------------------------------------------------------------------


def test_lazy_streams() -> None:
    stream = LazyStream(iter([b"abc", b"defg"]))
    assert stream.read(2) == b"ab"
    assert stream.tell() == 2
    stream.unget(b"b")
    assert stream.read(4) == b"bcde"
    assert next(stream) == b"fg"
    assert stream.read() == b""
    limited = LazyStream(iter([b"abcdef"]), length=4)
    assert limited.read() == b"abcd"
    stopped = LazyStream(iter([b"abc", b"d"]))
    stopped.unget(b"x")
    stopped.close()
    assert stopped.read() == b"x"


def test_parts_nobody_reads_are_passed_over() -> None:
    body = field("a", b"1" * 50) + file("f", "f", b"2" * 50) + END
    chunks = iter([body[i : i + 10] for i in range(0, len(body), 10)])
    kinds = [kind for kind, _, _ in Parser(chunks, b"BoUnDaRy")]
    assert kinds == ["field", "file"]


# --- files --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/a", "dir/.."])
def test_file_names(name: str) -> None:
    with pytest.raises(SuspiciousFileOperation):
        validate_file_name(name)


def test_relative_file_names() -> None:
    assert validate_file_name("a.txt") == "a.txt"
    assert validate_file_name("a/b.txt", allow_relative_path=True) == "a/b.txt"
    for name in ("/a", "a/../b", "..\\x"):
        with pytest.raises(SuspiciousFileOperation, match="path traversal"):
            validate_file_name(name, allow_relative_path=True)


def test_uploaded_names() -> None:
    assert UploadedFile(name="/etc/passwd").name == "passwd"
    long = UploadedFile(name="x" * 300 + ".txt")
    assert long.name is not None
    assert len(long.name) == 255
    assert long.name.endswith(".txt")
    assert not UploadedFile()
    assert repr(UploadedFile(name="a", content_type="b/c")) == "<UploadedFile: a (b/c)>"
    with pytest.raises(SuspiciousFileOperation):
        UploadedFile(name="..")
    simple = SimpleUploadedFile.from_dict({"filename": "a", "content": b"x", "content-type": "t/t"})
    assert (simple.read(), simple.size, simple.content_type) == (b"x", 1, "t/t")
    assert SimpleUploadedFile("a", None).read() == b""


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    path.write_bytes(b"one\r\ntwo\rthree\nfour")
    with File(path.open("rb")) as wrapped:
        assert (wrapped.name, wrapped.size, len(wrapped), bool(wrapped)) == (
            str(path),
            19,
            19,
            True,
        )
        assert list(wrapped) == [b"one\r\n", b"two\r", b"three\n", b"four"]
        assert list(wrapped.chunks(7)) == [b"one\r\ntw", b"o\rthree", b"\nfour"]
        assert wrapped.multiple_chunks(5)
        assert wrapped.readable()
        assert wrapped.seekable()
        assert not wrapped.writable()
        assert wrapped.open() is wrapped
    assert wrapped.closed
    assert not (wrapped.readable())
    assert not (wrapped.seekable())
    assert not (wrapped.writable())
    assert wrapped.open("rb").read() == path.read_bytes()
    wrapped.close()
    assert wrapped.open("rb", 0, opener=os.open).read(3) == b"one"
    wrapped.close()
    path.unlink()
    with pytest.raises(ValueError, match="The file cannot be reopened"):
        wrapped.open()
    assert str(File(None)) == ""
    assert repr(File(None)) == "<File: None>"


@pytest.mark.parametrize("chunk", [1, 2, 3, 5])
def test_lines_do_not_depend_on_chunks(chunk: int) -> None:
    text = "a\nbc\r\nd\re\n\nf"
    wrapped = File(io.StringIO(text))
    wrapped.DEFAULT_CHUNK_SIZE = chunk
    assert "".join(wrapped) == text
    assert list(wrapped) == ["a\n", "bc\r\n", "d\r", "e\n", "\n", "f"]


def test_odd_files() -> None:
    class Sized:
        size = 5

    class Plain:
        mode = "wb"
        closed = False

        def read(self, size: int) -> bytes:
            return b""

    assert File(Sized()).size == 5
    plain = File(Plain())
    assert plain.readable()
    assert plain.writable()
    assert plain.seekable()
    assert list(plain.chunks()) == []
    with pytest.raises(AttributeError, match="Unable to determine the file's size"):
        plain.size  # noqa: B018


def test_content_files() -> None:
    content = ContentFile("äb", name="n")
    assert (str(content), content.size, content.read()) == ("Raw content", 2, "äb")
    assert content.open() is content
    content.write("xyz")
    assert content.size == 3
    content.close()
    assert not content.closed
    assert ContentFile(b"ab").read() == b"ab"
