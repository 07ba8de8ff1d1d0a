"""Uploaded files, and the handlers that take them in while a form is read."""

from __future__ import annotations

from fastjango.http.uploads.files import ContentFile, File, FileProxyMixin, validate_file_name
from fastjango.http.uploads.handlers import (
    FileUploadHandler,
    MemoryFileUploadHandler,
    SkipFile,
    StopFutureHandlers,
    StopUpload,
    TemporaryFileUploadHandler,
    UploadFileException,
    load_handler,
)
from fastjango.http.uploads.uploadedfile import (
    InMemoryUploadedFile,
    SimpleUploadedFile,
    TemporaryUploadedFile,
    UploadedFile,
)

__all__ = [
    "ContentFile",
    "File",
    "FileProxyMixin",
    "FileUploadHandler",
    "InMemoryUploadedFile",
    "MemoryFileUploadHandler",
    "SimpleUploadedFile",
    "SkipFile",
    "StopFutureHandlers",
    "StopUpload",
    "TemporaryFileUploadHandler",
    "TemporaryUploadedFile",
    "UploadFileException",
    "UploadedFile",
    "load_handler",
    "validate_file_name",
]
