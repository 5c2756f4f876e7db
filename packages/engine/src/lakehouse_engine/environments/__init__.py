"""Python packages that runs ask for: an environment for each set of dependencies, made by uv and kept for the next run.

Runs are threads of the engine, so what the engine itself is built on is one for all of them: `install.SHARED`.
"""
