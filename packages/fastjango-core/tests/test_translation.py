"""The translation seam."""

import pickle

import pytest
from fastjango.core import translation
from fastjango.core.functional import Promise
from fastjango.core.translation import (
    NullTranslation,
    activate,
    check_for_language,
    deactivate,
    deactivate_all,
    get_language,
    get_language_bidi,
    gettext,
    gettext_lazy,
    gettext_noop,
    install,
    ngettext,
    ngettext_lazy,
    npgettext,
    npgettext_lazy,
    override,
    pgettext,
    pgettext_lazy,
    round_away_from_one,
    to_language,
    to_locale,
    trim_whitespace,
)


class Shouting(NullTranslation):
    def __init__(self):
        self.language = "de"

    def gettext(self, message):
        return message.upper() if self.language else message

    def activate(self, language):
        self.language = language

    def deactivate(self):
        self.language = "en"

    def get_language(self):
        return self.language


@pytest.fixture
def shouting():
    backend = Shouting()
    old = install(backend)
    yield backend
    assert install(old) is backend


def test_the_identity(configured):
    assert (gettext("a"), gettext_noop("a"), pgettext("c", "a")) == ("a", "a", "a")
    assert (ngettext("one", "many", 1), ngettext("one", "many", 2)) == ("one", "many")
    assert npgettext("c", "one", "many", 0) == "many"
    assert (get_language(), get_language_bidi(), check_for_language("xx")) == ("en-us", False, True)
    configured(LANGUAGE_CODE="he")
    assert get_language_bidi()
    activate("fr")
    deactivate()
    assert get_language() == "he"


def test_an_installed_backend_is_asked(shouting):
    lazy, lazy_context = gettext_lazy("text"), pgettext_lazy("c", "month")
    assert (str(lazy), str(lazy_context), gettext("a")) == ("TEXT", "MONTH", "A")
    with override(None):
        assert (str(lazy), get_language()) == ("text", None)
    with override("fr"):
        assert get_language() == "fr"
    assert get_language() == "de"
    with override("fr", deactivate=True):
        pass
    assert get_language() == "en"
    deactivate_all()
    with override("fr"):
        pass
    assert get_language() is None
    assert install(None) is shouting
    assert gettext("a") == "a"
    install(shouting)


def test_lazy_plurals():
    assert ngettext_lazy("%d cat", "%d cats", 2) % 2 == "2 cats"
    assert npgettext_lazy("c", "%d cat", "%d cats", 1) % 1 == "1 cat"
    alone = ngettext_lazy("%d cat", "%d cats")
    assert isinstance(alone, Promise)
    assert (alone % 1, alone % 2) == ("1 cat", "2 cats")
    keyed = npgettext_lazy("c", "%(n)d cat of %(who)s", "%(n)d cats of %(who)s", "n")
    assert keyed % {"n": 1, "who": "Ada"} == "1 cat of Ada"
    assert ngettext_lazy("{n} cat", "{n} cats", "n").format(n=3) == "3 cats"
    assert ngettext_lazy("{} cat", "{} cats").format(1) == "1 cat"
    assert ngettext_lazy("a cat", "cats") % 2 == "cats"
    with pytest.raises(KeyError, match="Your dictionary lacks key 'n'"):
        keyed % {"who": "Ada"}
    assert pickle.loads(pickle.dumps(keyed)) == keyed
    assert hash(pickle.loads(pickle.dumps(keyed))) == hash(keyed)
    assert bool(keyed)
    assert not bool(ngettext_lazy("", "x"))
    assert str(alone) == "%d cats"
    assert alone != "x"


def test_lazy_plurals_are_djangos():
    django = pytest.importorskip("django.utils.translation")
    for args, values in [
        (("%(n)s a", "%(n)s b", "n"), {"n": 1}),
        (("%s a", "%s b"), 5),
        (("a", "b"), 1),
    ]:
        ours, theirs = ngettext_lazy(*args), django.ngettext_lazy(*args)
        django_settings = pytest.importorskip("django.conf").settings
        if not django_settings.configured:
            django_settings.configure(USE_I18N=False)
        assert ours % values == theirs % values


@pytest.mark.parametrize("code", ["en", "en-us", "sr-latn", "zh-hant-tw", "nl-nl-x-informal"])
def test_locale_names_are_djangos(code):
    django = pytest.importorskip("django.utils.translation")
    assert to_locale(code) == django.to_locale(code)
    assert to_language(to_locale(code)) == django.to_language(django.to_locale(code))


def test_helpers():
    assert trim_whitespace("\n  a \n  b\n") == "a b"
    assert [round_away_from_one(n) for n in (0, 0.5, 1, 1.5)] == [0, 0, 1, 2]
    assert translation.gettext_lazy("x") == "x"
