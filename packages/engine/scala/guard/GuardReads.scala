package org.apache.spark.sql.lakehouse

import scala.jdk.CollectionConverters._

import com.fasterxml.jackson.databind.JsonNode
import org.apache.spark.sql.Row
import org.apache.spark.sql.catalyst.AliasIdentifier
import org.apache.spark.sql.catalyst.analysis._
import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.parser.CatalystSqlParser
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.catalyst.trees.TreeNodeTag
import org.apache.spark.sql.catalyst.types.DataTypeUtils
import org.apache.spark.sql.types.{DataType, StructType}

import lakehouse.catalog.Views

/** Tables and files that a query reads: with row filters and column masks around them, and information_schema supplied. */
private[lakehouse] class GuardReads(names: GuardNames, commands: GuardCommands) {
  import Guard.{answer, authority}
  import names._

  private val seen = TreeNodeTag[Boolean]("lakehouse.guarded")

  /** Whether the relation has not been looked at yet. */
  def isNew(r: UnresolvedRelation): Boolean = r.getTagValue(seen).isEmpty

  def relation(r: UnresolvedRelation): LogicalPlan = {
    val parts = r.multipartIdentifier
    val writes = r.options.get(UnresolvedRelation.REQUIRED_WRITE_PRIVILEGES)
    if (writes != null) { commands.changed(parts, seesRows = writes != "INSERT"); return marked(r) }
    if (temporary(parts)) return r
    path(parts).foreach { p => if (who.isDefined) readsFiles(parts.head, p, r); return marked(r) }
    full(parts) match {
      case Some(Seq(catalog, schema, view)) if schema.equalsIgnoreCase("information_schema") =>
        SubqueryAlias(AliasIdentifier(view, Seq(catalog, schema)), informationSchema(catalog, view))
      case Some(name) if Views.isSource(name.last) => throw absent(parts)
      case Some(name) =>
        if (r.isStreaming && Views.get(name.head, name(1), name(2)).isDefined) answer(authority.streamed(name.mkString(".")))
        val table = if (inFunction.isEmpty) r else r.copy(multipartIdentifier = name)
        val metrics = MetricViews.plan(session, name)
        metrics.foreach(_.foreach { case source: UnresolvedRelation => source.setTagValue(seen, true); case _ => })
        protect(name, metrics.getOrElse(marked(table)), parts)
      case None => r
    }
  }

  private def readsFiles(format: String, path: String, r: UnresolvedRelation): Unit =
    paths.source(format, Seq(path), r.options.asScala.toMap, "READ_VOLUME")

  def traveled(t: RelationTimeTravel, r: UnresolvedRelation): LogicalPlan =
    full(r.multipartIdentifier).filter { _ =>
      val files = path(r.multipartIdentifier)
      files.foreach(p => if (who.isDefined) readsFiles(r.multipartIdentifier.head, p, r))
      files.isEmpty
    }
      .fold[LogicalPlan](t)(name => protect(name, t.copy(relation = marked(r)), r.multipartIdentifier))

  private def marked(r: UnresolvedRelation): UnresolvedRelation = {
    val copy = r.copy()
    copy.setTagValue(seen, true)
    copy
  }

  private def protect(name: Seq[String], table: LogicalPlan, shown: Seq[String]): LogicalPlan = {
    val principal = who.getOrElse(return table)
    if (Guard.owns(identity, name)) return table
    if (name.head.equalsIgnoreCase("spark_catalog") && Thread.currentThread.getName.startsWith("stream execution thread"))
      return Guard.named(name(1), name(2)).fold(table)(protect(_, table, shown)) // a stream refreshes the table that it wrote a batch to
    if (name.head.equalsIgnoreCase("spark_catalog"))
      throw absent(shown)
    if (inView.isEmpty) definers(principal).view(name)
    val found = answer(authority.read(principal, name.mkString("."), inView.nonEmpty))
    if (!found.has("columns")) return table
    val filtered = found.path("filters").elements.asScala.foldLeft(table)((below, filter) =>
      Filter(applied(filter, Nil), below))
    val columns = found.get("columns").elements.asScala.toSeq.map { column =>
      val plain = UnresolvedAttribute(Seq(column.get("name").asText))
      if (!column.has("mask")) plain
      else Alias(Cast(applied(column.get("mask"), Seq(plain)), DataType.fromDDL(column.get("type").asText)), column.get("name").asText)()
    }
    SubqueryAlias(AliasIdentifier(name(2), name.take(2)), Project(columns, filtered))
  }

  /** A filter's or mask's function on its columns. No privilege is needed: it is applied, not called. */
  private def applied(rule: JsonNode, first: Seq[Expression]): Expression = {
    val name = CatalystSqlParser.parseMultipartIdentifier(rule.get("function").asText.split('.').map("`" + _ + "`").mkString("."))
    val using = rule.path("using").elements.asScala.toSeq.map { argument =>
      if (argument.has("column")) UnresolvedAttribute(Seq(argument.get("column").asText))
      else CatalystSqlParser.parseExpression(argument.get("literal").asText)
    }
    val function = SqlFunctions.find(name).getOrElse(throw new Refused(
      s"Function '${name.mkString(".")}', which protects a table, does not exist.", "ROUTINE_NOT_FOUND", "BAD_REQUEST"))
    who.foreach(definers(_).function(function))
    SqlFunctions.call(function, first ++ using)
  }

  private def informationSchema(catalog: String, view: String): LogicalPlan = {
    val found = answer(authority.informationSchema(who.orNull, catalog, view))
    val schema = StructType.fromDDL(found.get("schema").asText)
    val rows = found.get("rows").elements.asScala.toSeq.map { row =>
      Row.fromSeq(schema.fields.toSeq.zip(row.elements.asScala.toSeq).map { case (field, value) =>
        if (value.isNull) null
        else field.dataType.typeName match {
          case "integer" => value.asInt
          case "long" => value.asLong
          case "boolean" => value.asBoolean
          case "timestamp" => new java.sql.Timestamp(value.asLong)
          case _ => value.asText
        }
      })
    }
    LocalRelation.fromExternalRows(DataTypeUtils.toAttributes(schema), rows)
  }
}
