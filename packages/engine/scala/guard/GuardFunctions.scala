package org.apache.spark.sql.lakehouse

import java.util
import java.util.Locale

import scala.jdk.CollectionConverters._

import org.apache.spark.sql.classic
import org.apache.spark.sql.catalyst.FunctionIdentifier
import org.apache.spark.sql.catalyst.analysis._
import org.apache.spark.sql.catalyst.catalog.SQLFunction
import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.parser.CatalystSqlParser
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.types.StringType

/** Functions that a plan calls: which built-in ones are allowed, and those that open Spark lacks. */
private[lakehouse] class GuardFunctions(names: GuardNames) {
  import Guard.{answer, authority}
  import names._

  def function(f: UnresolvedFunction): Expression =
    if (f.isInternal) f else PythonFunctions.call(f.nameParts, f.arguments).getOrElse(named(f))

  private def named(f: UnresolvedFunction): Expression = allowed(f.nameParts) match {
    case Seq(name) if name.equalsIgnoreCase("is_account_group_member") || name.equalsIgnoreCase("is_member") => member(f)
    case parts => called(parts).fold[Expression](f)(SqlFunctions.call(_, f.arguments))
  }

  private val supplied = Set("read_files", "list_files", "event_log")

  /** The name, where it is no built-in function that a principal may not call. */
  private def allowed(parts: Seq[String]): Seq[String] = {
    val system = parts.size == 1 || parts.head.equalsIgnoreCase("system") || parts.head.equalsIgnoreCase("builtin")
    if (who.isDefined && system && builtinOf(parts.last)) PermittedFunctions.check(parts.last)
    parts
  }

  private def builtinOf(name: String): Boolean =
    FunctionRegistry.builtin.functionExists(FunctionIdentifier(name)) ||
      TableFunctionRegistry.builtin.functionExists(FunctionIdentifier(name))

  def tableFunction(f: UnresolvedTableValuedFunction): LogicalPlan = allowed(f.name) match {
    case Seq(name) if supplied(name.toLowerCase(Locale.ROOT)) => suppliedRows(name.toLowerCase(Locale.ROOT), f)
    case parts if who.isDefined && parts.last.equalsIgnoreCase("table_changes") =>
      changesOf(CatalystSqlParser.parseMultipartIdentifier(constant(parts.last, f))); f
    case parts if who.isDefined && parts.last.equalsIgnoreCase("table_changes_by_path") =>
      usesPath(constant(parts.last, f), "READ_VOLUME"); f
    case parts => called(parts).fold[LogicalPlan](f)(SqlFunctions.rows(_, f.functionArgs))
  }

  private def constant(name: String, f: UnresolvedTableValuedFunction): String = f.functionArgs.headOption match {
    case Some(Literal(text, StringType)) if text != null => text.toString
    case _ => throw Refused("INVALID_PARAMETER_VALUE", s"$name: the first argument must be a constant text.")
  }

  private def suppliedRows(name: String, f: UnresolvedTableValuedFunction): LogicalPlan = {
    def text(value: Expression): String = value match {
      case FunctionTableSubqueryArgumentExpression(r: UnresolvedRelation, _, _, _, _, _, _) => r.multipartIdentifier.mkString(".")
      case plain if plain.resolved && plain.foldable => Option(plain.eval()).map(_.toString).orNull
      case other => Constants.text(session, name, other)
    }
    val (named, placed) = f.functionArgs.partition(_.isInstanceOf[NamedArgumentExpression])
    val arguments = new util.LinkedHashMap[String, AnyRef]()
    arguments.put("placed", placed.map(text).asJava)
    arguments.put("named", named.collect { case NamedArgumentExpression(key, value) => key -> text(value) }.toMap.asJava)
    authority.rows(who.orNull, name, Guard.json.writeValueAsString(arguments), f.isStreaming) match {
      case frame: classic.Dataset[_] => frame.queryExecution.analyzed
      case error => answer(String.valueOf(error)); f
    }
  }

  /** The change feed shows rows as they were written: not for whom something is hidden there. */
  private def changesOf(parts: Seq[String]): Unit = for (principal <- who) {
    path(parts).foreach(usesPath(_, "READ_VOLUME"))
    known(parts).foreach(changesOf(principal, _))
  }

  private def changesOf(principal: String, name: Seq[String]): Unit =
    if (answer(authority.read(principal, name.mkString("."), false)).has("columns"))
      throw new Refused(s"table_changes: a row filter or column mask hides a part of '${name.mkString(".")}' from you.",
        "UNSUPPORTED_FEATURE", "BAD_REQUEST")

  private def called(parts: Seq[String]): Option[SQLFunction] =
    if ((parts.size == 1 && builtin(parts.head)) || parts.head.equalsIgnoreCase("system")) None
    else full(parts).flatMap { name =>
      val found = SqlFunctions.find(name)
      if (found.isDefined && inView.isEmpty) {
        check("EXECUTE", "FUNCTION", name)
        who.foreach(definers(_).function(found.get))
      }
      if (found.isEmpty && !name.head.equalsIgnoreCase("spark_catalog")) throw new Refused(
        s"[UNRESOLVED_ROUTINE] Cannot resolve routine ${parts.map("`" + _ + "`").mkString(".")}: there is no such function. SQLSTATE: 42883",
        "UNRESOLVED_ROUTINE", "BAD_REQUEST")
      found
    }

  private def builtin(name: String): Boolean =
    state.catalog.lookupBuiltinOrTempFunction(name).isDefined || state.catalog.lookupBuiltinOrTempTableFunction(name).isDefined

  /** A group's name is compared as text; without a principal the engine itself asks, which is in no group. */
  private def member(f: UnresolvedFunction): Expression = {
    if (f.arguments.size != 1) throw new Refused(
      s"${f.nameParts.last} takes one argument, the name of a group; it got ${f.arguments.size}.", "WRONG_NUM_ARGS", "BAD_REQUEST")
    val groups = who.toSeq.flatMap(p => answer(authority.groups(p)).path("groups").elements.asScala.map(_.asText))
    if (groups.isEmpty) Literal.FalseLiteral else In(Cast(f.arguments.head, StringType), groups.map(Literal(_)))
  }
}
