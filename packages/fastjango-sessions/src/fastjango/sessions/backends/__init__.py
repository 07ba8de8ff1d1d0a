"""The engines that keep sessions; `SESSION_ENGINE` names one of these modules."""

__all__: list[str] = []
