// Below Spark's own package, as Plans is: a rule here makes plans that only Spark itself may make.
package org.apache.spark.sql.lakehouse

import java.util
import java.util.{Collections, Locale, WeakHashMap}

import scala.jdk.CollectionConverters._

import com.fasterxml.jackson.databind.{JsonNode, ObjectMapper}
import org.apache.spark.sql.{classic, Row, SparkSession}
import org.apache.spark.sql.catalyst.{AliasIdentifier, CurrentUserContext}
import org.apache.spark.sql.catalyst.analysis._
import org.apache.spark.sql.catalyst.catalog.SQLFunction
import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.parser.CatalystSqlParser
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.catalyst.rules.Rule
import org.apache.spark.sql.catalyst.trees.TreeNodeTag
import org.apache.spark.sql.catalyst.trees.TreePattern._
import org.apache.spark.sql.catalyst.types.DataTypeUtils
import org.apache.spark.sql.execution.datasources.{CreateTempViewUsing, LogicalRelation}
import org.apache.spark.sql.execution.datasources.v2.DataSourceV2Relation
import org.apache.spark.sql.types.{DataType, StringType, StructType}

import lakehouse.catalog.{CatalogEvents, Names}

/** The engine (catalog/guard.py). Answers are JSON; what is refused is `{"error": {"message", "error_class", "error_code"}}`. */
trait Authority {
  /** What `principal` sees of a table: {} or {"columns": [{name, type, mask?: {function, using}}], "filters": [{function, using}]}. */
  def read(principal: String, table: String, throughView: Boolean): String
  /** {} where `principal` holds the privilege. */
  def check(principal: String, privilege: String, securableType: String, name: String): String
  /** Whether the table exists: {"exists": true}. */
  def exists(table: String): String
  /** {"groups": [name]} of the principal. */
  def groups(principal: String): String
  /** {"schema": DDL, "rows": [[…]]} of a view of an information_schema. */
  def informationSchema(principal: String, catalog: String, view: String): String
  /** The frame of `read_files` and the like, or the text of an error. `arguments`: {"placed": [text], "named": {name: text}}. */
  def rows(principal: String, function: String, arguments: String, streaming: Boolean): AnyRef
}

/** Raised inside of Spark's analyzer for what the engine refuses; the engine shows `message` as it is. */
class Refused(message: String, val errorClass: String, val errorCode: String) extends RuntimeException(message)

object Guard {
  @volatile private[lakehouse] var authority: Authority = _
  private val pipelines = Collections.synchronizedMap(new WeakHashMap[SparkSession, String]())
  private val principals = Collections.synchronizedMap(new WeakHashMap[SparkSession, String]())
  private[lakehouse] val json = new ObjectMapper()
  @volatile private[lakehouse] var tablesRoot: String = _

  /** `tables`: the folder of managed tables, which are read by their names and not by path. */
  def start(answers: Authority, tables: String): Unit = {
    tablesRoot = tables
    authority = answers
  }

  /** From now on, statements and frames of this session are the principal's. */
  def protect(session: SparkSession, principal: String): Unit = { principals.put(session, principal); () }

  /** The session is an update's of this pipeline: it reads and alters the pipeline's private tables. */
  def own(session: SparkSession, pipeline: String): Unit = { pipelines.put(session, pipeline); () }

  /** A session cloned from another is its principal's and its pipeline's, too. */
  def inherit(from: SparkSession, to: SparkSession): Unit = {
    principal(from).foreach(protect(to, _))
    Option(pipelines.get(from)).foreach(own(to, _))
  }

  /** Whether a location is below the folder of the pipelines' own files, beside that of the tables. */
  private[lakehouse] def inPipelines(location: String): Boolean = {
    val path = location.replaceFirst("^file:/*", "/")
    !path.split('/').contains("..") && path.startsWith(tablesRoot.stripSuffix("/").replaceFirst("[^/]*$", "pipelines/"))
  }

  private[lakehouse] def owns(session: SparkSession, table: Seq[String]): Boolean =
    Option(pipelines.get(session)).exists(id => table.last.toLowerCase(Locale.ROOT).startsWith(s"__private_${id.toLowerCase(Locale.ROOT)}_"))

