"""Django's first tutorial, part by part, on FastJango: only the import shim is switched on.

`project/` is the site at the end of the tutorial, with Jinja2 templates and without the admin.
"""

import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import pytest

PROJECT = Path(__file__).parent / "project"
Run = Callable[..., subprocess.CompletedProcess[str]]

FIRST_VIEW = """
from django.http import HttpResponse


def index(request):
    return HttpResponse("Hello, world. You're at the polls index.")
"""
FIRST_URLS = """
from django.urls import path

from . import views

urlpatterns = [
    path("", views.index, name="index"),
]
"""
THIRD_VIEWS = """
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template import loader

from .models import Question


def index(request):
    latest_question_list = Question.objects.order_by("-pub_date")[:5]
    template = loader.get_template("polls/index.html")
    context = {"latest_question_list": latest_question_list}
    return HttpResponse(template.render(context, request))


def detail(request, question_id):
    try:
        question = Question.objects.get(pk=question_id)
    except Question.DoesNotExist:
        raise Http404("Question does not exist")
    return render(request, "polls/detail.html", {"question": question})


def results(request, question_id):
    get_object_or_404(Question, pk=question_id)
    response = "You're looking at the results of question %s."
    return HttpResponse(response % question_id)


def vote(request, question_id):
    return HttpResponse("You're voting on question %s." % question_id)
"""
THIRD_URLS = """
from django.urls import path

from . import views

app_name = "polls"
urlpatterns = [
    path("", views.index, name="index"),
    path("<int:question_id>/", views.detail, name="detail"),
    path("<int:question_id>/results/", views.results, name="results"),
    path("<int:question_id>/vote/", views.vote, name="vote"),
]
"""
ONE_QUESTION = """
from django.utils import timezone
from polls.models import Choice, Question
q = Question.objects.create(question_text="What's new?", pub_date=timezone.now())
q.choice_set.create(choice_text="Not much", votes=0)
q.choice_set.create(choice_text="The sky", votes=0)
"""


def environment(**more: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FASTJANGO_", "DJANGO_", "PYTEST_")) and name != "PYTHONPATH"
    }
    return {**kept, "PYTHONUNBUFFERED": "1", **more}


SHIM = environment(FASTJANGO_DJANGO_IMPORTS="1")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3"))
    for package in ("mysite", "polls"):
        (folder / package / "__init__.py").touch()
    return folder


