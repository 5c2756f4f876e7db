"""Where names without a catalog or schema belong."""

from __future__ import annotations

from pyspark.sql import SparkSession

from lakehouse_engine.session import active


def current(session: SparkSession) -> tuple[str, str]:
    """The catalog and schema in use."""
    manager = session._jsparkSession.sessionState().catalogManager()
    with active(session):
        namespace = list(manager.currentNamespace())
        return manager.currentCatalog().name(), namespace[0] if namespace else "default"
