"""Programs written against fastapi-users, on the users of this site.

List `fastjango.auth.fastapi_users` in `INSTALLED_APPS`. `get_user_manager` is the dependency that
`FastAPIUsers` takes; routers, transports and strategies are fastapi-users' own.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastjango.auth.fastapi_users.database import Account, TokenDatabase, UserDatabase
    from fastjango.auth.fastapi_users.manager import (
        PasswordHelper,
        UserManager,
        get_token_database,
        get_user_database,
        get_user_manager,
    )

_HOME = {
    **dict.fromkeys(("Account", "TokenDatabase", "UserDatabase"), "database"),
    **dict.fromkeys(
        ("PasswordHelper", "UserManager", "get_token_database", "get_user_database",
         "get_user_manager"),
        "manager",
    ),
}  # fmt: skip

__all__ = [
    "Account", "PasswordHelper", "TokenDatabase", "UserDatabase", "UserManager",
    "get_token_database", "get_user_database", "get_user_manager",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load a name from its module when it is asked for: models need the apps."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