@pytest.fixture
def run(site: Path) -> Run:
    def run_python(
        *arguments: str, status: int = 0, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=site,
            env=env or SHIM,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.returncode == status, done.stdout[-3000:] + done.stderr[-3000:]
        return done

    return run_python


@pytest.fixture
def migrated(run: Run) -> None:
    run("manage.py", "makemigrations", "polls")
    run("manage.py", "migrate", "-v", "0")


def script(code: str) -> str:
    """Return a program that does what `manage.py shell` would, typed by hand."""
    start = """
        import os
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
        import django
        django.setup()
        from django.test.utils import setup_test_environment
        setup_test_environment()
        from django.test import Client
        client = Client()
    """
    return textwrap.dedent(start) + textwrap.dedent(code)


def test_part_1_a_first_view(site: Path, run: Run) -> None:
    (site / "polls" / "views.py").write_text(FIRST_VIEW)
    (site / "polls" / "urls.py").write_text(FIRST_URLS)
    assert "no issues" in run("manage.py", "check").stdout
    code = "print(client.get('/polls/').content.decode(), client.get('/').status_code)"
    told = run("-c", script(code)).stdout
    assert told.strip() == "Hello, world. You're at the polls index. 404"


def test_part_2_models_and_the_database(run: Run) -> None:
    told = run("manage.py", "makemigrations", "polls").stdout
    assert "0001_initial.py" in told
    assert "Create model Question" in told
    sql = run("manage.py", "sqlmigrate", "polls", "0001").stdout
    assert re.search(r'CREATE TABLE "?polls_question"?', sql)
    assert re.search(r'"?question_id"? bigint NOT NULL', sql)
    run("manage.py", "migrate")
    api = """
    import datetime
    from django.utils import timezone
    from polls.models import Choice, Question
    assert not Question.objects.exists()
    q = Question(question_text="What's new?", pub_date=timezone.now())
    q.save()
    assert q.id == 1
    q.question_text = "What's up?"
    q.save()
    assert str(list(Question.objects.all())) == "[<Question: What's up?>]"
    assert Question.objects.filter(id=1).get() == q
    assert Question.objects.get(pub_date__year=timezone.now().year) == q
    try:
        Question.objects.get(id=2)
    except Question.DoesNotExist as error:
        print(error)
    assert Question.objects.get(pk=1).was_published_recently()
    assert not q.choice_set.exists()
    q.choice_set.create(choice_text="Not much", votes=0)
    q.choice_set.create(choice_text="The sky", votes=0)
    c = q.choice_set.create(choice_text="Just hacking again", votes=0)
    assert c.question == q
    assert q.choice_set.count() == 3
    this_year = timezone.now().year
    assert Choice.objects.filter(question__pub_date__year=this_year).count() == 3
    print(q.choice_set.filter(choice_text__startswith="Just hacking").delete())
    """
    told = run("-c", script(api)).stdout
    assert "Question matching query does not exist." in told
    assert "(1, {'polls.Choice': 1})" in told


@pytest.mark.usefixtures("migrated")
def test_part_3_views_and_templates(site: Path, run: Run) -> None:
    (site / "polls" / "views.py").write_text(THIRD_VIEWS)
    (site / "polls" / "urls.py").write_text(THIRD_URLS)
    code = """
    assert "No polls are available." in client.get("/polls/").content.decode()
    page = client.get("/polls/34/")
    assert page.status_code == 404, page
    assert client.get("/polls/34/results/").status_code == 404
    assert client.get("/polls/34/vote/").content == b"You're voting on question 34."
    """
    more = """
    page = client.get("/polls/").content.decode()
    assert '<a href="/polls/1/">What&#39;s new?</a>' in page, page
    page = client.get("/polls/1/").content.decode()
    assert "<h1>What&#39;s new?</h1>" in page
    assert client.get("/polls/1/results/").content.endswith(b"the results of question 1.")
    """
    run("-c", script(code) + ONE_QUESTION + textwrap.dedent(more))


@pytest.mark.usefixtures("migrated")
def test_part_4_forms_and_generic_views(run: Run) -> None:
    code = """
    from django.urls import reverse
    strict = Client(enforce_csrf_checks=True)
    vote = reverse("polls:vote", args=(q.id,))
    chosen = q.choice_set.get(choice_text="The sky")
    assert strict.post(vote, {"choice": chosen.id}).status_code == 403
    again = client.post(vote, {})
    assert "Please choose an answer." in again.content.decode()
    answer = client.post(vote, {"choice": chosen.id})
    assert answer.status_code == 302, answer
    assert answer.url == "/polls/1/results/", answer.url
    page = client.get(answer.url)
    assert "The sky: 1 vote<" in page.content.decode().replace("\\n", "")
    assert "Not much: 0 votes" in page.content.decode()
    assert page.context["question"] == q
    """
    run("-c", script(ONE_QUESTION) + textwrap.dedent(code))


@pytest.mark.usefixtures("migrated")
def test_part_5_the_tests_of_the_tutorial(run: Run) -> None:
    assert "10 passed" in run("manage.py", "test", "polls").stdout
    label = "polls.tests.QuestionModelTests"
    assert "3 passed" in run("manage.py", "test", label).stdout
    wrong = run("manage.py", "test", "poll.tests", status=1)
    assert "There is no 'poll.tests' to test" in wrong.stderr


@pytest.fixture
def address(site: Path, run: Run, migrated: None) -> Iterator[str]:
    run("-c", script(ONE_QUESTION))
    command = [sys.executable, "manage.py", "runserver", "--noreload", "127.0.0.1:0"]
    from socket import socket

    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command[-1] = f"127.0.0.1:{port}"
    with subprocess.Popen(
        command, cwd=site, env=SHIM, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        try:
            deadline = time.monotonic() + 60
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/polls/", timeout=5).close()
                    break
                except OSError as error:
                    if time.monotonic() > deadline or server.poll() is not None:
                        server.terminate()
                        raise AssertionError(server.communicate()[0]) from error
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def test_part_6_the_site_and_its_static_files_in_a_browser(address: str) -> None:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with browser.open(f"{address}/polls/") as page:
        assert '<link rel="stylesheet" href="/static/polls/style.css">' in page.read().decode()
    with browser.open(f"{address}/static/polls/style.css") as file:
        assert "color: green" in file.read().decode()
        assert file.headers["content-type"].startswith("text/css")
    with browser.open(f"{address}/polls/1/") as page:
        form = page.read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    assert token is not None, form
    data = urlencode({"csrfmiddlewaretoken": token[1], "choice": "1"}).encode()
    with browser.open(f"{address}/polls/1/vote/", data) as page:
        assert page.url == f"{address}/polls/1/results/"
        assert "Not much: 1 vote" in page.read().decode()


def test_part_7_the_admin_is_refused_with_the_reason(site: Path, run: Run) -> None:
    settings = site / "mysite" / "settings.py"
    text = settings.read_text()
    settings.write_text(
        text.replace("INSTALLED_APPS = [", 'INSTALLED_APPS = [\n    "django.contrib.admin",')
    )
    told = run("manage.py", "check", status=1).stderr
    assert "INSTALLED_APPS names 'django.contrib.admin'." in told
    assert "The admin is a distribution of its own that is still to come." in told
    assert "See docs/differences/django.md." in told
    settings.write_text(text)
    (site / "polls" / "admin.py").write_text("from django.contrib import admin\n")
    told = run("-c", script("import polls.admin"), status=1).stderr
    assert "The admin is a distribution of its own that is still to come." in told


def test_what_has_no_equivalent_is_refused_with_the_reason(site: Path, run: Run) -> None:
    settings = site / "mysite" / "settings.py"
    text = settings.read_text()
    settings.write_text(text.replace("jinja2.Jinja2", "django.DjangoTemplates"))
    told = run("manage.py", "check", status=1).stderr
    assert "TEMPLATES names 'django.template.backends.django.DjangoTemplates'." in told
    assert "Templates are Jinja2" in told
    told = run("-c", "from django.core.wsgi import get_wsgi_application", status=1).stderr
    assert "FastJango speaks ASGI only" in told


def test_one_line_in_manage_py_does_the_same(site: Path, run: Run) -> None:
    plain = environment()
    manage = site / "manage.py"
    lines = manage.read_text().splitlines(keepends=True)
    place = lines.index("import os\n")
    manage.write_text(
        "".join([*lines[:place], "import fastjango.django.imports\n", *lines[place:]])
    )
    assert "no issues" in run("manage.py", "check", env=plain).stdout
    run("manage.py", "makemigrations", "polls", env=plain)
    run("manage.py", "migrate", env=plain)
    assert "10 passed" in run("manage.py", "test", "polls", env=plain).stdout
    assert "no such" not in run("manage.py", "showmigrations", "polls", env=plain).stdout


def test_an_asgi_server_takes_the_project(site: Path, run: Run) -> None:
    code = "from mysite.asgi import application; print(type(application).__module__)"
    assert run("-c", code).stdout.startswith("fastjango.http")
