package org.apache.spark.sql.lakehouse

import java.util.Locale

import scala.collection.mutable

import org.apache.spark.sql.classic
import org.apache.spark.sql.catalyst.analysis._
import org.apache.spark.sql.catalyst.catalog.SQLFunction
import org.apache.spark.sql.catalyst.expressions.{Alias, Expression}
import org.apache.spark.sql.catalyst.parser.CatalystSqlParser
import org.apache.spark.sql.catalyst.plans.logical._

import lakehouse.catalog.Views

/**
 * What a view's query and a function's body read is asked for their owners, whenever `principal` uses them: an owner who
 * lost a privilege, or never had it, passes nothing on. The reader itself needs no privilege below.
 * https://docs.databricks.com/aws/en/views/create-views
 */
private[lakehouse] class Definers(session: classic.SparkSession, principal: String) {
  import Guard.{answer, authority}

  private val parser = session.sessionState.sqlParser
  private val done = mutable.Set[Seq[String]]()

  def view(name: Seq[String]): Unit = for (found <- Views.get(name.head, name(1), name(2))) {
    val body = new Body("TABLE", name, found.currentCatalog +: found.currentNamespace.toSeq)
    Views.get(name.head, name(1), Views.sourceOf(name(2))) match {
      case None => body.ask(parser.parsePlan(found.queryText))
      case Some(source) => body.ask(Project(
        MetricViews.expressions(parser, name).map(Alias(_, "value")()), parser.parsePlan(source.queryText)))
    }
  }

  def function(found: SQLFunction): Unit = {
    val name = Seq(found.name.catalog, found.name.database, Some(found.name.funcName)).flatten
    val body = new Body("FUNCTION", name, name.init)
    found.queryText.foreach(text => body.ask(parser.parsePlan(text)))
    found.exprText.foreach(text =>
      body.ask(Project(Seq(Alias(parser.parseExpression(text), "value")()), OneRowRelation())))
  }

  /** A query or expression whose names resolve in `context`, catalog and schema, and which reads what `name`'s owner may. */
  private class Body(kind: String, name: Seq[String], context: Seq[String]) {
    def ask(plan: => LogicalPlan): Unit =
      if (done.add(kind +: name.map(_.toLowerCase(Locale.ROOT)))) CTESubstitution(plan).foreachWithSubqueries { node =>
        node match {
          case r: UnresolvedRelation => table(r.multipartIdentifier)
          case RelationTimeTravel(r: UnresolvedRelation, _, _) => table(r.multipartIdentifier)
          case f: UnresolvedTableValuedFunction => called(f.name)
          case p: PlanWithUnresolvedIdentifier => table(constant(p.identifierExpr))
          case _ =>
        }
        node.expressions.foreach(_.foreach {
          case f: UnresolvedFunction => called(f.nameParts)
          case e: ExpressionWithUnresolvedIdentifier => called(constant(e.identifierExpr))
          case _ =>
        })
      }

    private def constant(given: Expression): Seq[String] =
      CatalystSqlParser.parseMultipartIdentifier(Constants.text(session, "IDENTIFIER", given))

    private def full(parts: Seq[String]): Option[Seq[String]] =
      if (parts.size > 3 || context.size != 2) None else Some(context.take(3 - parts.size) ++ parts)

    /** What does not exist is Spark's business, and files by their paths are asked for the reader. */
    private def table(parts: Seq[String]): Unit =
      for (read <- full(parts) if answer(authority.exists(read.mkString("."))).get("exists").asBoolean) {
        asks("SELECT", "TABLE", read)
        view(read)
      }

    private def called(parts: Seq[String]): Unit = for (called <- full(parts); found <- SqlFunctions.find(called)) {
      asks("EXECUTE", "FUNCTION", called)
      function(found)
    }

    private def asks(privilege: String, securable: String, read: Seq[String]): Unit = {
      answer(authority.passes(principal, kind, name.mkString("."), privilege, securable, read.mkString(".")))
      ()
    }
  }
}
