// Below Spark's own package, since only from there a relation of a plan can be given other files.
package org.apache.spark.sql.lakehouse

import scala.collection.mutable

import org.apache.hadoop.fs.Path
import org.apache.spark.sql.SparkSessionExtensions
import org.apache.spark.sql.catalyst.expressions.Expression
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.catalyst.rules.Rule
import org.apache.spark.sql.delta.{OptimisticTransaction, Snapshot}
import org.apache.spark.sql.delta.actions.AddFile
import org.apache.spark.sql.delta.files.{TahoeFileIndexWithSnapshotDescriptor, TahoeLogFileIndex}
import org.apache.spark.sql.delta.lakehouse.{KnownFiles, TableStreamsRule}
import org.apache.spark.sql.execution.datasources.{HadoopFsRelation, LogicalRelation}

/** Comes before Delta's extensions in `spark.sql.extensions`, so that the rules have their turn before theirs. */
class TableFilesExtension extends (SparkSessionExtensions => Unit) {
  override def apply(extensions: SparkSessionExtensions): Unit = {
    extensions.injectPreCBORule(_ => TableFilesRule)
    extensions.injectPostHocResolutionRule(_ => TableStreamsRule)
    extensions.injectPostHocResolutionRule(_ => KnownFiles)
  }
}

/**
 * Takes the files of a small table from the checksum that Delta writes with each commit, which lists them. Delta itself
 * asks its log in Spark jobs, a few for every table that a query reads: for tables of few files they cost more than
 * reading the data. Tables with partitions, with more files than the checksum lists, and the table that is being
 * written, whose reads Delta keeps for its conflict checks, stay with Delta.
 */
object TableFilesRule extends Rule[LogicalPlan] {
  override def apply(plan: LogicalPlan): LogicalPlan = {
    val written = OptimisticTransaction.getActive().map(_.deltaLog)
    // A table that is read twice is read as of one version.
    val snapshots = mutable.HashMap.empty[Path, Snapshot]
    plan.transformWithSubqueries {
      case relation @ LogicalRelation(files @ HadoopFsRelation(index: TahoeLogFileIndex, _, _, _, _, _), _, _, _, _)
          if index.partitionFilters.isEmpty && index.partitionSchema.isEmpty && !written.exists(_.isSameLogAs(index.deltaLog)) =>
        val snapshot =
          if (index.isTimeTravelQuery) index.getSnapshot else snapshots.getOrElseUpdate(index.deltaLog.logPath, index.getSnapshot)
        snapshot.checksumOpt.flatMap(_.allFiles) match {
          case Some(all) => relation.copy(relation = files.copy(location = new TableFiles(index, snapshot, all))(files.sparkSession))
          case None => relation
        }
    }
  }
}

/** All files of a table at a version, whatever is asked: filters on columns are applied to the rows in any case. */
class TableFiles(index: TahoeLogFileIndex, snapshot: Snapshot, all: Seq[AddFile])
    extends TahoeFileIndexWithSnapshotDescriptor(index.spark, index.deltaLog, index.path, snapshot) {
  override def matchingFiles(partitionFilters: Seq[Expression], dataFilters: Seq[Expression]): Seq[AddFile] = all
  override def inputFiles: Array[String] = all.map(file => absolutePath(file.path).toString).toArray
  override def refresh(): Unit = ()
  override val sizeInBytes: Long = all.map(_.size).sum

  // Spark takes equal plans for one: two scans of a version are one exchange, one persisted frame.
  private def identity: (Path, String, Long) = (index.path, snapshot.metadata.id, snapshot.version)
  override def equals(other: Any): Boolean = other match {
    case that: TableFiles => that.identity == identity
    case _ => false
  }
  override def hashCode: Int = identity.hashCode
}
