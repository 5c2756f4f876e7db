// Below Spark's own package, since the current SparkEnv's configuration is private to it.
package org.apache.spark.sql.lakehouse

import scala.jdk.CollectionConverters._

import com.fasterxml.jackson.databind.ObjectMapper
import org.apache.spark.SparkEnv
import org.apache.spark.sql.SparkSessionExtensions
import org.apache.spark.sql.catalyst.FunctionIdentifier
import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan

/** Functions of Databricks' SQL that Spark has not. Which are refused, and why, says routines.py. */
object Routines {
  private val setting = "spark.lakehouse.functions.refused"

  def inject(extensions: SparkSessionExtensions): Unit = {
    function(extensions, "iff", 3) { case Seq(condition, yes, no) => If(condition, yes, no) }
    function(extensions, "getdate", 0) { case _ => CurrentTimestamp() }
    extensions.injectFunction((FunctionIdentifier("charindex"), info("charindex"), {
      case Seq(wanted, text) => new StringLocate(wanted, text)
      case Seq(wanted, text, start) => StringLocate(wanted, text, start)
      case given => throw wrong("charindex", "2 or 3", given.size)
    }))
    val refused = new ObjectMapper().readTree(Option(SparkEnv.get).map(_.conf.get(setting, "{}")).getOrElse("{}"))
    refused.properties.asScala.foreach { each =>
      val (name, why) = (each.getKey, each.getValue.get("reason").asText)
      def refuse(): Nothing = throw new Refused(
        s"$name is a function of Databricks that the local workspace does not have: $why.", "UNSUPPORTED_FEATURE", "BAD_REQUEST")
      if (each.getValue.get("table").asBoolean)
        extensions.injectTableFunction((FunctionIdentifier(name), info(name), (_: Seq[Expression]) => (refuse(): LogicalPlan)))
      else extensions.injectFunction((FunctionIdentifier(name), info(name), (_: Seq[Expression]) => (refuse(): Expression)))
    }
  }

  private def function(extensions: SparkSessionExtensions, name: String, count: Int)(make: PartialFunction[Seq[Expression], Expression]): Unit =
    extensions.injectFunction((FunctionIdentifier(name), info(name), given =>
      if (given.size == count) make(given) else throw wrong(name, count.toString, given.size)))

  private def info(name: String): ExpressionInfo = new ExpressionInfo("org.apache.spark.sql.lakehouse.Routines", null, name)

  private def wrong(name: String, wanted: String, given: Int): Refused = new Refused(
    s"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] The `$name` requires $wanted parameters but the actual number is $given. SQLSTATE: 42605",
    "WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "BAD_REQUEST")
}
