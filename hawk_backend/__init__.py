"""HAWK: a prompt becomes an intent, a plan, rows, a context, and an answer relayed."""

__version__ = "6.0.0"
