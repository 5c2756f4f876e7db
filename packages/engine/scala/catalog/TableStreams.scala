// What a stream reads of a table's log is of types that Delta keeps to its own packages.
package org.apache.spark.sql.delta.lakehouse

import org.apache.spark.sql.SQLContext
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.catalyst.rules.Rule
import org.apache.spark.sql.catalyst.streaming.StreamingRelationV2
import org.apache.spark.sql.delta.Snapshot
import org.apache.spark.sql.delta.actions.AddFile
import org.apache.spark.sql.delta.files.DeltaSourceSnapshot
import org.apache.spark.sql.delta.sources.{DeltaDataSource, DeltaSource, DeltaSourceUtils, IndexedFile}
import org.apache.spark.sql.execution.streaming.Source
import org.apache.spark.sql.execution.streaming.runtime.StreamingRelation
import org.apache.spark.sql.types.StructType

/**
 * Takes the files of a stream's first batch from the checksum of the table's version, as TableFilesRule does for
 * queries: Delta itself sorts and numbers them in Spark jobs, which for a table of few files is most of the batch.
 */
object TableStreamsRule extends Rule[LogicalPlan] {
  override def apply(plan: LogicalPlan): LogicalPlan = plan.resolveOperators {
    case relation @ StreamingRelationV2(_, _, _, _, _, _, _, Some(v1: StreamingRelation), _) if ofDelta(v1) =>
      relation.copy(v1Relation = Some(replaced(v1)))
    case relation: StreamingRelation if ofDelta(relation) => replaced(relation)
  }

  /** The format by the name that users gave. */
  def format(className: String): String = if (className == classOf[TableStreams].getName) "delta" else className

  private def ofDelta(relation: StreamingRelation): Boolean =
    DeltaSourceUtils.isDeltaDataSourceName(relation.dataSource.className)

  private def replaced(relation: StreamingRelation): StreamingRelation =
    relation.copy(dataSource = relation.dataSource.copy(className = classOf[TableStreams].getName))
}

/** Delta's source of streams, but for what the checksum of the table's version answers. */
class TableStreams extends DeltaDataSource {
  override def createSource(context: SQLContext, metadataPath: String, schema: Option[StructType], name: String, parameters: Map[String, String]): Source =
    super.createSource(context, metadataPath, schema, name, parameters) match {
      case source: DeltaSource if source.filters.isEmpty => new TableStream(source)
      case other => other
    }
}

private class TableStream(source: DeltaSource)
    extends DeltaSource(
      source.spark, source.deltaLog, source.catalogTableOpt, source.options, source.snapshotAtSourceInit, source.metadataPath,
      source.metadataTrackingLog, source.filters) {

  override protected def getSnapshotAt(version: Long): (Iterator[IndexedFile], Option[Long]) = {
    if ((initialState == null || initialStateVersion != version) && !trackingMetadataChange) {
      val snapshot = getSnapshotFromDeltaLog(version)
      snapshot.checksumOpt.flatMap(_.allFiles).foreach { files =>
        cleanUpSnapshotResources()
        initialState = new FirstFiles(source, snapshot, files)
        initialStateVersion = version
      }
    }
    super.getSnapshotAt(version)
  }
}

/** In Delta's order, which numbers the files: a stream that stopped within its first batch goes on by these numbers. */
private class FirstFiles(source: DeltaSource, snapshot: Snapshot, files: Seq[AddFile])
    extends DeltaSourceSnapshot(source.spark, snapshot, source.filters) {
  override def iterator(): Iterator[IndexedFile] =
    files.sortBy(file => (file.modificationTime, file.path)).iterator.zipWithIndex.map { case (file, index) =>
      IndexedFile(version, index, file.copy(stats = null))
    }
}
