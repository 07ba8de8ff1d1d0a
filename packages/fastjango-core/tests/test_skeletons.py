"""startproject and startapp, as far as the kernel alone can run them."""

import stat
from pathlib import Path

import pytest
from fastjango.core.management import CommandError, call_command
from fastjango.core.management.skeletons import TEMPLATES


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def start(kind, *args, **options):
    call_command(f"start{kind}", *args, verbosity=0, **options)


def files(folder):
    return {str(p.relative_to(folder)) for p in Path(folder).rglob("*") if p.is_file()}


COMMON = {
    ".dockerignore",
    ".env.example",
    ".gitignore",
    "Dockerfile",
    "README.md",
    "manage.py",
    "mysite/__init__.py",
    "mysite/asgi.py",
    "mysite/settings.py",
    "mysite/urls.py",
    "mysite/views.py",
    "pyproject.toml",
}


PAGES = {"templates/base.html", "templates/home.html"}


@pytest.mark.parametrize("with_templates", [True, False])
def test_a_project(here, capsys, monkeypatch, with_templates):
    finder = "fastjango.core.management.commands.startproject.find_spec"
    monkeypatch.setattr(finder, lambda name: with_templates or None)
    call_command("startproject", "mysite")
    pages = PAGES if with_templates else set()
    assert files(here / "mysite") == COMMON | {"tests/test_site.py"} | pages
    made = (here / "mysite/mysite/settings.py").read_text()
    assert ("fastjango.templates" in made) is ("STATIC_URL" in made) is with_templates
    dependencies = (here / "mysite/pyproject.toml").read_text()
    assert ("fastjango-templates" in dependencies) is with_templates
    assert (here / "mysite/manage.py").stat().st_mode & stat.S_IXUSR
    settings = (here / "mysite/mysite/settings.py").read_text()
    assert 'ROOT_URLCONF = "mysite.urls"' in settings
    assert 'SECRET_KEY = "fastjango-insecure-' in settings
    assert "Wrote the project 'mysite' to mysite.\nNext: cd mysite &&" in capsys.readouterr().out
    for name in files(here / "mysite") - pages:
        assert "{{" not in (here / "mysite" / name).read_text()


def test_keys_differ(here):
    start("project", "one")
    start("project", "two")
    key = [
        (here / n / n / "settings.py").read_text().split('SECRET_KEY = "')[1][:70]
        for n in ("one", "two")
    ]
    assert key[0] != key[1]


def test_an_api_project(here):
    start("project", "mysite", api=True)
    assert files(here / "mysite") == COMMON | {"tests/test_api.py"}
    assert "home" not in (here / "mysite/mysite/urls.py").read_text()


def test_into_a_given_folder(here, capsys):
    (here / ".git").mkdir()
    call_command("startproject", "mysite", ".")
    assert (here / "manage.py").exists()
    assert "Next: python manage.py migrate" in capsys.readouterr().out
    start("project", "other", "deep/er/folder")
    assert (here / "deep/er/folder/other/urls.py").exists()


def test_an_app(here, capsys):
    call_command("startapp", "blog_posts")
    assert files(here / "blog_posts") == {
        "__init__.py",
        "apps.py",
        "migrations/__init__.py",
        "models.py",
        "tests/test_blog_posts.py",
        "urls.py",
        "views.py",
    }
    assert "class BlogPostsConfig(AppConfig):" in (here / "blog_posts/apps.py").read_text()
    assert capsys.readouterr().out == (
        "Wrote the app 'blog_posts' to blog_posts.\nNext: add 'blog_posts' to INSTALLED_APPS.\n"
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "my-site",
            "'my-site' is not a valid project name. Please make sure the name is a valid "
            "identifier. "
            "Did you mean 'my_site'?",
        ),
        (
            "class",
            "'class' is not a valid project name. Please make sure the name is a valid identifier.",
        ),
        (
            "7",
            "'7' is not a valid project name. Please make sure the name is a valid identifier.",
        ),
        *(
            (
                name,
                f"'{name}' is not a valid project name. Besides letters from a to z and digits it "
                "may hold underscores, but not at its ends.",
            )
            for name in ("__init__", "_shop", "shop_", "caf\xe9")
        ),
        (
            "json",
            "'json' is reserved, as it hides a module of Python or of the framework. Please try "
            "another name for the project.",
        ),
        (
            "fastjango",
            "'fastjango' is reserved, as it hides a module of Python or of the framework. "
            "Please try "
            "another name for the project.",
        ),
        (
            "pydantic",
            "'pydantic' conflicts with the name of an existing Python module and cannot be "
            "used as a "
            "project name. Please try another name.",
        ),
    ],
)
def test_bad_names(here, name, message):
    with pytest.raises(CommandError) as caught:
        start("project", name)
    assert str(caught.value) == message
    assert list(here.iterdir()) == []