  private[lakehouse] def principal(session: SparkSession): Option[String] = Option(principals.get(session))

  private[lakehouse] def answer(text: String): JsonNode = {
    val found = json.readTree(text)
    val error = found.get("error")
    if (error != null)
      throw new Refused(error.get("message").asText, error.get("error_class").asText, error.get("error_code").asText)
    found
  }
}

/**
 * Looks at every plan before Spark resolves its names: asks whether the session's principal may do that, puts row
 * filters and column masks around tables, and supplies what open Spark lacks: SQL functions with names of three parts,
 * information_schema, is_account_group_member. Sessions without a principal are the engine's own and may do everything.
 */
class GuardRule(session: SparkSession) extends Rule[LogicalPlan] {
  import Guard.{answer, authority}

  private val seen = TreeNodeTag[Boolean]("lakehouse.guarded")
  private def who: Option[String] = Guard.principal(session)
  private def state = session.asInstanceOf[classic.SparkSession].sessionState

  override def apply(plan: LogicalPlan): LogicalPlan = {
    if (authority == null) return plan
    who.foreach(CurrentUserContext.CURRENT_USER.set)
    if (who.isDefined) plan.foreachWithSubqueries(command)
    if (plan.containsAnyPattern(UNRESOLVED_RELATION, UNRESOLVED_FUNCTION, UNRESOLVED_TABLE_VALUED_FUNCTION, RELATION_TIME_TRAVEL))
      AnalysisHelper.allowInvokingTransformsInAnalyzer { rewrite(plan) }
    else plan
  }

  private def rewrite(plan: LogicalPlan): LogicalPlan = {
    val inner = plan.transformDown {
      case r: UnresolvedRelation if r.getTagValue(seen).isEmpty => relation(r)
      case t @ RelationTimeTravel(r: UnresolvedRelation, _, _) if r.getTagValue(seen).isEmpty => traveled(t, r)
      case SubqueryAlias(alias, f: UnresolvedTableValuedFunction) => tableFunction(f) match {
        case files if FileFrames.hides(files) => FileFrames.named(files, alias.qualifier :+ alias.name)
        case rows => SubqueryAlias(alias, rows)
      }
      case f: UnresolvedTableValuedFunction => tableFunction(f)
    }
    inner.transformDown { case node: LogicalPlan =>
      node.transformExpressionsDown {
        case f: UnresolvedFunction => function(f)
        case s: SubqueryExpression => s.withNewPlan(rewrite(s.plan))
      }
    }
  }

  // --- names --------------------------------------------------------------------------------------------------

  /** Catalog and schema of the view whose query this is, or of the function whose body. */
  private def inView: Seq[String] = {
    val context = AnalysisContext.get
    if (context.catalogAndNamespace.nonEmpty) context.catalogAndNamespace else inFunction
  }
  private def inFunction: Seq[String] =
    AnalysisContext.get.resolutionPathEntries.flatMap(_.find(_.headOption.exists(_ != "system"))).getOrElse(Nil)

  /** catalog, schema, name; None for a name that is not one of a catalog. */
  private def full(parts: Seq[String]): Option[Seq[String]] = {
    val context = inView
    lazy val manager = state.catalogManager
    val catalog = if (context.nonEmpty) context.head else manager.currentCatalog.name
    val schema = if (context.nonEmpty) context.tail else manager.currentNamespace.toSeq
    parts.size match {
      case 1 if schema.size == 1 => Some(Seq(catalog, schema.head, parts.head))
      case 2 => Some(catalog +: parts)
      case 3 => Some(parts)
      case _ => None
    }
  }

  private def temporary(parts: Seq[String]): Boolean =
    state.catalog.isTempView(parts)

  private val formats = Set("delta", "csv", "json", "parquet", "text", "orc", "avro", "binaryfile", "file")
  private def path(parts: Seq[String]): Option[String] =
    if (parts.size == 2 && formats(parts.head.toLowerCase(Locale.ROOT)) && parts(1).exists(c => c == '/' || c == ':')) Some(parts(1))
    else None

