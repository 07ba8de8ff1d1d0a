"""What tests of other distributions and of projects may use."""

from fastjango.messages.test import MessagesTestMixin

__all__ = ["MessagesTestMixin"]
