"""Decorators, choices, deconstruction, inspection and validators' other sides."""

import asyncio
import enum
import functools
from types import SimpleNamespace
from typing import Any

import pytest
from fastjango.core.exceptions import ValidationError
from fastjango.core.translation import gettext_lazy
from fastjango.values import decorators, inspect, validators
from fastjango.values.apps import ValuesConfig
from fastjango.values.choices import (
    BaseChoiceIterator,
    BlankChoiceIterator,
    CallableChoiceIterator,
    flatten_choices,
    normalize_choices,
)
from fastjango.values.conf import ValuesSettings
from fastjango.values.deconstruct import deconstructible
from fastjango.values.ipv6 import is_valid_ipv6_address


def marking(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return ["marked", function(*args, **kwargs)]

    wrapper.marked = True  # type: ignore[attr-defined]
    return wrapper


class TestMethodDecorator:
    def test_method(self) -> None:
        class Thing:
            @decorators.method_decorator(marking)
            def method(self, x: int) -> int:
                "Doc."
                return x

        assert Thing().method(1) == ["marked", 1]
        assert Thing.method.marked
        assert Thing.method.__doc__ == "Doc."
        assert decorators.method_decorator(marking).__name__ == "method_decorator(marking)"

    def test_several_in_order(self) -> None:
        def adding(number: int) -> Any:
            def decorate(function: Any) -> Any:
                return lambda *args: [number, *function(*args)]

            return decorate

        class Thing:
            @decorators.method_decorator([adding(1), adding(2)])
            def method(self) -> list[int]:
                return [3]

        assert Thing().method() == [1, 2, 3]
        assert decorators.method_decorator([]).__name__ == "method_decorator(list)"

    def test_class(self) -> None:
        @decorators.method_decorator(marking, name="method")
        class Thing:
            value = 1

            def method(self) -> int:
                return 2

        assert Thing().method() == ["marked", 2]
        with pytest.raises(ValueError, match="must be the name of a method of the decorated class"):
            decorators.method_decorator(marking, name="missing")(Thing)
        with pytest.raises(TypeError, match="Cannot decorate 'value' as it isn't a callable"):
            decorators.method_decorator(marking, name="value")(Thing)
        with pytest.raises(TypeError, match="have no order"):
            decorators.method_decorator({marking}, name="method")(Thing)

    async def test_async_method(self) -> None:
        class Thing:
            @decorators.method_decorator(lambda function: function)
            async def method(self) -> int:
                return 1

        assert decorators.iscoroutinefunction(Thing.method)
        assert await Thing().method() == 1

    def test_class_only(self) -> None:
        class Thing:
            @decorators.classonlymethod
            def make(cls) -> str:
                return cls.__name__

        assert Thing.make() == "Thing"
        with pytest.raises(AttributeError, match="available only on the class"):
            Thing().make()


def test_marked_coroutine_functions() -> None:
    def plain() -> None: ...

    assert not decorators.iscoroutinefunction(plain)
    assert decorators.iscoroutinefunction(decorators.markcoroutinefunction(plain))
    assert decorators.iscoroutinefunction(functools.partial(asyncio.sleep, 0))


class Middleware:
    def __init__(self, get_response: Any, log: list[str] | None = None, **options: Any) -> None:
        self.log = [] if log is None else log
        self.options = options

    def process_request(self, request: Any) -> Any:
        self.log.append("request")
        return self.options.get("early")

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> Any:
        self.log.append("view")
        return self.options.get("instead")

    def process_exception(self, request: Any, exception: Exception) -> Any:
        self.log.append(f"exception {exception}")
        return self.options.get("rescue")

    def process_template_response(self, request: Any, response: Any) -> Any:
        self.log.append("template")
        return response

    def process_response(self, request: Any, response: Any) -> Any:
        self.log.append("response")
        return response


class Rendered:
    def __init__(self) -> None:
        self.callbacks: list[Any] = []

    def render(self) -> None: ...

    def add_post_render_callback(self, callback: Any) -> None:
        self.callbacks.append(callback)


class TestMiddlewareDecorators:
    def wrap(self, view: Any, **options: Any) -> tuple[Any, list[str]]:
        log: list[str] = []
        make = decorators.decorator_from_middleware_with_args(Middleware)
        return make(log=log, **options)(view), log

    def test_around_a_view(self) -> None:
        view, log = self.wrap(lambda request: "answer")
        assert view("request") == "answer"
        assert log == ["request", "view", "response"]

    def test_early_answers(self) -> None:
        assert self.wrap(lambda request: "answer", early="early")[0]("r") == "early"
        assert self.wrap(lambda request: "answer", instead="instead")[0]("r") == "instead"

    def test_exceptions(self) -> None:
        def fail(request: Any) -> None:
            raise ValueError("oh")

        view, log = self.wrap(fail)
        with pytest.raises(ValueError, match="oh"):
            view("r")
        assert log[-1] == "exception oh"
        assert self.wrap(fail, rescue="saved")[0]("r") == "saved"

    def test_rendered_responses(self) -> None:
        response = Rendered()
        view, log = self.wrap(lambda request: response)
        assert view("r") is response
        assert log == ["request", "view", "template"]
        assert response.callbacks[0](response) is response
        assert log[-1] == "response"

    async def test_async_views(self) -> None:
        async def view(request: Any) -> str:
            return "answer"

        async def fail(request: Any) -> None:
            raise ValueError("oh")

        wrapped, log = self.wrap(view)
        assert decorators.iscoroutinefunction(wrapped)
        assert await wrapped("r") == "answer"
        assert log == ["request", "view", "response"]
        assert await self.wrap(view, early="early")[0]("r") == "early"
        assert await self.wrap(fail, rescue="saved")[0]("r") == "saved"
        with pytest.raises(ValueError, match="oh"):
            await self.wrap(fail)[0]("r")

    def test_middleware_without_methods(self) -> None:
        class Bare:
            def __init__(self, get_response: Any) -> None: ...

        decorate = decorators.decorator_from_middleware(Bare)
        assert decorate(lambda request: "answer")("r") == "answer"
        response = Rendered()
        assert decorate(lambda request: response)("r") is response
        with pytest.raises(ZeroDivisionError):
            decorate(lambda request: 1 / 0)("r")

    def test_capabilities(self) -> None:
        def factory() -> None: ...

        for mark, expected in (
            (decorators.sync_and_async_middleware, (True, True)),
            (decorators.sync_only_middleware, (True, False)),
            (decorators.async_only_middleware, (False, True)),
        ):
            marked: Any = mark(factory)
            assert (marked.sync_capable, marked.async_capable) == expected


class TestChoices:
    def test_forms(self) -> None:
        class Size(enum.Enum):
            S = 1

            @enum.nonmember
            @staticmethod
            def labels() -> None: ...

        class Meta(enum.EnumMeta):
            @property
            def choices(cls) -> list[tuple[int, str]]:
                return [(1, "S")]

        class Kind(enum.Enum, metaclass=Meta):
            S = 1

        assert normalize_choices({"g": {1: "a"}, 2: "b"}) == [("g", [(1, "a")]), (2, "b")]
        assert normalize_choices(iter([(1, "a")])) == [(1, "a")]
        assert normalize_choices(Kind) == [(1, "S")]
        assert normalize_choices("text") == "text"
        assert normalize_choices(5) == 5
        assert normalize_choices(["ab", "cd"]) == ["ab", "cd"]
        assert normalize_choices([1, 2]) == [1, 2]
        assert normalize_choices([("g", lambda: [(1, "a")])]) == [("g", [(1, "a")])]
        lazy = gettext_lazy("x")
        assert normalize_choices(lazy) is lazy
        assert Size.S.value == 1

    def test_callables_stay_lazy(self) -> None:
        calls: list[int] = []

        def choose() -> dict[str, str]:
            calls.append(1)
            return {"a": "A"}

        found = normalize_choices(choose)
        assert isinstance(found, CallableChoiceIterator)
        assert not calls
        assert list(found) == [("a", "A")]
        assert found == [("a", "A")]
        assert found != [("a", "A"), ("b", "B")]
        assert found != 5
        assert found[0] == ("a", "A")
        assert found[-1] == ("a", "A")
        assert found[0:1] == [("a", "A")]
        with pytest.raises(IndexError, match="index out of range"):
            found[1]

    def test_blank(self) -> None:
        blank = [("", "---")]
        assert list(BlankChoiceIterator([(1, "a")], blank)) == [("", "---"), (1, "a")]
        assert list(BlankChoiceIterator([(None, "a")], blank)) == [(None, "a")]
        grouped = [("g", [("", "none")])]
        assert list(BlankChoiceIterator(grouped, blank)) == grouped
        assert list(flatten_choices(None)) == []
        with pytest.raises(NotImplementedError, match="must implement __iter__"):
            iter(BaseChoiceIterator())


@deconstructible
class Plain:
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...


@deconstructible(path="fastjango.values.deconstruct.deconstructible")
class Moved:
    def __init__(self, value: int) -> None: ...


class Child(Moved): ...


def test_deconstructible() -> None:
    module = Plain.__module__
    thing: Any = Plain(1, x=2)
    moved: Any = Moved(1)
    if "." in module or module.startswith("test"):
        import sys

        sys.modules.setdefault(module, sys.modules[__name__])
    assert thing.deconstruct() == (f"{module}.Plain", (1,), {"x": 2})
    assert moved.deconstruct()[0] == "fastjango.values.deconstruct.deconstructible"
    child: Any = Child(1)
    assert child.deconstruct()[0] == f"{module}.Child"

    @deconstructible
    class Inner: ...

    inner: Any = Inner()
    with pytest.raises(ValueError, match="Could not find object Inner"):
        inner.deconstruct()


class TestInspect:
    def function(self, a: int, *args: int, b: int = 1, **kwargs: int) -> None: ...

    def plain(self) -> None: ...

    def test_parameters(self) -> None:
        assert inspect.get_func_args(self.function) == ["a", "b"]
        assert inspect.get_func_full_args(TestInspect.function) == [
            ("a",),
            ("*args",),
            ("b", 1),
            ("**kwargs",),
        ]
        assert inspect.func_accepts_kwargs(self.function)
        assert inspect.func_accepts_var_args(self.function)
        assert not inspect.func_accepts_kwargs(self.plain)
        assert inspect.method_has_no_args(self.plain)
        assert inspect.method_has_no_args(TestInspect.plain)
        assert not inspect.method_has_no_args(self.function)
        assert inspect.func_supports_parameter(self.function, "b")
        assert not inspect.func_supports_parameter(self.function, "z")
        assert inspect.is_module_level_function(marking)
        assert not inspect.is_module_level_function(lambda: None)
        assert list(inspect.signature(marking).parameters) == ["function"]


class TestValidators:
    def test_equality(self) -> None:
        for one, same, different in (
            (
                validators.RegexValidator("a"),
                validators.RegexValidator("a"),
                validators.RegexValidator("b"),
            ),
            (
                validators.MinValueValidator(1),
                validators.MinValueValidator(1),
                validators.MinValueValidator(2),
            ),
            (
                validators.DecimalValidator(1, 1),
                validators.DecimalValidator(1, 1),
                validators.DecimalValidator(2, 1),
            ),
            (
                validators.EmailValidator(),
                validators.EmailValidator(),
                validators.EmailValidator("m"),
            ),
            (
                validators.FileExtensionValidator(["A"]),
                validators.FileExtensionValidator(["a"]),
                validators.FileExtensionValidator(["b"]),
            ),
            (
                validators.ProhibitNullCharactersValidator(),
                validators.ProhibitNullCharactersValidator(),
                validators.ProhibitNullCharactersValidator("m"),
            ),
        ):
            assert one == same
            assert one != different
            assert one != 5

    def test_deconstruct_by_public_path(self) -> None:
        validator: Any = validators.MinValueValidator(1)
        assert validator.deconstruct() == (
            "fastjango.values.validators.MinValueValidator",
            (1,),
            {},
        )

    def test_flags_need_text(self) -> None:
        with pytest.raises(TypeError, match="regex must be a regular expression string"):
            validators.RegexValidator(validators.slug_re, flags=2)

    def test_ip_validators(self) -> None:
        assert validators.ip_address_validators("IPv4", False) == [validators.validate_ipv4_address]
        with pytest.raises(ValueError, match="'both'"):
            validators.ip_address_validators("ipv4", True)
        with pytest.raises(ValueError, match="The protocol 'x' is unknown"):
            validators.ip_address_validators("x", False)

    def test_file_extensions(self) -> None:
        check = validators.FileExtensionValidator(["txt"], message="no", code="c")
        check(SimpleNamespace(name="a.TXT"))
        with pytest.raises(ValidationError) as caught:
            check(SimpleNamespace(name="a.exe"))
        assert caught.value.code == "c"
        validators.FileExtensionValidator()(SimpleNamespace(name="anything"))

    def test_images(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import sys

        monkeypatch.setitem(sys.modules, "PIL", None)
        assert validators.get_available_image_extensions() == []
        image = SimpleNamespace(init=lambda: None, EXTENSION=[".PNG"])
        monkeypatch.setitem(sys.modules, "PIL", SimpleNamespace(Image=image))
        assert validators.get_available_image_extensions() == ["png"]
        validators.validate_image_file_extension(SimpleNamespace(name="a.png"))
        with pytest.raises(ValidationError):
            validators.validate_image_file_extension(SimpleNamespace(name="a.txt"))

    def test_addresses(self) -> None:
        import ipaddress

        assert is_valid_ipv6_address(ipaddress.IPv6Address("::1"))
        assert validators.EMPTY_VALUES == (None, "", [], (), {})


def test_settings_and_app() -> None:
    assert ValuesConfig.settings_class == "fastjango.values.conf.ValuesSettings"
    assert ValuesSettings.model_fields["DECIMAL_SEPARATOR"].default == "."


def test_steps_hold_for_numbers_of_any_size() -> None:
    from decimal import Decimal

    from fastjango.core.exceptions import ValidationError
    from fastjango.values.validators import StepValueValidator

    StepValueValidator(3)(3 * 10**400)
    for value in (3 * 10**400 + 1, Decimal("1E+999999999"), float("inf")):
        with pytest.raises(ValidationError, match="multiple of step size 3"):
            StepValueValidator(3)(value)
