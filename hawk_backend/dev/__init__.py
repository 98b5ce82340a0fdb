"""The local stack behind `hawk-backend dev`: real parts, synthetic data, a Dify stand-in."""
