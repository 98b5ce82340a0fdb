"""Tests of HAWK; the folders mirror the package."""
