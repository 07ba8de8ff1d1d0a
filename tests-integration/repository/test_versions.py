"""Siblings agree on their versions, and the metapackage gathers them all."""

import pytest
from packaging.requirements import Requirement
from packaging.version import Version
from repository import Distribution, distributions, plugins

MEMBERS = {member.name: member for member in distributions()}
META = MEMBERS["fastjango"]


def sibling_ranges() -> list[tuple[str, Requirement]]:
    found = list[tuple[str, Requirement]]()
    for member in MEMBERS.values():
        extras = [entry for extra in member.extras.values() for entry in extra]
        for entry in [*member.dependencies, *extras, *member.test_requirements]:
            requirement = Requirement(entry)
            if requirement.name in MEMBERS:
                found.append((member.name, requirement))
    return found


RANGES = sibling_ranges()


@pytest.mark.parametrize(("name", "wanted"), RANGES, ids=[f"{a}-{b.name}" for a, b in RANGES])
def test_a_sibling_range_admits_the_current_version(name: str, wanted: Requirement) -> None:
    current = Version(MEMBERS[wanted.name].version)
    assert wanted.specifier.contains(current, prereleases=True), f"{name}: {wanted}"


@pytest.mark.parametrize(("name", "wanted"), RANGES, ids=[f"{a}-{b.name}" for a, b in RANGES])
def test_a_sibling_range_has_a_floor_and_a_ceiling(name: str, wanted: Requirement) -> None:
    assert {part.operator for part in wanted.specifier} == {">=", "<"}, f"{name}: {wanted}"
    ceiling = next(Version(part.version) for part in wanted.specifier if part.operator == "<")
    floor = next(Version(part.version) for part in wanted.specifier if part.operator == ">=")
    expected = f"0.{floor.minor + 1}" if floor.major == 0 else f"{floor.major + 1}"
    assert ceiling == Version(expected), f"{name}: {wanted}"


@pytest.mark.parametrize("member", plugins(), ids=[member.stem for member in plugins()])
def test_the_metapackage_has_an_extra_for_every_distribution(member: Distribution) -> None:
    assert [Requirement(entry).name for entry in META.extras[member.stem]] == [member.name]


def test_the_extra_all_is_all_of_them() -> None:
    gathered = {Requirement(entry).name for entry in META.extras["all"]}
    assert gathered == {member.name for member in plugins()}
    assert set(META.extras) == {"all", *(member.stem for member in plugins())}


def test_there_are_no_circles_between_distributions() -> None:
    import graphlib

    graph = {member.stem: member.siblings() for member in MEMBERS.values()}
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert order[0] == "core"
