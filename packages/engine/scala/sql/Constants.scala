// Below Spark's own package, since plans and expressions are private to it.
package org.apache.spark.sql.lakehouse

import org.apache.spark.sql.{classic, AnalysisException}
import org.apache.spark.sql.catalyst.expressions.{Alias, Cast, Expression}
import org.apache.spark.sql.catalyst.plans.logical.{OneRowRelation, Project}
import org.apache.spark.sql.types.StringType

/** Constant expressions where a literal may stand: `escape => chr(34)`. */
object Constants {
  /** The value as text, null for NULL. Refused where it depends on rows, or changes from call to call. */
  def text(spark: classic.SparkSession, function: String, expression: Expression): String = {
    def refuse(): Nothing = throw new Refused(
      s"$function: an argument must be a constant; got ${expression.sql}.", "INVALID_PARAMETER_VALUE", "BAD_REQUEST")
    val plan = Project(Seq(Alias(Cast(expression, StringType), "value")()), OneRowRelation())
    val frame =
      try classic.Dataset.ofRows(spark, plan)
      catch { case e: AnalysisException if Option(e.getCondition).exists(_.startsWith("UNRESOLVED_COLUMN")) => refuse() }
    val constant = frame.queryExecution.analyzed.expressions.forall(each => each.collectFirst { case a: Alias => a.child.foldable }.getOrElse(true))
    if (!constant) refuse()
    frame.collect()(0).getString(0)
  }

  def text(spark: classic.SparkSession, function: String, sql: String): String =
    text(spark, function, spark.sessionState.sqlParser.parseExpression(sql))
}