  private def check(privilege: String, kind: String, name: Seq[String]): Unit =
    who.foreach { principal => answer(authority.check(principal, privilege, kind, name.mkString("."))); () }

  private def exists(name: Seq[String]): Boolean = answer(authority.exists(name.mkString("."))).get("exists").asBoolean

  // --- what is read -------------------------------------------------------------------------------------------

  private def relation(r: UnresolvedRelation): LogicalPlan = {
    val parts = r.multipartIdentifier
    val writes = r.options.get(UnresolvedRelation.REQUIRED_WRITE_PRIVILEGES)
    if (writes != null) { changed(parts, seesRows = writes != "INSERT"); return marked(r) }
    if (temporary(parts)) return r
    path(parts).foreach { p => if (who.isDefined) usesPath(p, "READ_VOLUME"); return marked(r) }
    full(parts) match {
      case Some(Seq(catalog, schema, view)) if schema.equalsIgnoreCase("information_schema") =>
        SubqueryAlias(AliasIdentifier(view, Seq(catalog, schema)), informationSchema(catalog, view))
      case Some(name) =>
        val table = if (inFunction.isEmpty) r else r.copy(multipartIdentifier = name)
        protect(name, marked(table), parts)
      case None => r
    }
  }

  private def traveled(t: RelationTimeTravel, r: UnresolvedRelation): LogicalPlan =
    full(r.multipartIdentifier).filter(_ => path(r.multipartIdentifier).isEmpty)
      .fold[LogicalPlan](t)(name => protect(name, t.copy(relation = marked(r)), r.multipartIdentifier))

  private def marked(r: UnresolvedRelation): UnresolvedRelation = {
    val copy = r.copy()
    copy.setTagValue(seen, true)
    copy
  }

