# ruff: noqa: N802, PT009  # the names and the means of unittest
"""Assertions about responses: content, redirects and templates."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

import unittest
from copy import copy
from operator import itemgetter
from typing import Any, Self
from unittest.util import safe_repr
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from fastjango.core.conf import settings
from fastjango.testing._assert_markup import SECOND, MarkupAssertions
from fastjango.testing.contexts import ContextList
from fastjango.testing.signals import template_rendered

__unittest = True  # failures show the test's frame instead of this module's


class AssertTemplateUsed:
    """Watches which templates are rendered in a block."""

    def __init__(
        self, test_case: Any, template_name: str, msg_prefix: str = "", count: int | None = None
    ) -> None:
        self.test_case = test_case
        self.template_name = template_name
        self.msg_prefix = msg_prefix
        self.count = count
        self.rendered_templates: list[Any] = []
        self.context = ContextList()

    def on_template_render(self, template: Any, context: Any, **kwargs: Any) -> None:
        """Take note of a template."""
        self.rendered_templates.append(template)
        self.context.append(copy(context))

    @property
    def rendered_template_names(self) -> list[str]:
        """The names of the templates that were rendered."""
        return [one.name for one in self.rendered_templates if one.name is not None]

    def test(self) -> None:
        """Check the templates at the end of the block."""
        self.test_case._assert_template_used(
            self.template_name, self.rendered_template_names, self.msg_prefix, self.count
        )

    def __enter__(self) -> Self:
        template_rendered.connect(self.on_template_render)
        return self

    def __exit__(self, exc_type: type[BaseException] | None, *exc_info: object) -> None:
        template_rendered.disconnect(self.on_template_render)
        if exc_type is None:
            self.test()


class AssertTemplateNotUsed(AssertTemplateUsed):
    """Watches that a template is not rendered in a block."""

    def test(self) -> None:
        """Check the templates at the end of the block."""
        self.test_case._assert_template_not_used(
            self.template_name, self.rendered_template_names, self.msg_prefix
        )


class ResponseAssertions(MarkupAssertions, unittest.TestCase):
    """Assertions about the responses of test clients and views."""

    def assertRedirects(
        self,
        response: Any,
        expected_url: Any,
        status_code: int = 302,
        target_status_code: int = 200,
        msg_prefix: str = "",
        fetch_redirect_response: bool = True,
    ) -> None:
        """Assert that a response redirects to a URL, and that the URL can be loaded.

        Args:
            status_code: The status of the (first) redirect.
            target_status_code: The status of the page that it ends at.
            fetch_redirect_response: Load the page with the client of the response; False for
                URLs of other sites.

        Raises:
            ValueError: The URL is one of another site.
        """
        prefix = f"{msg_prefix}: " if msg_prefix else ""
        if hasattr(response, "redirect_chain"):
            url = self._check_chain(response, status_code, target_status_code, prefix)
        else:
            self.assertEqual(
                response.status_code,
                status_code,
                f"{prefix}Response didn't redirect as expected: Response code was "
                f"{response.status_code} (expected {status_code})",
            )
            url = response.url
            if not urlsplit(url).path.startswith("/"):
                url = urljoin(response.request["PATH_INFO"], url)
            if fetch_redirect_response:
                self._check_target(response, url, target_status_code, prefix)
        complaint = f"{prefix}Response redirected to '{url}', expected '{expected_url}'"
        self.assertURLEqual(url, expected_url, complaint)

    def _check_chain(self, response: Any, status: int, target_status: int, prefix: str) -> str:
        """Check a response whose redirects were followed, and return the last URL."""
        self.assertTrue(
            response.redirect_chain,
            f"{prefix}Response didn't redirect as expected: Response code was "
            f"{response.status_code} (expected {status})",
        )
        first_status = response.redirect_chain[0][1]
        self.assertEqual(
            first_status,
            status,
            f"{prefix}Initial response didn't redirect as expected: Response code was "
            f"{first_status} (expected {status})",
        )
        self.assertEqual(
            response.status_code,
            target_status,
            f"{prefix}Response didn't redirect as expected: Final Response code was "
            f"{response.status_code} (expected {target_status})",
        )
        return str(response.redirect_chain[-1][0])

    def _check_target(self, response: Any, url: str, status: int, prefix: str) -> None:
        """Load the page that a response redirects to with the client of the response."""
        from fastjango.http import QueryDict  # not all tests need HTTP
        from fastjango.http.hosts import split_domain_port, validate_host

        parts = urlsplit(url)
        domain, _port = split_domain_port(parts.netloc)
        if domain and not validate_host(domain, settings.ALLOWED_HOSTS):
            raise ValueError(
                f"The test client is unable to fetch remote URLs (got {url}). If the host is "
                f"served by Django, add '{domain}' to ALLOWED_HOSTS. Otherwise, use "
                "assertRedirects(..., fetch_redirect_response=False)."
            )
        target = response.client.get(
            parts.path,
            QueryDict(parts.query),
            secure=parts.scheme == "https",
            headers=response.client.headers or {},
            **(response.client.extra or {}),
        )
        self.assertEqual(
            target.status_code,
            status,
            f"{prefix}Couldn't retrieve redirection page '{parts.path}': response code was "
            f"{target.status_code} (expected {status})",
        )

    def assertURLEqual(self, url1: Any, url2: Any, msg_prefix: str = "") -> None:
        """Assert that two URLs are the same, whatever the order of their query parameters.

        The order of parameters of one name counts.
        """

        def normalize(url: Any) -> str:
            parts = urlsplit(str(url))
            query = urlencode(sorted(parse_qsl(parts.query), key=itemgetter(0)))
            return urlunsplit(parts._replace(query=query))

        prefix = f"{msg_prefix}: " if msg_prefix else ""
        complaint = f"{prefix}Expected '{url1}' to equal '{url2}'."
        self.assertEqual(normalize(url1), normalize(url2), complaint)

    def _count_text(
        self, response: Any, text: Any, status_code: int, prefix: str, html: bool
    ) -> tuple[int, str, bytes]:
        """Return how often the text occurs, the text as it is shown, and the content."""
        render = getattr(response, "render", None)
        if callable(render) and not getattr(response, "is_rendered", True):
            render()
        self.assertEqual(
            response.status_code,
            status_code,
            f"{prefix}Couldn't retrieve content: Response code was {response.status_code}"
            f" (expected {status_code})",
        )
        if response.streaming:
            content = b"".join(response.streaming_content)
            response.streaming_content = [content]  # so that it can be checked again
        else:
            content = response.content
        if isinstance(text, bytes) and not html:
            return content.count(text), safe_repr(text), content
        page, wanted = content.decode(response.charset), str(text)
        if not html:
            return page.count(wanted), f"'{wanted}'", content
        tree = self._parse_html(page, None, "Response's content is not valid HTML:")
        snippet = self._parse_html(wanted, None, SECOND)
        return tree.count(snippet), f"'{snippet}'", content

    def assertContains(
        self,
        response: Any,
        text: Any,
        count: int | None = None,
        status_code: int = 200,
        msg_prefix: str = "",
        html: bool = False,
    ) -> None:
        """Assert that a response has a status and that a text occurs in its content.

        Args:
            count: How often it occurs; None for at least once.
            html: Compare as HTML; see `assertHTMLEqual`.
        """
        prefix = f"{msg_prefix}: " if msg_prefix else ""
        found, shown, content = self._count_text(response, text, status_code, prefix, html)
        if count is None:
            if not found:
                self.fail(
                    f"False is not true : {prefix}Couldn't find {shown} in the following "
                    f"response\n{content!r}"
                )
        elif found != count:
            self.fail(
                f"{found} != {count} : {prefix}Found {found} instances of {shown} (expected "
                f"{count}) in the following response\n{content!r}"
            )

    def assertNotContains(
        self,
        response: Any,
        text: Any,
        status_code: int = 200,
        msg_prefix: str = "",
        html: bool = False,
    ) -> None:
        """Assert that a response has a status and that a text does not occur in its content."""
        prefix = f"{msg_prefix}: " if msg_prefix else ""
        found, shown, content = self._count_text(response, text, status_code, prefix, html)
        if found:
            self.fail(
                f"{found} != 0 : {prefix}{shown} unexpectedly found in the following response\n"
                f"{content!r}"
            )

    def _templates_of(
        self, response: Any, template_name: str | None, method: str
    ) -> tuple[str | None, list[str]]:
        """Return the name to watch for in a block, or else the names that were rendered."""
        if response is None and template_name is None:
            raise TypeError("response and/or template_name argument must be provided")
        if template_name is not None and response is not None:
            if not hasattr(response, "templates"):
                raise ValueError(
                    f"{method}() is only usable on responses fetched using the Django test Client."
                )
        elif not hasattr(response, "templates"):
            return template_name or response, []
        rendered: Any = response
        return None, [one.name for one in rendered.templates if one.name is not None]

    def assertTemplateUsed(
        self,
        response: Any = None,
        template_name: str | None = None,
        msg_prefix: str = "",
        count: int | None = None,
    ) -> Any:
        """Assert that a template was used for a response; without one, a context manager.

        Args:
            count: How often it was rendered; None for at least once.
        """
        prefix = f"{msg_prefix}: " if msg_prefix else ""
        watched, rendered = self._templates_of(response, template_name, "assertTemplateUsed")
        if watched is not None:
            return AssertTemplateUsed(self, watched, prefix, count)
        self._assert_template_used(template_name, rendered, prefix, count)
        return None

    def assertTemplateNotUsed(
        self, response: Any = None, template_name: str | None = None, msg_prefix: str = ""
    ) -> Any:
        """Assert that a template was not used for a response; without one, a context manager."""
        prefix = f"{msg_prefix}: " if msg_prefix else ""
        watched, rendered = self._templates_of(response, template_name, "assertTemplateNotUsed")
        if watched is not None:
            return AssertTemplateNotUsed(self, watched, prefix)
        self._assert_template_not_used(template_name, rendered, prefix)
        return None

    def _assert_template_used(
        self, name: str | None, rendered: list[str], prefix: str, count: int | None
    ) -> None:
        if not rendered:
            self.fail(f"{prefix}No templates used to render the response")
        self.assertTrue(
            name in rendered,
            f"{prefix}Template '{name}' was not a template used to render the response. Actual "
            f"template(s) used: {', '.join(rendered)}",
        )
        if count is not None:
            times = rendered.count(str(name))
            self.assertEqual(
                times,
                count,
                f"{prefix}Template '{name}' was expected to be rendered {count} time(s) but was "
                f"actually rendered {times} time(s).",
            )

    def _assert_template_not_used(self, name: str | None, rendered: list[str], prefix: str) -> None:
        self.assertFalse(
            name in rendered,
            f"{prefix}Template '{name}' was used unexpectedly in rendering the response",
        )
