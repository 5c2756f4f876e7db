package org.apache.spark.sql.lakehouse

import java.util.{Collections, IdentityHashMap, Locale}

import scala.collection.mutable

import org.apache.spark.sql.{classic, SparkSession}
import org.apache.spark.sql.catalyst.expressions.Expression
import org.apache.spark.sql.catalyst.analysis._
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.catalyst.streaming.{StreamingRelationV2, WriteToStream}
import org.apache.spark.sql.catalyst.trees.TreeNodeTag
import org.apache.spark.sql.connector.catalog.{CatalogPlugin, Table}
import org.apache.spark.sql.delta.DeltaLogFileIndex
import org.apache.spark.sql.delta.catalog.DeltaTableV2
import org.apache.spark.sql.delta.commands.cdc.CDCReader.DeltaCDFRelation
import org.apache.spark.sql.delta.files.{TahoeFileIndex, TahoeLogFileIndex}
import org.apache.spark.sql.delta.lakehouse.TableStreamsRule
import org.apache.spark.sql.delta.sources.{DeltaDataSource, DeltaSink}
import org.apache.spark.sql.execution.command._
import org.apache.spark.sql.execution.datasources._
import org.apache.spark.sql.execution.datasources.v2.DataSourceV2Relation
import org.apache.spark.sql.execution.streaming.runtime.StreamingRelation
import org.apache.spark.sql.execution.streaming.sinks.FileStreamSink
import org.apache.spark.sql.metricview.logical.MetricViewPlaceholder

import lakehouse.catalog.PrefixCatalog

/**
 * Looks at every plan of a principal after Spark resolved it, and before anything of it runs: what it really touches.
 * Default deny: a node that is not among `Permitted`, a table of another catalog than the workspace's, a path that is
 * neither in a volume nor, for an update, in its pipeline's own folders, is refused. GuardRule has asked for names.
 */
class GuardCheck(session: SparkSession) extends (LogicalPlan => Unit) {
  private val checked = TreeNodeTag[String]("lakehouse.checked")

  override def apply(plan: LogicalPlan): Unit = if (Guard.authority != null) {
    val identity = Guard.identity(session)
    if (identity.principal.isDefined) new Walk(identity).plan(plan)
  }

  private class Walk(identity: Identity) {
    private val paths = new PathRules(session, identity)
    private val encoded = identity.encoded

    /** A node's children are among its fields, too; each is looked at once. */
    private val seen = Collections.newSetFromMap(new IdentityHashMap[LogicalPlan, java.lang.Boolean]())

    def plan(node: LogicalPlan): Unit = if (!node.getTagValue(checked).contains(encoded) && seen.add(node)) {
      if (!Permitted(node) && !node.getClass.getName.startsWith("org.apache.spark.sql.lakehouse.")) throw refusal(node)
      touches(node)
      node.productIterator.foreach(any)
      node.expressions.foreach(expression)
      (node.children ++ node.innerChildren.collect { case inner: LogicalPlan => inner }).foreach(plan)
      if (node.analyzed) node.setTagValue(checked, encoded)
    }

    private def refusal(node: LogicalPlan): Refused = node match {
      case unread: MetricViewPlaceholder => Refused("METRIC_VIEW_WITHOUT_AGGREGATION",
        s"The metric view '${unread.metadata.identifier.table}' is read by queries that aggregate: select its dimensions " +
        "and MEASURE(…) of its measures, with GROUP BY.")
      case other => Refused(
        "UNSUPPORTED_FEATURE.STATEMENT", s"${other.nodeName} is not available to principals in the local workspace.")
    }

    private def any(field: Any): Unit = field match {
      case node: LogicalPlan => plan(node)
      case table: Table => of(table)
      case catalog: CatalogPlugin => of(catalog)
      case Some(inner) => any(inner)
      case several: Iterable[_] if several.sizeIs < 10000 => several.foreach(any)
      case _ =>
    }

    private def expression(node: Expression): Unit = node.foreach { each =>
      PermittedFunctions.check(each)
      each match {
        case query: org.apache.spark.sql.catalyst.expressions.PlanExpression[_] => any(query.plan)
        case _ =>
      }
    }

    private def of(catalog: CatalogPlugin): Unit = catalog match {
      case _: PrefixCatalog | FakeSystemCatalog | FakeLocalCatalog => () // the last two have variables
      case other => throw Refused("TABLE_OR_VIEW_NOT_FOUND", s"The catalog '${other.name}' is none of the workspace's.")
    }

    private def of(table: Table): Unit = table match {
      case delta: DeltaTableV2 if delta.catalogTable.isEmpty => paths.ofDelta(delta.path.toString)
      case _ =>
    }

