"""Tests of the desk's figures."""
