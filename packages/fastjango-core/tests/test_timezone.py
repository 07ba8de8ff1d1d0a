"""Time zones against Django's module."""

import asyncio
import datetime
import zoneinfo

import pytest
from fastjango.core import timezone

UTC = datetime.UTC
NOON = datetime.datetime(2026, 7, 1, 12, tzinfo=UTC)
TOKYO = zoneinfo.ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize("offset", [0, 90, -90, 330, datetime.timedelta(hours=-5)])
def test_fixed_offsets_are_named_as_in_django(offset):
    django = pytest.importorskip("django.utils.timezone")
    ours, theirs = timezone.get_fixed_timezone(offset), django.get_fixed_timezone(offset)
    assert (ours.tzname(None), ours.utcoffset(None)) == (
        theirs.tzname(None),
        theirs.utcoffset(None),
    )


def test_the_default_zone_is_the_settings(configured):
    assert timezone.get_default_timezone_name() == "Europe/Berlin"
    assert timezone.get_current_timezone_name() == "Europe/Berlin"
    configured(TIME_ZONE="Asia/Tokyo")
    assert timezone.get_default_timezone() == TOKYO


def test_activate_and_override(configured):
    timezone.activate("Asia/Tokyo")
    assert timezone.get_current_timezone_name() == "Asia/Tokyo"
    with timezone.override(timezone.get_fixed_timezone(60)):
        assert timezone.get_current_timezone_name() == "+0100"
        with timezone.override(None):
            assert timezone.get_current_timezone_name() == "Europe/Berlin"
    assert timezone.get_current_timezone() == TOKYO
    timezone.deactivate()
    assert timezone.get_current_timezone_name() == "Europe/Berlin"
    with pytest.raises(ValueError, match="Invalid timezone: 3"):
        timezone.activate(3)


async def test_each_task_has_its_own(configured):
    async def in_tokyo():
        timezone.activate("Asia/Tokyo")
        await asyncio.sleep(0)
        return timezone.get_current_timezone_name()

    names = await asyncio.gather(in_tokyo(), asyncio.sleep(0, timezone.get_current_timezone_name()))
    assert names == ["Asia/Tokyo", "Europe/Berlin"]


def test_localtime_and_localdate(configured):
    assert timezone.localtime(NOON).isoformat() == "2026-07-01T14:00:00+02:00"
    late = datetime.datetime(2026, 7, 1, 23, tzinfo=UTC)
    assert timezone.localdate(late) == datetime.date(2026, 7, 2)
    assert timezone.localdate(late, UTC) == datetime.date(2026, 7, 1)
    assert abs(timezone.localtime() - timezone.now()) < datetime.timedelta(minutes=1)
    with pytest.raises(ValueError, match=r"localtime\(\) cannot be applied to a naive datetime"):
        timezone.localtime(datetime.datetime(2026, 7, 1))


def test_template_localtime(configured):
    assert timezone.template_localtime(NOON).hour == 14
    assert timezone.template_localtime(NOON, use_tz=False) is NOON
    assert timezone.template_localtime("text") == "text"
    naive = datetime.datetime(2026, 7, 1)
    assert timezone.template_localtime(naive) is naive
    configured(USE_TZ=False)
    assert timezone.template_localtime(NOON) is NOON


def test_now(configured):
    assert timezone.is_aware(timezone.now())
    configured(USE_TZ=False)
    assert timezone.is_naive(timezone.now())


def test_aware_and_naive(configured):
    naive = datetime.datetime(2026, 7, 1, 14)
    aware = timezone.make_aware(naive)
    assert aware.astimezone(UTC) == NOON
    assert timezone.make_naive(aware) == naive
    assert timezone.make_naive(NOON, TOKYO).hour == 21
    assert timezone.make_aware(naive, TOKYO).tzinfo is TOKYO
    with pytest.raises(ValueError, match="make_aware expects a naive datetime, got"):
        timezone.make_aware(aware)
    with pytest.raises(ValueError, match=r"make_naive\(\) cannot be applied to a naive datetime"):
        timezone.make_naive(naive)
