"""The signals of requests, settings and templates."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

from typing import Any, Final

from fastjango.core.conf import setting_changed as setting_changed_hook
from fastjango.core.conf import settings
from fastjango.signals.dispatch import Signal

request_started: Final = Signal()
request_finished: Final = Signal()
got_request_exception: Final = Signal()
setting_changed: Final = Signal()
template_rendered: Final = Signal()


def _tell(setting: str, value: Any, enter: bool) -> None:
    """Pass a changed setting on to the receivers of the signal.

    On the way out every receiver is told, whatever some raise; the first error is raised then.
    """
    sender: Any = type(settings._wrapped)  # pyright: ignore[reportPrivateUsage]  # as Django sends it
    if enter:
        setting_changed.send(sender, setting=setting, value=value, enter=True)
        return
    responses = setting_changed.send_robust(sender, setting=setting, value=value, enter=False)
    for _receiver, response in responses:
        if isinstance(response, Exception):
            raise response


setting_changed_hook.register(_tell)
