package org.apache.spark.sql.lakehouse

import org.apache.spark.sql.catalyst.analysis._
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.delta.{UnresolvedPathBasedDeltaTable, UnresolvedPathBasedDeltaTableRelation}
import org.apache.spark.sql.delta.files.TahoeFileIndex
import org.apache.spark.sql.execution.datasources.{HadoopFsRelation, LogicalRelation}
import org.apache.spark.sql.execution.datasources.v2.DataSourceV2Relation

import lakehouse.catalog.CatalogEvents

/** Tables and files that a statement creates, changes, describes or drops. */
private[lakehouse] class GuardCommands(names: GuardNames) {
  import Guard.{answer, authority}
  import names._

  def command(node: LogicalPlan): Unit = node match {
    case i: InsertIntoStatement => target(i.table)
    case w: V2WriteCommand => target(w.table)
    case s: UnresolvedDataSource => paths.source(s.format, s.paths, s.options, "READ_VOLUME")
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
    paths.source(
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
    provider.foreach(paths.source(_, Nil, options.map(_ -> "").toMap, "WRITE_VOLUME"))
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

  private def checked(parts: Seq[String], privilege: String): Unit = {
    path(parts).foreach(usesPath(_, if (privilege == "SELECT") "READ_VOLUME" else "WRITE_VOLUME"))
    known(parts).foreach(check(privilege, "TABLE", _))
  }

  /** MERGE, UPDATE and DELETE (`seesRows`) read what they change, so nothing may be hidden from the principal there. */
  def changed(parts: Seq[String], seesRows: Boolean): Unit = {
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
