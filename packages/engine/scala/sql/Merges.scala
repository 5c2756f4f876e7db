package org.apache.spark.sql.lakehouse

import org.apache.spark.sql.classic
import org.apache.spark.sql.catalyst.analysis.UnresolvedAttribute
import org.apache.spark.sql.catalyst.expressions.{Attribute, Expression}
import org.apache.spark.sql.catalyst.plans.logical._

/** What of a MERGE cannot be resolved: Delta's own error of it lacks its text. */
object Merges {
  /** The message, null where all names are there. */
  def problem(spark: classic.SparkSession, sql: String): String = spark.sessionState.sqlParser.parsePlan(sql) match {
    case merge: MergeIntoTable =>
      val target = output(spark, merge.targetTable)
      val source = output(spark, merge.sourceTable)
      val both = target ++ source
      val clauses = (merge.matchedActions ++ merge.notMatchedActions ++ merge.notMatchedBySourceActions).flatMap {
        case UpdateAction(condition, assignments, _) => condition.map((_, "UPDATE condition", both)) ++ assigned(assignments, "UPDATE clause", target, both)
        case DeleteAction(condition) => condition.map((_, "DELETE condition", both)).toSeq
        case InsertAction(condition, assignments) => condition.map((_, "INSERT condition", source)) ++ assigned(assignments, "INSERT clause", target, source)
        case other => other.condition.map((_, "condition", both)).toSeq
      }
      val found = ((merge.mergeCondition, "search condition", both) +: clauses).iterator.flatMap { case (expression, clause, columns) =>
        expression.collect { case a: UnresolvedAttribute if missing(spark, a, columns) => (a, clause, columns) }
      }.nextOption()
      found.map { case (name, clause, columns) =>
        s"[DELTA_MERGE_UNRESOLVED_EXPRESSION] Cannot resolve ${name.nameParts.mkString(".")} in $clause given columns " +
          s"${columns.map(c => (c.qualifier :+ c.name).mkString(".")).mkString(", ")}. SQLSTATE: 42601"
      }.orNull
    case _ => null
  }

  private def assigned(assignments: Seq[Assignment], clause: String, target: Seq[Attribute], values: Seq[Attribute]) =
    assignments.flatMap(a => Seq((a.key, clause, target), (a.value, clause, values)))

  private def output(spark: classic.SparkSession, plan: LogicalPlan): Seq[Attribute] =
    classic.Dataset.ofRows(spark, plan).queryExecution.analyzed.output

  private def missing(spark: classic.SparkSession, name: UnresolvedAttribute, columns: Seq[Attribute]): Boolean =
    LocalRelation(columns).resolve(name.nameParts, spark.sessionState.conf.resolver).isEmpty
}
