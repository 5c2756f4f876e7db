// Below Spark's own package, since a SQL function's expression is private to it.
package org.apache.spark.sql.lakehouse

import java.util.Locale
import java.util.concurrent.ConcurrentHashMap

import scala.jdk.CollectionConverters._
import scala.util.Try

import org.apache.spark.sql.{classic, AnalysisException, SparkSession}
import org.apache.spark.sql.catalyst.FunctionIdentifier
import org.apache.spark.sql.catalyst.analysis.{FunctionRegistry, SQLFunctionExpression, SQLTableFunction, TableFunctionRegistry}
import org.apache.spark.sql.catalyst.catalog.{SQLFunction, UserDefinedFunction}
import org.apache.spark.sql.catalyst.expressions.{Expression, NamedArgumentExpression}
import org.apache.spark.sql.catalyst.parser.CatalystSqlParser
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.catalyst.types.DataTypeUtils
import org.apache.spark.sql.connector.catalog.CatalogManager
import org.apache.spark.sql.execution.python.UserDefinedPythonFunction

/** The Python UDFs behind Unity Catalog's functions in Python, by the names that only those functions' bodies have. */
object PythonFunctions {
  private val functions = new ConcurrentHashMap[String, UserDefinedPythonFunction]()

  def put(name: String, function: UserDefinedPythonFunction): Unit = { functions.put(name, function); () }
  def call(parts: Seq[String], arguments: Seq[Expression]): Option[Expression] =
    parts match {
      case Seq(name) => Option(functions.get(name)).map(_.builder(arguments))
      case _ => None
    }
}

/**
 * The SQL functions of all catalogs. Spark's own catalog keeps names of two parts only, so calls are turned into the
 * functions' bodies by `GuardRule`, wherever a plan has them: in statements, views, masks and other functions.
 */
object SqlFunctions {
  private val functions = new ConcurrentHashMap[String, SQLFunction]()
  private def key(parts: Seq[String]): String = parts.map(_.toLowerCase(Locale.ROOT)).mkString("\u0000")

  /** `parameters` as in CREATE FUNCTION, `table` the columns of a table function; names in the body resolve in its own schema. */
  def put(catalog: String, schema: String, name: String, parameters: String, returns: String, table: Boolean,
      body: String, deterministic: Boolean): Unit = {
    val parser = CatalystSqlParser
    val inputs = if (parameters.isEmpty) None else Some(UserDefinedFunction.parseRoutineParam(parameters, parser, None))
    val kind = if (table) Right(UserDefinedFunction.parseTableSchema(returns, parser, None))
      else Left(UserDefinedFunction.parseDataType(returns, parser, None))
    val query = table || body.trim.toLowerCase(Locale.ROOT).matches("(?s)(select|with|values|from|table)\\b.*")
    functions.put(key(Seq(catalog, schema, name)), SQLFunction(
      FunctionIdentifier(name, Some(schema), Some(catalog)), inputs, kind,
      if (query) None else Some(body), if (query) Some(body) else None, None, None, Some(deterministic), Some(query),
      table, SQLFunction.catalogAndNamespaceToProps(catalog, Seq(schema)) + (SQLFunction.FUNCTION_RESOLUTION_PATH ->
        CatalogManager.serializePathEntries(Seq(Seq("system", "builtin"), Seq("system", "session"), Seq(catalog, schema))))))
    ()
  }

  /** Name, description and class of Spark's own functions and of those that the session registered. */
  def ofSession(session: classic.SparkSession): Array[Array[String]] = {
    val registries = Seq(session.sessionState.functionRegistry, session.sessionState.tableFunctionRegistry)
    registries.flatMap(known => known.listFunction().flatMap(known.lookupFunction)).distinctBy(_.getName)
      .sortBy(_.getName).map(found => Array(found.getName, found.getUsage, found.getClassName)).toArray
  }

  /** For the engine: the names of Spark's own functions. */
  def builtIn(): Array[String] = (FunctionRegistry.builtin.listFunction() ++ TableFunctionRegistry.builtin.listFunction())
    .map(_.funcName).distinct.toArray

  def drop(catalog: String, schema: String, name: String): Unit = { functions.remove(key(Seq(catalog, schema, name))); () }
  def find(parts: Seq[String]): Option[SQLFunction] = Option(functions.get(key(parts)))
  /** The functions of a schema that the session's principal may call. */
  def callable(session: SparkSession, catalog: String, schema: String): Array[String] = {
    val prefix = key(Seq(catalog, schema, ""))
    functions.asScala.collect { case (id, found) if id.startsWith(prefix) => found.name.funcName }.filter { name =>
      Guard.identity(session).principal.forall(who =>
        Try(Guard.answer(Guard.authority.check(who, "EXECUTE", "FUNCTION", s"$catalog.$schema.$name"))).isSuccess)
    }.toArray.sorted
  }
  def exists(catalog: String, schema: String, name: String): Boolean = find(Seq(catalog, schema, name)).isDefined
  def isEmpty: Boolean = functions.isEmpty

  def call(function: SQLFunction, arguments: Seq[Expression]): Expression = {
    if (function.isTableFunc) throw wrong(function, "is a table function: call it in FROM")
    SQLFunctionExpression(
      function.name.unquotedString, function, arranged(function, arguments), Some(function.getScalarFuncReturnType))
  }

  def rows(function: SQLFunction, arguments: Seq[Expression]): LogicalPlan = {
    if (!function.isTableFunc) throw wrong(function, "returns one value: call it in an expression")
    SQLTableFunction(
      function.name.unquotedString, function, arranged(function, arguments),
      DataTypeUtils.toAttributes(function.getTableFuncReturnCols))
  }

  /** Named arguments at their places. Defaults and counts are Spark's business. */
  private def arranged(function: SQLFunction, arguments: Seq[Expression]): Seq[Expression] = {
    val names = function.inputParam.toSeq.flatMap(_.fieldNames)
    val (named, placed) = arguments.partition(_.isInstanceOf[NamedArgumentExpression])
    if (named.isEmpty) return arguments
    val given = named.collect { case NamedArgumentExpression(name, value) => name.toLowerCase(Locale.ROOT) -> value }.toMap
    val rest = names.drop(placed.size)
    given.keys.find(name => !rest.exists(_.equalsIgnoreCase(name))).foreach(name =>
      throw wrong(function, s"has no free parameter '$name'"))
    val values = rest.map(name => given.get(name.toLowerCase(Locale.ROOT)))
    val last = values.lastIndexWhere(_.isDefined)
    placed ++ values.take(last + 1).zip(rest).map { case (value, name) =>
      value.getOrElse(throw wrong(function, s"needs a value for '$name', which stands before a named argument"))
    }
  }

  private def wrong(function: SQLFunction, what: String): AnalysisException =
    new AnalysisException("_LEGACY_ERROR_TEMP_3101", Map("message" -> s"Function '${function.name.unquotedString}' $what."))
}
