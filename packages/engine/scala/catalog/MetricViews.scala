package org.apache.spark.sql.lakehouse

import java.util.Locale

import scala.jdk.CollectionConverters._
import scala.util.control.NonFatal

import com.fasterxml.jackson.core.JsonProcessingException
import com.fasterxml.jackson.databind.{JsonNode, ObjectMapper}
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory
import org.apache.spark.sql.{classic, SparkSession}
import org.apache.spark.sql.catalyst.{AliasIdentifier, FunctionIdentifier}
import org.apache.spark.sql.catalyst.analysis.{FunctionRegistry, UnresolvedAttribute, UnresolvedFunction, UnresolvedIdentifier}
import org.apache.spark.sql.catalyst.expressions.{Expression, SubqueryExpression}
import org.apache.spark.sql.catalyst.parser.ParserInterface
import org.apache.spark.sql.catalyst.plans.logical.{LogicalPlan, SubqueryAlias}
import org.apache.spark.sql.catalyst.util.QuotingUtils
import org.apache.spark.sql.connector.catalog.{Identifier, V1Table}
import org.apache.spark.sql.metricview.logical.CreateMetricView
import org.apache.spark.sql.metricview.util.MetricViewPlanner

import lakehouse.catalog.Views

/**
 * Metric views: Spark resolves MEASURE() over a definition of version 0.1 without joins. What Databricks' definitions
 * have beyond that is in the query of the view's source, which is a view of its own that no statement can name.
 */
object MetricViews {
  private val json = new ObjectMapper()
  private val yaml = new ObjectMapper(new YAMLFactory())

  /** A definition as JSON, scalars as YAML 1.1 reads them. Raises with Jackson's message, which names line and column. */
  def parsed(definition: String): String = {
    val tree = try yaml.readTree(definition) catch {
      case wrong: JsonProcessingException => throw new IllegalArgumentException(wrong.getMessage)
    }
    json.writeValueAsString(tree)
  }

  /**
   * CREATE VIEW … WITH METRICS as JSON: name (parts), columns ([name, comment]), comment, properties, definition,
   * ifNotExists, replace. Null for another statement, and for what does not parse: Spark refuses it in its own words.
   */
  def statement(session: SparkSession, text: String): String = {
    val plan = try parser(session).parsePlan(text) catch { case NonFatal(_) => return null }
    plan match {
      case c: CreateMetricView =>
        val node = json.createObjectNode()
        val name = node.putArray("name")
        c.child.asInstanceOf[UnresolvedIdentifier].nameParts.foreach(name.add)
        val columns = node.putArray("columns")
        c.userSpecifiedColumns.foreach { case (column, comment) => columns.addArray().add(column).add(comment.orNull) }
        node.put("comment", c.comment.orNull)
        val properties = node.putObject("properties")
        c.properties.foreach { case (key, value) => properties.put(key, value) }
        node.put("definition", c.originalText).put("ifNotExists", c.allowExisting).put("replace", c.replace)
        json.writeValueAsString(node)
      case _ => null
    }
  }

  /**
   * What an expression names, as JSON: [{name, start, end, measure}] with the places in its text, end exclusive, of
   * each name of one part and each MEASURE(name). Raises for a query and for a function that is not Spark's own: Spark
   * resolves a metric view's expressions where names of catalogs are known no more.
   */
  def references(session: SparkSession, expression: String): String = {
    val root = parser(session).parseExpression(expression)
    if (root.exists(_.isInstanceOf[SubqueryExpression]))
      throw new IllegalArgumentException("an expression of a metric view cannot hold a query; put it into the source")
    val found = json.createArrayNode()
    def add(name: String, at: Expression, measure: Boolean): Unit = {
      val origin = at.origin
      found.addObject().put("name", name).put("start", origin.startIndex.get).put("end", origin.stopIndex.get + 1)
        .put("measure", measure)
      ()
    }
    def walk(node: Expression): Unit = node match {
      case f: UnresolvedFunction if f.nameParts.map(_.toLowerCase(Locale.ROOT)) == Seq("measure") => f.arguments match {
        case Seq(UnresolvedAttribute(Seq(of))) => add(of, f, measure = true)
        case _ => throw new IllegalArgumentException("MEASURE takes the name of a measure")
      }
      case f: UnresolvedFunction if !builtin(f.nameParts) => throw new IllegalArgumentException(
        s"${f.nameParts.mkString(".")} is no built-in function, and others cannot be used here; call it in the source")
      case a @ UnresolvedAttribute(Seq(name)) => add(name, a, measure = false)
      case other => other.children.foreach(walk)
    }
    walk(root)
    json.writeValueAsString(found)
  }

  /** The metric view as Spark resolves it, over its source; None where the name is another's. */
  def plan(session: SparkSession, name: Seq[String]): Option[LogicalPlan] = Views.metrics(name).map { case (view, columns) =>
    val table = V1Table.toCatalogTable(
      session.asInstanceOf[classic.SparkSession].sessionState.catalogManager.catalog(name.head),
      Identifier.of(Array(name(1)), name(2)), view)
    val source = Seq(name.head, name(1), Views.sourceOf(name(2)))
    SubqueryAlias(AliasIdentifier(name(2), name.take(2)),
      MetricViewPlanner.planRead(table, definition(source, columns), parser(session), view.schema))
  }

  /** The expressions of the metric view's columns, parsed. */
  def expressions(parser: ParserInterface, name: Seq[String]): Seq[Expression] =
    Views.metrics(name).toSeq.flatMap { case (_, columns) =>
      columns.elements.asScala.map(column => parser.parseExpression(column.get("expr").asText))
    }

  /** In Spark's own form. JSON is YAML. */
  private def definition(source: Seq[String], columns: JsonNode): String = {
    val node = json.createObjectNode().put("version", "0.1").put("source", QuotingUtils.quoteNameParts(source))
    for (kind <- Seq("dimensions", "measures")) {
      val list = node.putArray(kind)
      columns.elements.asScala.filter(_.get("measure").asBoolean == (kind == "measures"))
        .foreach(c => list.addObject().put("name", c.get("name").asText).put("expr", c.get("expr").asText))
    }
    json.writeValueAsString(node)
  }

  private def builtin(name: Seq[String]): Boolean =
    name.size == 1 && FunctionRegistry.builtin.functionExists(FunctionIdentifier(name.head))

  private def parser(session: SparkSession): ParserInterface =
    session.asInstanceOf[classic.SparkSession].sessionState.sqlParser
}
