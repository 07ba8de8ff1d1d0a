"""Whether somebody has an address: asked by sign-ups, changes and fastapi-users alike."""

# Models and querysets are of any kind.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from typing import Any

from fastjango.auth._edges import Steps, call
from fastjango.auth.accounts.models import AccountEmail
from fastjango.auth.authentication import get_user_model

__all__ = ["taken_steps"]


def taken_steps(email: str, besides: Any = None) -> Steps[bool]:
    """Tell whether an account other than `besides` has an address, confirmed or not."""
    model = get_user_model()
    users = model._default_manager.filter(**{f"{model.get_email_field_name()}__iexact": email})
    rows = AccountEmail.objects.filter(email=email.lower())
    if besides is not None:
        users, rows = users.exclude(pk=besides.pk), rows.exclude(user=besides)
    return bool((yield call(users, "exists")) or (yield call(rows, "exists")))