  private def protect(name: Seq[String], table: LogicalPlan, shown: Seq[String]): LogicalPlan = {
    val principal = who.getOrElse(return table)
    if (Guard.owns(session, name)) return table
    if (name.head.equalsIgnoreCase("spark_catalog") && Thread.currentThread.getName.startsWith("stream execution thread"))
      return ofSpark(name).fold(table)(protect(_, table, shown)) // a stream refreshes the table that it wrote a batch to
    if (name.head.equalsIgnoreCase("spark_catalog"))
      throw new Refused(s"[TABLE_OR_VIEW_NOT_FOUND] The table or view '${shown.mkString(".")}' cannot be found.", "TABLE_OR_VIEW_NOT_FOUND", "BAD_REQUEST")
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

  /** The name that users know of a table of Spark's own catalog. */
  private def ofSpark(name: Seq[String]): Option[Seq[String]] = name(1).split("__", 2) match {
    case Array(catalog, schema) => Some(Seq(Names.decode(catalog), Names.decode(schema), Names.tableBack(name(2))))
    case _ => None
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
    SqlFunctions.call(function, first ++ using)
  }

  private def usesPath(path: String, privilege: String): Unit = volume(path) match {
    case Some(name) => check(privilege, "VOLUME", name)
    case None if path.replaceFirst("^file:/*", "/").startsWith(Guard.tablesRoot) => throw new Refused(
      s"'$path' is a managed table's folder: read the table by its name.", "INVALID_PARAMETER_VALUE.LOCATION_OVERLAP", "INVALID_PARAMETER_VALUE")
    case None => throw outside(path)
  }

  /** A principal reaches data through securables alone; what Unity Catalog does not govern, nobody could protect. */
  private def outside(path: String): Refused = new Refused(
    s"'$path' is not in a volume: SQL reads and writes tables by their names and files by /Volumes/<catalog>/<schema>/<volume>/….",
    "PERMISSION_DENIED", "PERMISSION_DENIED")

  /** Where a new table's files are to be. A pipeline's private tables lie in its own folder, which its updates name. */
  private def places(table: V2CreateTablePlan): Unit = {
    val spec = table match {
      case t: CreateTable => Some(t.tableSpec)
      case t: CreateTableAsSelect => Some(t.tableSpec)
      case t: ReplaceTable => Some(t.tableSpec)
      case t: ReplaceTableAsSelect => Some(t.tableSpec)
      case _ => None
    }
    val named = spec.toSeq.collect { case s: UnresolvedTableSpec => s.optionExpression.options }.flatten
      .collect { case (key, value) if key.equalsIgnoreCase("path") => value.toString }
    (spec.flatMap(_.location).toSeq ++ named).filterNot(Guard.inPipelines).foreach(usesPath(_, "WRITE_VOLUME"))
  }

  private def volume(path: String): Option[Seq[String]] =
    if (path.split('/').contains("..")) None
    else path.stripPrefix("dbfs:").split('/').filter(_.nonEmpty) match {
      case Array("Volumes", catalog, schema, name, _*) => Some(Seq(catalog, schema, name))
      case _ => None
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

  // --- functions ----------------------------------------------------------------------------------------------

  private def function(f: UnresolvedFunction): Expression = { if (who.isDefined) Reach.check(f.nameParts); named(f) }

  private def named(f: UnresolvedFunction): Expression = f.nameParts match {
    case Seq(name) if name.equalsIgnoreCase("is_account_group_member") || name.equalsIgnoreCase("is_member") => member(f)
    case parts => called(parts).fold[Expression](f)(SqlFunctions.call(_, f.arguments))
  }

  private val supplied = Set("read_files", "event_log")

  private def tableFunction(f: UnresolvedTableValuedFunction): LogicalPlan = f.name match {
    case Seq(name) if supplied(name.toLowerCase(Locale.ROOT)) => suppliedRows(name.toLowerCase(Locale.ROOT), f)
    case Seq(name) if name.equalsIgnoreCase("table_changes") =>
      f.functionArgs.headOption.foreach { case Literal(table, StringType) =>
        changesOf(CatalystSqlParser.parseMultipartIdentifier(table.toString))
      case _ => }
      f
    case parts => called(parts).fold[LogicalPlan](f)(SqlFunctions.rows(_, f.functionArgs))
  }

  private def suppliedRows(name: String, f: UnresolvedTableValuedFunction): LogicalPlan = {
    def text(value: Expression): String = value match {
      case FunctionTableSubqueryArgumentExpression(r: UnresolvedRelation, _, _, _, _, _, _) => r.multipartIdentifier.mkString(".")
      case plain if plain.resolved && plain.foldable => Option(plain.eval()).map(_.toString).orNull
      case other => Constants.text(session.asInstanceOf[classic.SparkSession], name, other)
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
  private def changesOf(parts: Seq[String]): Unit = for (principal <- who; name <- known(parts))
    if (answer(authority.read(principal, name.mkString("."), false)).has("columns"))
      throw new Refused(s"table_changes: a row filter or column mask hides a part of '${name.mkString(".")}' from you.",
        "UNSUPPORTED_FEATURE", "BAD_REQUEST")

  private def called(parts: Seq[String]): Option[SQLFunction] =
    if ((parts.size == 1 && builtin(parts.head)) || parts.head.equalsIgnoreCase("system")) None
    else full(parts).flatMap { name =>
      val found = SqlFunctions.find(name)
      if (found.isDefined && inView.isEmpty) check("EXECUTE", "FUNCTION", name)
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

  // --- what is changed ----------------------------------------------------------------------------------------

  private def command(node: LogicalPlan): Unit = { Reach.check(node); asks(node) }

  private def asks(node: LogicalPlan): Unit = node match {
    case i: InsertIntoStatement => target(i.table)
    case w: V2WriteCommand => target(w.table)
    case v: CreateTempViewUsing if who.isDefined =>
      v.options.foreach { case (key, value) => if (key.equalsIgnoreCase("path")) usesPath(value, "READ_VOLUME") }
    case c: V2CreateTablePlan =>
      if (who.isDefined) places(c)
      made(c.name, replace = c.isInstanceOf[ReplaceTable] || c.isInstanceOf[ReplaceTableAsSelect])
    case v: CreateView => made(v.child, v.replace)
    case d: DropTable => managed(d.child)
    case d: DropView => managed(d.child)
    case r: RenameTable => managed(r.child)
    // DeltaTable's methods change a table that is resolved; that of a statement was asked for by its name.
    case d: DeleteFromTable if d.table.resolved => ofDelta(d.table)
    case u: UpdateTable if u.table.resolved => ofDelta(u.table)
    case m if m.nodeName == "DeltaMergeInto" && m.children.head.resolved => ofDelta(m.children.head)
    case other => other.children.foreach {
      case t: UnresolvedTable => checked(t.multipartIdentifier, if (describes(other)) "SELECT" else "MODIFY")
      case t: UnresolvedTableOrView => checked(t.multipartIdentifier, if (changes(other)) "MODIFY" else "SELECT")
      case v: UnresolvedView => checked(v.multipartIdentifier, "MODIFY")
      case _ =>
    }
  }

  private def describes(node: LogicalPlan): Boolean = node.nodeName.startsWith("Describe") || node.nodeName.startsWith("Show")
  private def changes(node: LogicalPlan): Boolean =
    Seq("Alter", "Set", "Unset", "Add", "Drop", "Rename", "Truncate", "Comment").exists(node.nodeName.startsWith)

  private def target(table: LogicalPlan): Unit = table match {
    case r: UnresolvedRelation => changed(r.multipartIdentifier, seesRows = false)
    // What DataFrames append to is looked up before there is a plan.
    case r: DataSourceV2Relation => for (catalog <- r.catalog; table <- r.identifier)
      changed((catalog.name +: table.namespace.toSeq) :+ table.name, seesRows = false)
    case _ =>
  }

  private def ofDelta(table: LogicalPlan): Unit = table.collectLeaves().foreach {
    case r: LogicalRelation => for (found <- r.catalogTable; schema <- found.identifier.database)
      ofSpark(Seq("spark_catalog", schema, found.identifier.table)).foreach(changed(_, seesRows = true))
    case _ =>
  }

  private def known(parts: Seq[String]): Option[Seq[String]] =
    if (temporary(parts) || path(parts).isDefined) None else full(parts).filterNot(Guard.owns(session, _)).filter(exists)

  private def checked(parts: Seq[String], privilege: String): Unit = known(parts).foreach(check(privilege, "TABLE", _))

  /** MERGE, UPDATE and DELETE (`seesRows`) read what they change, so nothing may be hidden from the principal there. */
  private def changed(parts: Seq[String], seesRows: Boolean): Unit = {
    path(parts).foreach(p => if (who.isDefined) usesPath(p, "WRITE_VOLUME"))
    known(parts).foreach(changedTable(_, seesRows))
  }

  private def changedTable(name: Seq[String], seesRows: Boolean): Unit = {
    check("MODIFY", "TABLE", name)
    if (who.isDefined) CatalogEvents.add("write", name.head, name.tail: _*)
    if (seesRows && who.exists(p => answer(authority.read(p, name.mkString("."), false)).has("columns")))
      throw new Refused(
        s"'${name.mkString(".")}' cannot be changed by MERGE, UPDATE or DELETE here: a row filter or column mask hides a part of it from you.",
        "UNSUPPORTED_FEATURE", "BAD_REQUEST")
  }

  private def identifier(plan: LogicalPlan): Option[Seq[String]] = plan match {
    case UnresolvedIdentifier(parts, _) => Some(parts)
    case UnresolvedTable(parts, _, _) => Some(parts)
    case t: UnresolvedTableOrView => Some(t.multipartIdentifier)
    case v: UnresolvedView => Some(v.multipartIdentifier)
    case _ => None
  }

  private def made(plan: LogicalPlan, replace: Boolean): Unit = identifier(plan).foreach { parts =>
    path(parts).foreach(p => if (who.isDefined) usesPath(p, "WRITE_VOLUME"))
    if (path(parts).isEmpty) full(parts).foreach { name =>
      if (!exists(name)) check("CREATE_TABLE", "SCHEMA", name.take(2))
      else if (replace) check("MANAGE", "TABLE", name)
    }
  }

  private def managed(plan: LogicalPlan): Unit =
    identifier(plan).flatMap(known).foreach(check("MANAGE", "TABLE", _))
}
