"""The data path: prompt → intent → plan → fetch → context → relay."""