    private def touches(node: LogicalPlan): Unit = node match {
      case LogicalRelation(relation, _, table, isStreaming, _) => if (table.isEmpty && !isStreaming) of(relation)
      case relation: DataSourceV2Relation => paths.table(relation.table, ofCatalog = relation.catalog.isDefined)
      case StreamingRelation(source, _, _, _) => stream(source)
      case relation: StreamingRelationV2 if relation.v1Relation.isEmpty =>
        paths.table(relation.table, ofCatalog = relation.catalog.isDefined)
      case stream: WriteToStream => written(stream)
      case write: V2WriteCommand => write.table match {
        case relation: DataSourceV2Relation => relation.table match {
          case delta: DeltaTableV2 if delta.catalogTable.isEmpty => paths.touches(delta.path.toString, "WRITE_VOLUME")
          case _ =>
        }
        case _ =>
      }
      case SetCommand(Some((name, Some(value)))) => Settings.check(name, value)
      case ResetCommand(Some(name)) => Settings.check(name, null)
      case view: CreateTempViewUsing => paths.source(view.provider, Nil, view.options, "READ_VOLUME")
      case insert: InsertIntoHadoopFsRelationCommand if insert.catalogTable.isEmpty =>
        paths.touches(insert.outputPath.toString, "WRITE_VOLUME")
      case insert: InsertIntoDataSourceDirCommand =>
        paths.source(insert.provider, insert.storage.locationUri.map(_.toString).toSeq, insert.storage.properties, "WRITE_VOLUME")
      case save: SaveIntoDataSourceCommand => saved(save)
      case clone: org.apache.spark.sql.delta.commands.CloneTableCommand => paths.touches(clone.targetPath.toString, "CLONE")
      case _ =>
    }

    private def of(relation: org.apache.spark.sql.sources.BaseRelation): Unit = relation match {
      case files: HadoopFsRelation => files.location match {
        case _: DeltaLogFileIndex => () // Delta looks at its own log
        case index: TahoeLogFileIndex => paths.ofDelta(index.path.toString)
        case _: TahoeFileIndex => () // the files of a table that a command of Delta's has picked
        case index => index.rootPaths.foreach(path => paths.touches(path.toString, "READ_VOLUME"))
      }
      case changes: DeltaCDFRelation => if (changes.catalogTableOpt.isEmpty)
        paths.ofDelta(changes.snapshotWithSchemaMode.snapshot.path.getParent.toString)
      case other => throw Refused("UNSUPPORTED_FEATURE.DATA_SOURCE",
        s"Rows of ${other.getClass.getSimpleName} are not available: read tables and the files of volumes.")
    }

    private def stream(source: DataSource): Unit =
      if (source.catalogTable.isEmpty) paths.source(TableStreamsRule.format(source.className), source.paths, source.options, "READ_VOLUME")

    private def written(stream: WriteToStream): Unit = {
      paths.checkpoint(stream.resolvedCheckpointLocation)
      for (table <- stream.catalogTable; schema <- table.identifier.database; name <- Guard.named(schema, table.identifier.table))
        modifies(name)
      for ((catalog, table) <- stream.catalogAndIdent) modifies((catalog.name +: table.namespace.toSeq) :+ table.name)
      stream.sink match {
        case delta: DeltaSink if stream.catalogTable.isEmpty => paths.touches(delta.path.toString, "WRITE_VOLUME")
        case files: FileStreamSink => paths.touches(files.toString.stripPrefix("FileSink[").stripSuffix("]"), "WRITE_VOLUME")
        case _ =>
      }
    }

    /** Streams to tables name them in no plan that is resolved. */
    private def modifies(name: Seq[String]): Unit = if (!Guard.owns(identity, name)) identity.principal.foreach(who =>
      Guard.answer(Guard.authority.check(who, "MODIFY", "TABLE", name.mkString("."))))

    private def saved(save: SaveIntoDataSourceCommand): Unit = save.dataSource match {
      case _: DeltaDataSource => paths.source("delta", Nil, save.options, "WRITE_VOLUME")
      case other => throw Refused("UNSUPPORTED_FEATURE.DATA_SOURCE",
        s"${other.getClass.getSimpleName} cannot be written to: write tables and the files of volumes.")
    }
  }
}

/** What an identity may do with paths, formats and their options. */
class PathRules(session: SparkSession, identity: Identity) {
  private val asked = mutable.Set.empty[(String, Seq[String])]

