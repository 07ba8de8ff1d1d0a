"""A site with one form behind CSRF checks: run by the tests in a process of its own."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from fastjango.core import settings, setup

TEMPLATES = Path(tempfile.mkdtemp(prefix="form-site"))
(TEMPLATES / "ask.html").write_text(
    """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Ask</title></head>
<body><main><h1>Ask</h1><form method="post">{% csrf_token %}{{ form }}<button>Send</button></form>
</main></body></html>""",
    encoding="utf-8",
)
settings.configure(
    DEBUG=True,
    SECRET_KEY="only-for-tests-" + "x" * 50,
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    INSTALLED_APPS=["fastjango.http", "fastjango.templates", "fastjango.forms"],
    MIDDLEWARE=["fastjango.http.middleware.csrf.CsrfViewMiddleware"],
    TEMPLATES=[{"BACKEND": "fastjango.templates.backends.Jinja2", "DIRS": [TEMPLATES]}],
    ROOT_URLCONF="__main__",
)
setup()

import uvicorn  # noqa: E402  # after the settings
from fastjango import forms  # noqa: E402
from fastjango.forms.views import FormView  # noqa: E402
from fastjango.http import HttpResponse, get_asgi_application, path  # noqa: E402


class Question(forms.Form):
    """What is asked."""

    name = forms.CharField(max_length=5)
    text = forms.CharField(widget=forms.Textarea, help_text="Anything.")


class Ask(FormView):
    """Shows the form, and thanks for it."""

    view_is_async = True
    form_class = Question
    template_name = "ask.html"

    async def aform_valid(self, form: Question) -> HttpResponse:
        """Say what was received."""
        return HttpResponse(f"<h1>Thanks, {form.cleaned_data['name']}</h1>")


urlpatterns = [path("", Ask.as_view())]

if __name__ == "__main__":
    uvicorn.run(
        get_asgi_application(), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning"
    )
