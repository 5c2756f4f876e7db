// A DeltaTable is made by its own package only.
package io.delta.tables

import org.apache.hadoop.fs.Path
import org.apache.spark.sql.classic
import org.apache.spark.sql.catalyst.catalog.CatalogTableType
import org.apache.spark.sql.delta.{DeltaErrors, DeltaTableIdentifier}
import org.apache.spark.sql.delta.catalog.DeltaTableV2

import lakehouse.catalog.Names

object DeltaTables {
  /** `DeltaTable.forName`, which itself looks into Spark's own catalog only, by the names that users know. */
  def named(session: classic.SparkSession, name: String): DeltaTable = {
    val state = session.sessionState
    val parts = state.sqlParser.parseMultipartIdentifier(name)
    val here = state.catalogManager.currentCatalog.name +: state.catalogManager.currentNamespace.toSeq
    val full = if (parts.size < 3) here.take(3 - parts.size) ++ parts else parts
    if (parts.size == 2 && parts.head.equalsIgnoreCase("delta") && parts(1).contains('/'))
      DeltaTable.forPath(session, parts(1))
    else {
      val rows = session.table(name) // asks who may read it
      val (schema, table) = (Names.schema(full.head, full(1)), Names.table(full.last))
      val kept = state.catalog.externalCatalog
      def none = throw DeltaErrors.notADeltaTableException(DeltaTableIdentifier(table = Some(
        org.apache.spark.sql.catalyst.TableIdentifier(full.last, Some(full(1)), Some(full.head)))))
      if (state.catalog.isTempView(parts) || full.size != 3 || !kept.tableExists(schema, table)) none
      val found = kept.getTable(schema, table)
      if (found.tableType == CatalogTableType.VIEW || !found.provider.exists(_.equalsIgnoreCase("delta"))) none
      new DeltaTable(rows, DeltaTableV2(session, new Path(found.location), Some(found), Some(name)))
    }
  }
}
