"""Tests of the cache, its feed and its proofs."""