  /** `privilege`: READ_VOLUME, WRITE_VOLUME; CLONE for a place that the catalog gave. */
  def touches(path: String, privilege: String): Unit = Guard.places.resolve(path) match {
    case InVolume(name) => volume(name, if (privilege == "CLONE") "WRITE_VOLUME" else privilege)
    case InTable(_) if privilege == "CLONE" => ()
    case InTable(folder) => if (!Guard.ofPipeline(identity, folder)) throw new Refused(
      s"'$path' is a managed table's folder: read the table by its name.", "INVALID_PARAMETER_VALUE.LOCATION_OVERLAP", "INVALID_PARAMETER_VALUE")
    case InPipeline(real) => if (!identity.storage.exists(Guard.places.inStorage(real, _)))
      throw Guard.places.refused(path, "holds what a pipeline keeps")
    case InTemporary => throw Guard.places.refused(path, "is a file of this machine")
    case InWorkspace(file) => if (privilege != "READ_VOLUME") throw Guard.places.refused(path, "is in the workspace, which Spark only reads")
      else identity.principal.foreach(who => Guard.answer(Guard.authority.workspaceFile(who, Guard.places.withoutPattern(file))))
  }

  /** What Delta reads by its folder; that of a table as the table. GuardRule has refused such a path where users give it. */
  def ofDelta(path: String): Unit = Guard.places.resolve(path) match {
    case InTable(folder) if !Guard.ofPipeline(identity, folder) => reads(Guard.tableIn(session, folder))
    case _ => touches(path, "READ_VOLUME")
  }

  private def reads(table: Seq[String]): Unit = for (who <- identity.principal if !Guard.owns(identity, table)) {
    val name = table.mkString(".")
    if (Guard.answer(Guard.authority.read(who, name, false)).has("columns")) throw new Refused(
      s"'$name' cannot be changed in this way: a row filter or column mask hides a part of it from you.", "UNSUPPORTED_FEATURE", "BAD_REQUEST")
  }

  def checkpoint(path: String): Unit = Guard.places.resolve(path) match {
    case InTemporary => ()
    case _ => touches(path, "WRITE_VOLUME")
  }

  private def volume(name: Seq[String], privilege: String): Unit = if (asked.add((privilege, name)))
    identity.principal.foreach(who => Guard.answer(Guard.authority.check(who, privilege, "VOLUME", name.mkString("."))))

  private val formats = Set("csv", "json", "parquet", "orc", "text", "xml", "binaryfile", "delta", "libsvm", "image",
    "com.databricks.spark.csv", "com.databricks.spark.xml", // old names that Spark maps to its own
    "rate", "rate-micro-batch", "memory", "noop", "console", "lakehouse.readers.namedcsvfileformat",
    "org.apache.spark.sql.lakehouse.rescuedparquet", "org.apache.spark.sql.lakehouse.rescuedorc")

  private def ofPython(format: String): Boolean =
    session.asInstanceOf[classic.SparkSession].sessionState.dataSourceManager.dataSourceExists(format)

  /** A format with its paths and options: all of them are on an allow-list, and paths are in volumes. */
  def source(format: String, given: Seq[String], options: Map[String, String], privilege: String): Unit = {
    val name = format.toLowerCase(Locale.ROOT)
    if (!formats(name)) {
      if (ofPython(format)) return
      throw Refused("UNSUPPORTED_FEATURE.DATA_SOURCE", s"The format $format is not available; there are " +
        "csv, json, parquet, orc, text, xml, binaryFile and delta.")
    }
    for ((key, value) <- options) ReaderOptions.check(name, key, value)
    ReaderOptions.folders(options).foreach(touches(_, "WRITE_VOLUME"))
    val several = options.collect { case (key, value) if key.equalsIgnoreCase("paths") =>
      Guard.json.readValue(value, classOf[Array[String]]).toSeq }.flatten
    val one = options.collect { case (key, value) if key.equalsIgnoreCase("path") => value }
    val needed = if (ReaderOptions.cleans(options)) "WRITE_VOLUME" else privilege
    (given ++ several ++ one).distinct.foreach(touches(_, needed))
  }

  def table(table: Table, ofCatalog: Boolean): Unit = table match {
    case delta: DeltaTableV2 => if (delta.catalogTable.isEmpty) ofDelta(delta.path.toString)
    case files: v2FileTable => files.fileIndex.rootPaths.foreach(path => touches(path.toString, "READ_VOLUME"))
    case other => if (!ofCatalog && !tables.exists(other.getClass.getName.contains) && !ofPython(other.name)) throw Refused(
      "UNSUPPORTED_FEATURE.DATA_SOURCE", s"${other.name} is not available: read tables and the files of volumes.")
  }

  private type v2FileTable = org.apache.spark.sql.execution.datasources.v2.FileTable
  private val tables = Seq("RateStreamTable", "RatePerMicroBatch", "NoopTable", "MemoryStreamTable", "MemorySink", "ConsoleTable", "PythonTable", "ForeachWriterTable",
    "V1TableWithFallback", "DeltaSourceV1")
}
