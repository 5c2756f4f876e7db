"""Pipeline updates: sources are loaded into a graph, then its datasets are brought up to date."""
