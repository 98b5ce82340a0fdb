"""The reading of prompts: scanners, parser, corpora."""
