package org.apache.spark.sql.lakehouse

import org.apache.spark.sql.{classic, AnalysisException, SparkSession}
import org.apache.spark.sql.catalyst.analysis._
import org.apache.spark.sql.catalyst.plans.logical.{InsertIntoStatement, LogicalPlan, V2WriteCommand}
import org.apache.spark.sql.catalyst.rules.Rule

/**
 * A name whose catalog does not exist is that, and not one of too many parts in Spark's own catalog.
 * https://docs.databricks.com/aws/en/error-messages/error-classes (NO_SUCH_CATALOG_EXCEPTION)
 */
class UnknownCatalogs(session: SparkSession) extends Rule[LogicalPlan] {
  private def catalogs = session.asInstanceOf[classic.SparkSession].sessionState.catalogManager

  override def apply(plan: LogicalPlan): LogicalPlan = {
    plan.foreachWithSubqueries(named)
    plan
  }

  private def named(plan: LogicalPlan): Unit = plan match {
    case i: InsertIntoStatement => named(i.table)
    case w: V2WriteCommand => named(w.table)
    case r: UnresolvedRelation => check(r.multipartIdentifier, 3)
    case t: UnresolvedTable => check(t.multipartIdentifier, 3)
    case t: UnresolvedView => check(t.multipartIdentifier, 3)
    case t: UnresolvedTableOrView => check(t.multipartIdentifier, 3)
    case i: UnresolvedIdentifier => check(i.nameParts, 3)
    case n: UnresolvedNamespace => check(n.multipartIdentifier, 2)
    case _ =>
  }

  private def check(name: Seq[String], full: Int): Unit =
    if (name.size == full && !catalogs.isCatalogRegistered(name.head)) throw new NoSuchCatalog(name.head)
}

class NoSuchCatalog(catalog: String) extends AnalysisException(
    message = s"[NO_SUCH_CATALOG_EXCEPTION] Catalog '$catalog' was not found. Please verify the catalog name and then " +
      "retry the query or command again. SQLSTATE: 42704",
    errorClass = Some("NO_SUCH_CATALOG_EXCEPTION"), messageParameters = Map("catalog" -> catalog)) {
  override def getSqlState: String = "42704"
}
