"""What the tests of the stand-in share: a running one."""

from tests.dify import dify

__all__ = ["dify"]
