// Below Spark's own package, as the engine's other parts that look into Delta.
package org.apache.spark.sql.lakehouse

import org.apache.hadoop.fs.Path
import org.apache.spark.sql.classic
import org.apache.spark.sql.delta.DeltaLog
import org.apache.spark.sql.delta.lakehouse.KnownFiles

object Transactions {
  /** The id of the Delta table in a folder, and the last version of the transactions of `<prefix>-<id>`; -1 where it has none. */
  def last(session: classic.SparkSession, folder: String, prefix: String): Array[String] = {
    val snapshot = KnownFiles.latest(DeltaLog.forTable(session, new Path(s"file:$folder")))
    val id = snapshot.metadata.id
    Array(id, snapshot.transactions.getOrElse(s"$prefix-$id", -1L).toString)
  }
}
