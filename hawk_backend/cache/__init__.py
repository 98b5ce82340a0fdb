"""Tables kept ready for use, valid by stamps."""
