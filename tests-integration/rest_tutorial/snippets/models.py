"""A piece of code that somebody keeps; `highlighted` is made of it whenever it is saved."""

from __future__ import annotations

from typing import Any

from fastjango.core import settings
from fastjango.orm import models
from fastjango.values.html import escape

LANGUAGE_CHOICES = [("c", "C"), ("python", "Python"), ("rust", "Rust")]
STYLE_CHOICES = [("friendly", "friendly"), ("monokai", "monokai")]


class Snippet(models.Model):
    created = models.DateTimeField(auto_now_add=True)
    title = models.CharField(max_length=100, blank=True, default="")
    code = models.TextField()
    linenos = models.BooleanField(default=False)
    language = models.CharField(choices=LANGUAGE_CHOICES, default="python", max_length=100)
    style = models.CharField(choices=STYLE_CHOICES, default="friendly", max_length=100)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, related_name="snippets", on_delete=models.CASCADE, null=True
    )
    highlighted = models.TextField(blank=True)

    class Meta:
        ordering = ["created", "id"]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the code as a page, with numbers of lines if they are wanted."""
        lines = str(escape(self.code)).splitlines()
        if self.linenos:
            lines = [f"{number} {line}" for number, line in enumerate(lines, 1)]
        title = f"<h2>{escape(self.title)}</h2>" if self.title else ""
        text = "\n".join(lines)
        self.highlighted = f"<html><body>{title}<pre class={self.style}>{text}</pre></body></html>"
        super().save(*args, **kwargs)
