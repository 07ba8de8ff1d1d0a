"""Finding URLs and email addresses in text."""

import html
import re
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from fastjango.core.conf import settings
from fastjango.core.exceptions import ValidationError
from fastjango.values.http import MAX_URL_LENGTH, RFC3986_GENDELIMS, RFC3986_SUBDELIMS
from fastjango.values.regex_helper import lazy_re_compile
from fastjango.values.safestring import SafeData, SafeString, mark_safe
from fastjango.values.validators import DomainNameValidator, EmailValidator

_URL_SAFE: Final = RFC3986_SUBDELIMS + RFC3986_GENDELIMS + "~"
_MAX_ENTITY: Final = 64  # characters; named entities are shorter


def smart_urlquote(url: str) -> str:
    """Percent-encode a URL once, whether or not parts of it are encoded already.

    A host name beyond ASCII becomes percent-encoded UTF-8 (WHATWG URL section 3.5), for the
    browser to convert.
    """

    def requote(part: str) -> str:
        return quote(unquote(part), safe=_URL_SAFE)

    try:
        scheme, netloc, path, query, fragment = urlsplit(url)
    except ValueError:  # square brackets that hold no IPv6 address
        return requote(url)
    if query:
        # Names and values are unquoted one by one, as they may hold separators.
        pairs = parse_qsl(query, keep_blank_values=True)
        query = urlencode([(unquote(name), unquote(value)) for name, value in pairs])
    return urlunsplit((scheme, requote(netloc), requote(path), query, requote(fragment)))


class Urlizer:
    """Turns URLs (`http://`, `https://`, `www.`, well-known domains) and addresses into links.

    Punctuation around a URL stays outside the link. Subclass it to change the templates.
    """

    trailing_punctuation_chars: str = ".,:;!"
    wrapping_punctuation: tuple[tuple[str, str], ...] = (("(", ")"), ("[", "]"))
    simple_url_re: re.Pattern[str] = lazy_re_compile(r"^https?://\[?\w", re.IGNORECASE)
    simple_url_2_re: re.Pattern[str] = lazy_re_compile(
        rf"^www\.|^(?!http)(?:{DomainNameValidator.hostname_re})"
        rf"(?:{DomainNameValidator.domain_re})"
        r"\.(com|edu|gov|int|mil|net|org)($|/.*)$",
        re.IGNORECASE,
    )
    word_split_re: re.Pattern[str] = lazy_re_compile(r"""([\s<>"']+)""")
    mailto_template: str = "mailto:{local}@{domain}"
    url_template: str = '<a href="{href}"{attrs}>{url}</a>'

    def __call__(
        self,
        text: Any,
        trim_url_limit: int | None = None,
        nofollow: bool = False,
        autoescape: bool = False,
    ) -> str:
        """Return the text with its links; see `fastjango.values.html.urlize`."""
        safe_input = isinstance(text, SafeData)
        known: dict[str, str] = {}
        words: list[str] = []
        for word in self.word_split_re.split(str(text)):
            if (linked := known.get(word)) is None:
                linked = known[word] = self.handle_word(
                    word,
                    safe_input=safe_input,
                    trim_url_limit=trim_url_limit,
                    nofollow=nofollow,
                    autoescape=autoescape,
                )
            words.append(linked)
        return "".join(words)

    def handle_word(
        self,
        word: str,
        *,
        safe_input: bool,
        trim_url_limit: int | None = None,
        nofollow: bool = False,
        autoescape: bool = False,
    ) -> str:
        """Return one word, as a link if it is a URL or an email address."""
        if "." in word or "@" in word or ":" in word:
            lead, middle, trail = self.trim_punctuation(word)
            url, attrs = self.find_url(middle), ' rel="nofollow"' if nofollow else ""
            if url is None and ":" not in middle and self.is_email_simple(middle):
                local, domain = middle.rsplit("@", 1)
                url, attrs = self.mail_url(local, domain), ""
            if url:
                shown = self.trim_url(middle, limit=trim_url_limit)
                if autoescape and not safe_input:
                    lead, shown, trail = (html.escape(part) for part in (lead, shown, trail))
                link = self.url_template.format(href=html.escape(url), attrs=attrs, url=shown)
                return SafeString(f"{lead}{link}{trail}")
        if safe_input:
            return mark_safe(word)  # type: ignore[no-any-return]
        return SafeString(html.escape(word)) if autoescape else word

    def find_url(self, middle: str) -> str | None:
        """Return the address that a word links to, None when it is not a URL."""
        if len(middle) > MAX_URL_LENGTH:
            return None
        if self.simple_url_re.match(middle):
            return smart_urlquote(html.unescape(middle))
        if self.simple_url_2_re.match(middle):
            scheme = "https" if settings.URLIZE_ASSUME_HTTPS else "http"
            return smart_urlquote(f"{scheme}://{html.unescape(middle)}")
        return None

    def mail_url(self, local: str, domain: str) -> str:
        """Return a `mailto:` address, encoded as RFC 6068 section 2 asks."""
        return self.mailto_template.format(
            local=quote(local, safe=""), domain=quote(domain, safe="")
        )

    def trim_url(self, x: str, *, limit: int | None) -> str:
        """Return at most `limit` characters of a URL, the ellipsis included."""
        if limit is None or len(x) <= limit:
            return x
        return f"{x[: max(0, limit - 1)]}…"

    def trim_punctuation(self, word: str) -> tuple[str, str, str]:
        """Return the punctuation before a word, the word, and the punctuation after it.

        Works on positions, in time linear in the word.
        """
        start = len(word) - len(word.lstrip("".join(pair[0] for pair in self.wrapping_punctuation)))
        end = _PunctuationTrimmer(self, word, start).run()
        return word[:start], word[start:end], word[end:]

    @staticmethod
    def is_email_simple(value: str) -> bool:
        """Tell whether the text looks like an email address."""
        try:
            EmailValidator(allowlist=[])(value)
        except ValidationError:
            return False
        return True


