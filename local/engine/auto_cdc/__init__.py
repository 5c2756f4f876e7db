"""AUTO CDC: keeps a table equal to what its change events say, whatever their order of arrival."""

from engine.auto_cdc.apply import AutoCdcApplier, CdcMetrics
from engine.auto_cdc.snapshot import SnapshotApplier

__all__ = ["AutoCdcApplier", "CdcMetrics", "SnapshotApplier"]
