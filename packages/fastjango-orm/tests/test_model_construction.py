"""Instances made from keyword arguments."""

from __future__ import annotations

from typing import Any

import pytest
from fastjango.orm import models


class Drafted(models.Model):
    """Sets attributes of its own before it calls `Model.__init__`."""

    title = models.CharField(max_length=20)
    words = models.IntegerField(default=3)

    class Meta:
        app_label = "tests_construction"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.origin = "typed"
        super().__init__(*args, **kwargs)


def test_attributes_set_before_init_are_kept():
    draft = Drafted(title="a")
    assert draft.origin == "typed"
    assert (draft.title, draft.words, draft.pk) == ("a", 3, None)
    assert draft._state.adding


@pytest.mark.parametrize("name", ["_state", "nothing"])
def test_names_that_are_no_fields_are_refused(name: str):
    with pytest.raises(TypeError, match="unexpected keyword arguments"):
        Drafted(title="a", **{name: 1})


def test_instances_share_nothing():
    first, second = Drafted(title="a"), Drafted(title="b")
    first.words = 4
    assert second.words == 3
    assert first._state is not second._state
    assert vars(first).keys() == {"origin", "_state", "id", "title", "words"}