class _PunctuationTrimmer:
    """Moves the end of a word to the left over its punctuation."""

    def __init__(self, urlizer: Urlizer, word: str, start: int) -> None:
        self.word, self.start, self.end = word, start, len(word)
        self.chars = frozenset(urlizer.trailing_punctuation_chars)
        self.excess = {
            closing: word.count(closing, start) - word.count(opening, start)
            for opening, closing in urlizer.wrapping_punctuation
        }
        self.ampersand = word.rfind("&", start)

    def back_over(self, chars: frozenset[str]) -> int:
        """Return the end of the word without the given characters at its end."""
        end = self.end
        while end > self.start and self.word[end - 1] in chars:
            end -= 1
        return end

    def run(self) -> int:
        moved = True
        while moved and self.end > self.start:
            before = self.end
            self.trim_closings()
            if self.ampersand >= self.end:
                self.ampersand = self.word.rfind("&", self.start, self.end)
            self.end = self.back_over(self.chars if self.ampersand == -1 else self.chars - {";"})
            if ";" in self.chars and self.end > self.start and self.word[self.end - 1] == ";":
                self.trim_semicolon()
            moved = self.end != before
        return self.end

    def trim_closings(self) -> None:
        """Leave out closing brackets that were not opened inside the word."""
        for closing, excess in self.excess.items():
            if excess > 0 and self.word[self.end - 1 : self.end] == closing:
                end = max(self.start, self.end - excess)
                self.excess[closing] = 0
                self.end = end

    def trim_semicolon(self) -> None:
        """Leave out semicolons that do not end an entity."""
        entity = self.word[self.ampersand : self.end] if self.ampersand >= 0 else ""
        if 0 < len(entity) <= _MAX_ENTITY:
            text = html.unescape(entity)
            if text != entity and not text.endswith(";"):
                return
        end = self.back_over(self.chars)
        run = len(self.word[end : self.end])
        semicolons = self.end - self.back_over(frozenset(";"))
        if self.ampersand >= 0 and semicolons > 1 and run:
            # The first of several may end an entity: leave the word up to it.
            end = self.word.index(";", end, self.end) + 1
        self.end = end


urlizer: Final = Urlizer()
