"""Today's Angular client: an emulator of its stream readers, and what they make of our streams."""