def test_apps_may_have_names_that_no_distribution_has(here):
    start("app", "caf\xe9")
    assert (here / "caf\xe9/apps.py").exists()


def test_app_names_get_an_article():
    with pytest.raises(CommandError, match="cannot be used as an app name"):
        start("app", "pydantic")


def test_full_folders_are_refused(here):
    (here / "mysite").mkdir()
    (here / "mysite/notes.txt").touch()
    with pytest.raises(CommandError, match="'mysite' already exists and is not an empty folder"):
        start("project", "mysite")
    (here / "file").touch()
    with pytest.raises(CommandError, match="'file' already exists"):
        start("project", "mysite", "file")
    assert files(here) == {"mysite/notes.txt", "file"}


def test_hidden_files_that_would_be_replaced(here):
    (here / ".gitignore").write_text("mine")
    with pytest.raises(CommandError, match=r"'\.' already has \.gitignore\."):
        start("project", "mysite", ".")
    assert files(here) == {".gitignore"}


def test_all_or_nothing(here, monkeypatch):
    source = here / "template"
    source.mkdir()
    (source / "a.py").write_text("x")
    (source / "b.py").write_bytes(b"\xff\xfe")
    with pytest.raises(UnicodeDecodeError):
        start("project", "mysite", template=str(source))
    assert files(here) == {"template/a.py", "template/b.py"}


def test_templates_of_ones_own(here):
    source = here / "template"
    for name, text in {
        "project_name/x.py": "{{ project_name }} {{project_directory}} {{ other }} {% if %}",
        "y.txt-tpl": "{{ camel_case_project_name }}",
        "page.html": "{{ project_name }}",
        "note.md": "{{ project_name }}",
        "Procfile": "{{ project_name }}",
        "skip/z.py": "",
        "__pycache__/q.pyc": "",
    }.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    call_command(
        "startproject",
        "my_site",
        template=str(source),
        extensions=["py", "md,.rst"],
        files=["Procfile"],
        exclude=["skip"],
    )
    made = here / "my_site"
    assert files(made) == {"my_site/x.py", "y.txt", "page.html", "note.md", "Procfile"}
    assert (made / "my_site/x.py").read_text() == "my_site my_site {{ other }} {% if %}"
    assert (made / "y.txt").read_text() == "MySite"
    assert (made / "page.html").read_text() == "{{ project_name }}"
    assert (made / "note.md").read_text() == (made / "Procfile").read_text() == "my_site"
    with pytest.raises(CommandError, match="The template 'gone' is not a folder on this machine"):
        start("app", "other", template="gone")


def test_no_template_file_can_be_mistaken_for_code():
    found = [p for p in TEMPLATES.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    assert found
    assert all(p.name.endswith("-tpl") for p in found)


def test_the_project_lists_its_commands(here, run):
    start("project", "mysite")
    result = run("manage.py", "--help", cwd=here / "mysite")
    assert "startapp" in result.stdout
    result = run("manage.py", "startapp", "mysite", cwd=here / "mysite")
    assert "'mysite' conflicts with the name of an existing Python module" in result.stderr
