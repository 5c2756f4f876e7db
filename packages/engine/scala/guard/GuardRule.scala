package org.apache.spark.sql.lakehouse

import java.util
import java.util.Locale

import scala.jdk.CollectionConverters._

import com.fasterxml.jackson.databind.JsonNode
import org.apache.spark.sql.{classic, Row, SparkSession}
import org.apache.spark.sql.catalyst.{AliasIdentifier, CurrentUserContext, FunctionIdentifier}
import org.apache.spark.sql.catalyst.analysis._
import org.apache.spark.sql.catalyst.catalog.SQLFunction
import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.parser.CatalystSqlParser
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.catalyst.rules.Rule
import org.apache.spark.sql.catalyst.trees.TreeNodeTag
import org.apache.spark.sql.catalyst.trees.TreePattern._
import org.apache.spark.sql.catalyst.types.DataTypeUtils
import org.apache.spark.sql.delta.{UnresolvedPathBasedDeltaTable, UnresolvedPathBasedDeltaTableRelation}
import org.apache.spark.sql.delta.files.TahoeFileIndex
import org.apache.spark.sql.execution.datasources.{HadoopFsRelation, LogicalRelation}
import org.apache.spark.sql.execution.datasources.v2.DataSourceV2Relation
import org.apache.spark.sql.types.{DataType, StringType, StructType}

import lakehouse.catalog.{CatalogEvents, Views}

/**
 * Looks at every plan before Spark resolves its names: asks whether the session's principal may do that, puts row
 * filters and column masks around tables, and supplies what open Spark lacks: SQL functions with names of three parts,
 * information_schema, is_account_group_member. Sessions without a principal are the engine's own and may do everything.
 */
class GuardRule(session: SparkSession) extends Rule[LogicalPlan] {
  import Guard.{answer, authority}

  private val seen = TreeNodeTag[Boolean]("lakehouse.guarded")
  private def identity: Identity = Guard.identity(session)
  private def who: Option[String] = identity.principal
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

  private def definers(principal: String): Definers = new Definers(session.asInstanceOf[classic.SparkSession], principal)

  private def temporary(parts: Seq[String]): Boolean =
    state.catalog.isTempView(parts)

  private val formats = Set("delta", "csv", "json", "parquet", "text", "orc", "xml", "avro", "binaryfile")

