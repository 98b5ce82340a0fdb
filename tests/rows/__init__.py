"""Tests of the slices."""
