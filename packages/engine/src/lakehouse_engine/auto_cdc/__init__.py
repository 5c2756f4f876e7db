"""AUTO CDC: keeps a table equal to what its change events say, whatever their order of arrival."""

from lakehouse_engine.auto_cdc.apply import AutoCdcApplier, CdcMetrics
from lakehouse_engine.auto_cdc.snapshot import SnapshotApplier

__all__ = ["AutoCdcApplier", "CdcMetrics", "SnapshotApplier"]
