"""A prompt in flight: run, buffer, registry, admission."""
