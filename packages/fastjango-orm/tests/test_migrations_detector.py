"""What the detector plans where models change in ways of their own."""

from __future__ import annotations

from typing import Any

import pytest
from fastjango.orm import models
from fastjango.orm.migrations.autodetector import MigrationAutodetector
from fastjango.orm.migrations.graph import MigrationGraph
from fastjango.orm.migrations.questioner import MigrationQuestioner
from fastjango.orm.migrations.state import ModelState, ProjectState


def state_of(*states: ModelState) -> ProjectState:
    project = ProjectState()
    for state in states:
        project.add_model(state)
    return project


def model(name: str, *fields: tuple[str, Any], label: str = "shop", **options: Any) -> ModelState:
    key = ("id", models.AutoField(primary_key=True))
    return ModelState(label, name, [key, *fields], options)


def planned(before: ProjectState, after: ProjectState) -> dict[str, list[str]]:
    """What each operation says, by app."""
    detector = MigrationAutodetector(before, after, MigrationQuestioner({"ask_initial": True}))
    return {
        label: [operation.describe() for item in found for operation in item.operations]
        for label, found in detector.changes(MigrationGraph()).items()
    }


def doubled(name: str) -> models.GeneratedField:
    return models.GeneratedField(
        expression=models.F(name) * 2, output_field=models.IntegerField(), db_persist=True
    )


def test_generated_fields_wait_for_what_they_read_and_no_more() -> None:
    # Each name is found in the text of the other's expression: CombinedExpression, value.
    number = ("value", models.IntegerField(default=1))
    before = state_of(model("Tag", number))
    generated = [("a", doubled("value")), ("l", doubled("value"))]
    assert planned(before, state_of(model("Tag", number, *generated))) == {
        "shop": ["Add field a to Tag", "Add field l to Tag"]
    }
    whole = state_of(
        model("Tag", ("a", doubled("zebra")), ("zebra", models.IntegerField(default=1)))
    )
    assert planned(state_of(model("Tag")), whole) == {
        "shop": ["Add field zebra to Tag", "Add field a to Tag"]
    }


def test_a_generated_field_waits_for_fields_in_conditions() -> None:
    case = models.GeneratedField(
        expression=models.Case(
            models.When(zebra__gt=1, then=models.F("yak")), default=models.Value(0)
        ),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    plain = [(name, models.IntegerField(default=1)) for name in ("yak", "zebra")]
    assert planned(state_of(model("Tag")), state_of(model("Tag", ("a", case), *plain))) == {
        "shop": ["Add field yak to Tag", "Add field zebra to Tag", "Add field a to Tag"]
    }


def test_changes_that_need_each_other_are_refused() -> None:
    fields = [("a", doubled("b")), ("b", doubled("a"))]
    with pytest.raises(ValueError, match="The changes to 'shop' depend on each other in a circle"):
        planned(state_of(model("Tag")), state_of(model("Tag", *fields)))
