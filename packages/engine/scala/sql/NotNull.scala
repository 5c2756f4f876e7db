// Below Spark's own package, as the engine's other parts that look into Delta.
package org.apache.spark.sql.lakehouse

import org.apache.hadoop.fs.Path
import org.apache.spark.sql.classic
import org.apache.spark.sql.catalyst.util.QuotingUtils
import org.apache.spark.sql.delta.{DeltaLog, DeltaOperations}
import org.apache.spark.sql.functions.col
import org.apache.spark.sql.types.StructType

object NotNull {
  /** Makes a column of the Delta table in a folder NOT NULL. The condition that hinders it; empty where it is done. */
  def require(session: classic.SparkSession, folder: String, column: String): String = {
    val log = DeltaLog.forTable(session, new Path(s"file:$folder"))
    log.withNewTransaction(None) { txn =>
      val schema = txn.metadata.schema
      schema.fields.indexWhere(field => session.sessionState.conf.resolver(field.name, column)) match {
        case -1 => "DELTA_COLUMN_NOT_FOUND_IN_SCHEMA"
        case at if !schema(at).nullable => ""
        case at =>
          txn.readWholeTable() // a row that comes meanwhile is a conflict
          val rows = log.createDataFrame(txn.snapshot, txn.snapshot.allFiles.collect().toSeq)
          if (!rows.where(col(QuotingUtils.quoteIdentifier(schema(at).name)).isNull).isEmpty) "DELTA_NOT_NULL_CONSTRAINT_VIOLATED"
          else {
            val changed = StructType(schema.fields.updated(at, schema(at).copy(nullable = false)))
            txn.updateMetadata(txn.metadata.copy(schemaString = changed.json))
            txn.commit(Nil, DeltaOperations.ChangeColumn(Nil, schema(at).name, changed(at), None))
            ""
          }
      }
    }
  }
}
