"""Tests of the Dify stand-in."""
