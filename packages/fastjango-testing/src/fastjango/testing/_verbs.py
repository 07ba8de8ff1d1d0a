"""The methods of both clients, written once."""

from collections.abc import Callable, Generator
from functools import partial
from typing import Any, Generic, TypeVar

from fastjango.core.twins import Step
from fastjango.testing._exchanges import Exchanges
from fastjango.testing._redirects import REDIRECTS, Redirects
from fastjango.testing.factories import OCTET_STREAM, Headers, Query
from fastjango.testing.multipart import MULTIPART_CONTENT

__all__ = ["Verbs"]

R = TypeVar("R")


class Verbs(Redirects, Exchanges, Generic[R]):
    """Sends requests and follows redirects; `R` is the response, or a coroutine of it."""

    def _drive(self, plan: Generator[Step, Any, Any]) -> R:
        """Take the steps of a plan, as the client waits."""
        raise NotImplementedError

    def _exchange(
        self,
        method: Callable[..., Any],
        path: Any,
        follow: bool,
        extra: dict[str, Any],
        **options: Any,
    ) -> R:
        return self._drive(self._plan(method, path, follow, extra, options))

    def _plan(
        self,
        method: Callable[..., Any],
        path: Any,
        follow: bool,
        extra: dict[str, Any],
        options: dict[str, Any],
    ) -> Generator[Step, Any, Any]:
        self.extra: dict[str, Any] | None = extra
        self.headers: Headers = options["headers"]
        response: Any = yield _sent(partial(method, path, **options, **extra))
        if not follow:
            return response
        response.redirect_chain = list[Any]()
        options.pop("secure", None)
        while response.status_code in REDIRECTS:
            chain: list[Any] = response.redirect_chain
            name, target, arguments = self._redirect(response, options, extra)
            response = yield _sent(partial(getattr(self, name), target, **arguments))
            response.redirect_chain = chain
            self._refuse_cycles(response)
        return response

    def get(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = None,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> R:
        """Send a GET request and return the response; with `follow`, the last one.

        See `RequestFactory.get` for the other arguments.
        """
        return self._exchange(
            super().get,
            path,
            follow,
            extra,
            data=data,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )

    def head(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = None,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> R:
        """Send a HEAD request and return the response; with `follow`, the last one.

        See `RequestFactory.head` for the other arguments.
        """
        return self._exchange(
            super().head,
            path,
            follow,
            extra,
            data=data,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )

    def post(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = None,
        content_type: str = MULTIPART_CONTENT,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> R:
        """Send a POST request and return the response; with `follow`, the last one.

        See `RequestFactory.post` for the other arguments.
        """
        return self._exchange(
            super().post,
            path,
            follow,
            extra,
            data=data,
            content_type=content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )

    def options(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = "",
        content_type: str = OCTET_STREAM,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> R:
        """Send an OPTIONS request and return the response; with `follow`, the last one.

        See `RequestFactory.options` for the other arguments.
        """
        return self._exchange(
            super().options,
            path,
            follow,
            extra,
            data=data,
            content_type=content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )

    def put(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = "",
        content_type: str = OCTET_STREAM,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> R:
        """Send a PUT request and return the response; with `follow`, the last one.

        See `RequestFactory.put` for the other arguments.
        """
        return self._exchange(
            super().put,
            path,
            follow,
            extra,
            data=data,
            content_type=content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )

    def patch(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = "",
        content_type: str = OCTET_STREAM,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> R:
        """Send a PATCH request and return the response; with `follow`, the last one.

        See `RequestFactory.patch` for the other arguments.
        """
        return self._exchange(
            super().patch,
            path,
            follow,
            extra,
            data=data,
            content_type=content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )

    def delete(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = "",
        content_type: str = OCTET_STREAM,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> R:
        """Send a DELETE request and return the response; with `follow`, the last one.

        See `RequestFactory.delete` for the other arguments.
        """
        return self._exchange(
            super().delete,
            path,
            follow,
            extra,
            data=data,
            content_type=content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )

    def trace(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = "",
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> R:
        """Send a TRACE request and return the response; with `follow`, the last one.

        See `RequestFactory.trace` for the other arguments.
        """
        return self._exchange(
            super().trace,
            path,
            follow,
            extra,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )


def _sent(send: Callable[[], Any]) -> Step:
    """Return the step that sends a request: a sync client's methods answer, an async one's wait."""
    return Step(send, send)