  /** format.`path`. A name of two parts whose first is a format means a table where there is one in a schema of that name. */
  private def path(parts: Seq[String]): Option[String] =
    if (parts.size != 2) None
    else if (formats(parts.head.toLowerCase(Locale.ROOT)))
      Some(parts(1)).filterNot(p => !p.contains('/') && !p.contains(':') && full(parts).exists(exists))
    else if (who.isDefined && parts.head.contains('.') && parts(1).exists(c => c == '/' || c == ':'))
      throw Refused("UNSUPPORTED_FEATURE.DATA_SOURCE", s"The format ${parts.head} is not available.")
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
    path(parts).foreach { p => if (who.isDefined) readsFiles(parts.head, p, r); return marked(r) }
    full(parts) match {
      case Some(Seq(catalog, schema, view)) if schema.equalsIgnoreCase("information_schema") =>
        SubqueryAlias(AliasIdentifier(view, Seq(catalog, schema)), informationSchema(catalog, view))
      case Some(name) if Views.isSource(name.last) => throw absent(parts)
      case Some(name) =>
        val table = if (inFunction.isEmpty) r else r.copy(multipartIdentifier = name)
        val metrics = MetricViews.plan(session, name)
        metrics.foreach(_.foreach { case source: UnresolvedRelation => source.setTagValue(seen, true); case _ => })
        protect(name, metrics.getOrElse(marked(table)), parts)
      case None => r
    }
  }

  private def readsFiles(format: String, path: String, r: UnresolvedRelation): Unit =
    new PathRules(session, identity).source(format, Seq(path), r.options.asScala.toMap, "READ_VOLUME")

  private def traveled(t: RelationTimeTravel, r: UnresolvedRelation): LogicalPlan =
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

  private def absent(shown: Seq[String]): Refused = new Refused(
    s"[TABLE_OR_VIEW_NOT_FOUND] The table or view '${shown.mkString(".")}' cannot be found.", "TABLE_OR_VIEW_NOT_FOUND", "BAD_REQUEST")

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

  private def usesPath(path: String, privilege: String): Unit = new PathRules(session, identity).touches(path, privilege)

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

  private def function(f: UnresolvedFunction): Expression = if (f.isInternal) f else allowed(f.nameParts) match {
    case Seq(name) if name.equalsIgnoreCase("is_account_group_member") || name.equalsIgnoreCase("is_member") => member(f)
    case parts => called(parts).fold[Expression](f)(SqlFunctions.call(_, f.arguments))
  }

  private val supplied = Set("read_files", "event_log")

  /** The name, where it is no built-in function that a principal may not call. */
  private def allowed(parts: Seq[String]): Seq[String] = {
    val system = parts.size == 1 || parts.head.equalsIgnoreCase("system") || parts.head.equalsIgnoreCase("builtin")
    if (who.isDefined && system && builtinOf(parts.last)) PermittedFunctions.check(parts.last)
    parts
  }

  private def builtinOf(name: String): Boolean =
    FunctionRegistry.builtin.functionExists(FunctionIdentifier(name)) ||
      TableFunctionRegistry.builtin.functionExists(FunctionIdentifier(name))

  private def tableFunction(f: UnresolvedTableValuedFunction): LogicalPlan = allowed(f.name) match {
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

  // --- what is changed ----------------------------------------------------------------------------------------

  private def command(node: LogicalPlan): Unit = node match {
    case i: InsertIntoStatement => target(i.table)
    case w: V2WriteCommand => target(w.table)
    case s: UnresolvedDataSource => new PathRules(session, identity).source(s.format, s.paths, s.options, "READ_VOLUME")
    case i: InsertIntoDir => intoFolder(i)
    case c: V2CreateTablePlan => created(c)
    case l: CreateTableLike => notLocated(l.location, l.name); made(l.name, replace = false); managedBy(l.source, "SELECT")
    case c: CloneTableStatement => notLocated(c.targetLocation, c.target); made(c.target, c.isReplaceCommand)
    case r: RestoreTableStatement => r.table.relation match {
      case u: UnresolvedRelation => changed(u.multipartIdentifier, seesRows = true)
      case _ =>
    }
    case t: UnresolvedPathBasedDeltaTable => usesPath(t.path, if (t.commandName.startsWith("DESCRIBE")) "READ_VOLUME" else "WRITE_VOLUME")
    case t: UnresolvedPathBasedDeltaTableRelation => usesPath(t.path, "READ_VOLUME")
    case v: CreateView => made(v.child, v.replace)
    case d: DropTable => managed(d.child)
    case d: DropView => managed(d.child)
    case r: RenameTable => managed(r.child)
    // DeltaTable's methods change a table that is resolved; that of a statement was asked for by its name.
    case d: DeleteFromTable if d.table.resolved => ofDelta(d.table)
    case u: UpdateTable if u.table.resolved => ofDelta(u.table)
    case m if m.nodeName == "DeltaMergeInto" && m.children.head.resolved => ofDelta(m.children.head)
    case _: ShowTables | _: ShowTablesExtended | _: ShowViews | _: DescribeNamespace => node.children.foreach {
      case u: UnresolvedNamespace => listed(u.multipartIdentifier)
      case CurrentNamespace => listed(state.catalogManager.currentNamespace.toSeq)
      case _ =>
    }
    case other => other.children.foreach {
      case t: UnresolvedTable => checked(t.multipartIdentifier, if (describes(other)) "SELECT" else "MODIFY")
      case t: UnresolvedTableOrView => checked(t.multipartIdentifier, if (changes(other)) "MODIFY" else "SELECT")
      case v: UnresolvedView => checked(v.multipartIdentifier, "MODIFY")
      case _ =>
    }
  }

  private def intoFolder(insert: InsertIntoDir): Unit = {
    if (insert.isLocal) throw Refused("UNSUPPORTED_FEATURE", "INSERT OVERWRITE LOCAL DIRECTORY: write to a folder of a volume.")
    new PathRules(session, identity).source(
      insert.provider.getOrElse("hive"), insert.storage.locationUri.map(_.toString).toSeq, insert.storage.properties, "WRITE_VOLUME")
  }

  private def created(c: V2CreateTablePlan): Unit = {
    val (location, provider, options) = c match {
      case CreateTable(_, _, _, spec, _) => ofSpec(spec)
      case CreateTableAsSelect(_, _, _, spec, _, _, _) => ofSpec(spec)
      case ReplaceTable(_, _, _, spec, _) => ofSpec(spec)
      case ReplaceTableAsSelect(_, _, _, spec, _, _, _) => ofSpec(spec)
      case _ => (None, None, Nil)
    }
    notLocated(location.orElse(options.find(_.equalsIgnoreCase("path"))), c.name)
    provider.foreach(new PathRules(session, identity).source(_, Nil, options.map(_ -> "").toMap, "WRITE_VOLUME"))
    made(c.name, replace = c.isInstanceOf[ReplaceTable] || c.isInstanceOf[ReplaceTableAsSelect])
  }

  private def ofSpec(spec: TableSpecBase): (Option[String], Option[String], Seq[String]) = spec match {
    case s: UnresolvedTableSpec => (s.location, s.provider, s.optionExpression.options.map(_._1))
    case s: TableSpec => (s.location, s.provider, s.options.keys.toSeq)
  }

  /** Where a table's files are is Unity Catalog's to say: nothing here is an external location. */
  private def notLocated(location: Option[String], name: LogicalPlan): Unit =
    if (location.isDefined && !identifier(name).flatMap(path).exists(location.contains)) throw Refused("INVALID_PARAMETER_VALUE.LOCATION_OVERLAP",
      s"'${location.get}' cannot be the location of a table: it overlaps with managed storage or is in no external location. " +
        "Leave LOCATION out, and Unity Catalog chooses one.")

  private def managedBy(plan: LogicalPlan, privilege: String): Unit = identifier(plan).foreach { parts =>
    path(parts).foreach(usesPath(_, "READ_VOLUME"))
    checked(parts, privilege)
  }

  /** The names in a schema are for who may use it. */
  private def listed(schema: Seq[String]): Unit = {
    val name = if (schema.size == 1) state.catalogManager.currentCatalog.name +: schema else schema
    if (name.size == 2 && !name.last.equalsIgnoreCase("information_schema")) check("USE_SCHEMA", "SCHEMA", name)
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
    case LogicalRelation(HadoopFsRelation(index: TahoeFileIndex, _, _, _, _, _), _, None, _, _) =>
      Guard.places.resolve(index.path.toString) match {
        case InTable(folder) if !Guard.ofPipeline(identity, folder) => changed(Guard.tableIn(session, folder), seesRows = true)
        case _ => usesPath(index.path.toString, "WRITE_VOLUME")
      }
    case r: LogicalRelation => for (found <- r.catalogTable; schema <- found.identifier.database)
      Guard.named(schema, found.identifier.table).foreach(changed(_, seesRows = true))
    case _ =>
  }

  private def known(parts: Seq[String]): Option[Seq[String]] =
    if (temporary(parts) || path(parts).isDefined) None
    else full(parts).filterNot(Guard.owns(identity, _)).map(ofCatalog(_, parts)).filter(exists)

  /** Spark's own catalog has all tables under other names. */
  private def ofCatalog(name: Seq[String], shown: Seq[String]): Seq[String] =
    if (who.isEmpty || !name.head.equalsIgnoreCase("spark_catalog")) name
    else if (Thread.currentThread.getName.startsWith("stream execution thread")) Guard.named(name(1), name(2)).getOrElse(name)
    else throw absent(shown)

  private def checked(parts: Seq[String], privilege: String): Unit = {
    path(parts).foreach(usesPath(_, if (privilege == "SELECT") "READ_VOLUME" else "WRITE_VOLUME"))
    known(parts).foreach(check(privilege, "TABLE", _))
  }

  /** MERGE, UPDATE and DELETE (`seesRows`) read what they change, so nothing may be hidden from the principal there. */
  private def changed(parts: Seq[String], seesRows: Boolean): Unit = {
    path(parts).foreach(usesPath(_, "WRITE_VOLUME"))
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
    case r: UnresolvedRelation => Some(r.multipartIdentifier)
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
