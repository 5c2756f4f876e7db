// Below Spark's own package, as the engine's other parts that look into Delta.
package org.apache.spark.sql.lakehouse

import org.apache.hadoop.fs.Path
import org.apache.spark.sql.classic
import org.apache.spark.sql.delta.DeltaLog

object Transactions {
  /** The id of the Delta table in a folder, and the last version of the transactions of `<prefix>-<id>`; -1 where it has none. */
  def last(session: classic.SparkSession, folder: String, prefix: String): Array[String] = {
    val snapshot = DeltaLog.forTable(session, new Path(s"file:$folder")).update()
    val id = snapshot.metadata.id
    // From the checksum of the version, where it lists them: Delta asks the table's state, in Spark jobs.
    val all = snapshot.checksumOpt.flatMap(_.setTransactions).getOrElse(snapshot.setTransactions)
    Array(id, all.find(_.appId == s"$prefix-$id").fold(-1L)(_.version).toString)
  }
}
