"""Tests of the page, in Node and in a real Chromium."""
