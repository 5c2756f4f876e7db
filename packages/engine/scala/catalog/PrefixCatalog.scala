package lakehouse.catalog

import java.util

import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.catalyst.analysis.{NoSuchNamespaceException, NoSuchViewException, ViewAlreadyExistsException}
import org.apache.spark.sql.connector.catalog._
import org.apache.spark.sql.connector.expressions.Transform
import org.apache.spark.sql.util.CaseInsensitiveStringMap

/**
 * What statements changed in the catalog, for the engine to tell the workspace: lines "kind\tcatalog\tschema\ttable".
 * Kinds: table (created, replaced or altered), view, drop, namespace, dropNamespace, write (rows, and with them maybe
 * columns). A thread has its own: commands run in the thread that asks for them, and one statement must not take another's changes.
 */
object CatalogEvents {
  private val events = ThreadLocal.withInitial[util.ArrayList[String]](() => new util.ArrayList[String]())

  def add(kind: String, catalog: String, parts: String*): Unit = {
    val (all, event) = (events.get, (kind +: catalog +: parts).mkString("\t"))
    if (all.isEmpty || all.get(all.size - 1) != event) all.add(event)
    ()
  }

  def drain(): util.List[String] = {
    val all = new util.ArrayList[String](events.get)
    events.get.clear()
    all
  }
}

/**
 * Names of a catalog, as Spark's session catalog can keep them: it knows one level of schemas, and takes only
 * letters, digits and underscores. `c.s` becomes `c__s`; an underscore inside of a part becomes `_u` and any other
 * character `_x` with its code in four hexadecimal digits, so that no two names meet.
 */
object Names {
  private val plainTable = "[a-z0-9_]+".r.pattern
  private val encodedTable = "x__"

  def encode(part: String): String = part.toLowerCase(util.Locale.ROOT).flatMap {
    case c if (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') => c.toString
    case '_' => "_u"
    case c => f"_x${c.toInt}%04x"
  }

  def decode(part: String): String = {
    val out = new StringBuilder
    var at = 0
    while (at < part.length) {
      if (part.charAt(at) != '_') { out.append(part.charAt(at)); at += 1 }
      else if (part.charAt(at + 1) == 'u') { out.append('_'); at += 2 }
      else { out.append(Integer.parseInt(part.substring(at + 2, at + 6), 16).toChar); at += 6 }
    }
    out.toString
  }

  def schema(catalog: String, schema: String): String = encode(catalog) + "__" + encode(schema)

  def table(name: String): String = {
    val lower = name.toLowerCase(util.Locale.ROOT)
    if (plainTable.matcher(lower).matches && !lower.startsWith(encodedTable)) lower else encodedTable + encode(lower)
  }

  def tableBack(name: String): String =
    if (name.startsWith(encodedTable)) decode(name.substring(encodedTable.length)) else name
}

/**
 * A Unity Catalog catalog on Spark's in-memory session catalog: `c.s.t` is kept in `spark_catalog` under the names of
 * `Names`, so that Delta's catalog, of which only one can exist, serves them all. Tables get a folder of their own
 * below `tablesRoot`, and every change is noted in `CatalogEvents`.
 */
class PrefixCatalog extends StagingTableCatalog with SupportsNamespaces with RelationCatalog {
  private var catalogName: String = _
  private var tablesRoot: String = _

  override def initialize(name: String, options: CaseInsensitiveStringMap): Unit = {
    // Spark registers catalogs by a name that is plain; the real one may hold other characters.
    catalogName = options.getOrDefault("catalogName", name)
    tablesRoot = options.get("tablesRoot")
  }

  override def name(): String = catalogName
  override def defaultNamespace(): Array[String] = Array("default")
  override def capabilities(): util.Set[TableCatalogCapability] = tables.capabilities()

  /** Delta's catalog of the session at work. A thread without one, whose settings would be Spark's defaults, gets the base. */
  private def session: CatalogPlugin = {
    if (SparkSession.getActiveSession.isEmpty) Registry.activate()
    SparkSession.active.sessionState.catalogManager.catalog("spark_catalog")
  }
  private def tables: StagingTableCatalog = session.asInstanceOf[StagingTableCatalog]
  private def namespaces: SupportsNamespaces = session.asInstanceOf[SupportsNamespaces]

  private def in(namespace: Array[String]): Array[String] =
    if (namespace.length == 1) Array(Names.schema(catalogName, namespace(0))) else namespace
  private def in(ident: Identifier): Identifier =
    if (isFolder(ident)) ident else Identifier.of(in(ident.namespace), Names.table(ident.name))
  /** delta.`/a/folder`, which Delta's catalog knows under that name and the workspace does not. */
  private def isFolder(ident: Identifier): Boolean =
    ident.namespace.length == 1 && ident.namespace()(0).equalsIgnoreCase("delta") && ident.name.contains('/')
  private def note(kind: String, ident: Identifier, more: String*): Unit =
    if (!isFolder(ident)) CatalogEvents.add(kind, catalogName, (ident.namespace.toSeq :+ ident.name) ++ more: _*)

  /** Managed tables have no location of their own; they get a folder named by a fresh id. */
  private def located(ident: Identifier, properties: util.Map[String, String]): util.Map[String, String] = {
    val all = new util.HashMap[String, String](properties)
    if (!isFolder(ident) && !all.containsKey(TableCatalog.PROP_LOCATION)) {
      all.put(TableCatalog.PROP_LOCATION, s"$tablesRoot/${util.UUID.randomUUID()}")
    }
    all.remove(TableCatalog.PROP_IS_MANAGED_LOCATION)
    all
  }
  private def located(ident: Identifier, info: TableInfo): TableInfo = withProperties(info, located(ident, info.properties))

  override def listTables(namespace: Array[String]): Array[Identifier] =
    tables.listTables(in(namespace)).filter(_.namespace.nonEmpty) // temporary views have none
      .map(i => Identifier.of(namespace, Names.tableBack(i.name)))
  override def loadTable(ident: Identifier): Table = tables.loadTable(in(ident))
  override def loadRelation(ident: Identifier): Relation = view(ident).getOrElse(loadTable(ident))
  override def loadTable(ident: Identifier, version: String): Table = tables.loadTable(in(ident), version)
  override def loadTable(ident: Identifier, timestamp: Long): Table = tables.loadTable(in(ident), timestamp)
  override def loadTable(ident: Identifier, privileges: util.Set[TableWritePrivilege]): Table =
    tables.loadTable(in(ident), privileges)
  override def tableExists(ident: Identifier): Boolean = tables.tableExists(in(ident))
  override def invalidateTable(ident: Identifier): Unit = tables.invalidateTable(in(ident))

  override def createTable(
      ident: Identifier, columns: Array[Column], partitions: Array[Transform], properties: util.Map[String, String]): Table = {
    val made = tables.createTable(in(ident), columns, partitions, located(ident, properties))
    note("table", ident)
    made
  }
  override def createTable(ident: Identifier, info: TableInfo): Table = {
    val made = tables.createTable(in(ident), located(ident, info))
    note("table", ident)
    made
  }
  override def alterTable(ident: Identifier, changes: TableChange*): Table = {
    val altered = tables.alterTable(in(ident), changes: _*)
    note("table", ident)
    altered
  }
  override def dropTable(ident: Identifier): Boolean = {
    val dropped = tables.dropTable(in(ident))
    if (dropped) note("drop", ident)
    dropped
  }
  override def purgeTable(ident: Identifier): Boolean = dropTable(ident)
  /** The workspace renames, so that grants, tags and masks stay: the engine hands it ALTER TABLE … RENAME TO. */
  override def renameTable(from: Identifier, to: Identifier): Unit =
    throw new UnsupportedOperationException(s"$from cannot be renamed in this way; run ALTER TABLE … RENAME TO without parameters.")

  private def view(ident: Identifier): Option[View] =
    if (ident.namespace.length == 1) Views.get(catalogName, ident.namespace()(0), ident.name) else None

  override def listViews(namespace: Array[String]): Array[Identifier] =
    if (namespace.length == 1) Views.list(catalogName, namespace(0)).map(Identifier.of(namespace, _)) else Array.empty
  override def loadView(ident: Identifier): View = view(ident).getOrElse(throw new NoSuchViewException(ident))
  override def viewExists(ident: Identifier): Boolean = view(ident).isDefined
  override def createView(ident: Identifier, made: View): View = {
    if (!namespaceExists(ident.namespace)) throw new NoSuchNamespaceException(catalogName +: ident.namespace)
    if (viewExists(ident) || tableExists(ident)) throw new ViewAlreadyExistsException(ident)
    Views.put(catalogName, ident.namespace()(0), ident.name, made)
    note("view", ident)
    made
  }
  override def replaceView(ident: Identifier, made: View): View = {
    loadView(ident)
    Views.put(catalogName, ident.namespace()(0), ident.name, made)
    note("view", ident)
    made
  }
  override def dropView(ident: Identifier): Boolean = {
    val dropped = ident.namespace.length == 1 && Views.remove(catalogName, ident.namespace()(0), ident.name)
    if (dropped) note("drop", ident)
    dropped
  }
  override def renameView(from: Identifier, to: Identifier): Unit = renameTable(from, to)

  /** Notes the change when the data is committed, not when the statement starts. */
  private class Noted(staged: StagedTable, ident: Identifier) extends StagedTable with SupportsWrite {
    override def name(): String = staged.name()
    override def columns(): Array[Column] = staged.columns()
    override def partitioning(): Array[Transform] = staged.partitioning()
    override def properties(): util.Map[String, String] = staged.properties()
    override def capabilities(): util.Set[TableCapability] = staged.capabilities()
    override def newWriteBuilder(info: org.apache.spark.sql.connector.write.LogicalWriteInfo) =
      staged.asInstanceOf[SupportsWrite].newWriteBuilder(info)
    override def commitStagedChanges(): Unit = {
      staged.commitStagedChanges()
      note("table", ident)
    }
    override def abortStagedChanges(): Unit = staged.abortStagedChanges()
  }

  override def stageCreate(
      ident: Identifier, columns: Array[Column], partitions: Array[Transform], properties: util.Map[String, String]): StagedTable =
    new Noted(tables.stageCreate(in(ident), columns, partitions, located(ident, properties)), ident)
  override def stageReplace(
      ident: Identifier, columns: Array[Column], partitions: Array[Transform], properties: util.Map[String, String]): StagedTable =
    new Noted(tables.stageReplace(in(ident), columns, partitions, replaced(ident, properties)), ident)
  override def stageCreateOrReplace(
      ident: Identifier, columns: Array[Column], partitions: Array[Transform], properties: util.Map[String, String]): StagedTable =
    new Noted(tables.stageCreateOrReplace(in(ident), columns, partitions, replaced(ident, properties)), ident)

  private def withProperties(info: TableInfo, properties: util.Map[String, String]): TableInfo = {
    val builder = new TableInfo.Builder()
    builder.withColumns(info.columns)
    builder.withProperties(properties)
    builder.withPartitions(info.partitions)
    if (info.constraints != null) builder.withConstraints(info.constraints)
    builder.build()
  }
  override def stageCreate(ident: Identifier, info: TableInfo): StagedTable =
    new Noted(tables.stageCreate(in(ident), located(ident, info)), ident)
  override def stageReplace(ident: Identifier, info: TableInfo): StagedTable =
    new Noted(tables.stageReplace(in(ident), withProperties(info, replaced(ident, info.properties))), ident)
  override def stageCreateOrReplace(ident: Identifier, info: TableInfo): StagedTable =
    new Noted(tables.stageCreateOrReplace(in(ident), withProperties(info, replaced(ident, info.properties))), ident)

  /** A replaced table stays where it is. */
  private def replaced(ident: Identifier, properties: util.Map[String, String]): util.Map[String, String] = {
    val place = if (!isFolder(ident) && tableExists(ident)) Option(loadTable(ident).properties.get(TableCatalog.PROP_LOCATION)) else None
    place.filterNot(_ => properties.containsKey(TableCatalog.PROP_LOCATION)).fold(located(ident, properties)) { location =>
      val all = new util.HashMap[String, String](properties)
      all.put(TableCatalog.PROP_LOCATION, location)
      all.remove(TableCatalog.PROP_IS_MANAGED_LOCATION)
      all
    }
  }

  override def listNamespaces(): Array[Array[String]] = {
    val prefix = Names.encode(catalogName) + "__"
    namespaces.listNamespaces().filter(n => n.length == 1 && n(0).startsWith(prefix))
      .map(n => Array(Names.decode(n(0).substring(prefix.length))))
  }
  override def listNamespaces(namespace: Array[String]): Array[Array[String]] =
    if (namespace.isEmpty) listNamespaces() else Array.empty
  override def namespaceExists(namespace: Array[String]): Boolean =
    namespace.length == 1 && namespaces.namespaceExists(in(namespace))
  override def loadNamespaceMetadata(namespace: Array[String]): util.Map[String, String] =
    namespaces.loadNamespaceMetadata(in(namespace))
  override def createNamespace(namespace: Array[String], metadata: util.Map[String, String]): Unit = {
    namespaces.createNamespace(in(namespace), metadata)
    CatalogEvents.add("namespace", catalogName, namespace: _*)
  }
  override def alterNamespace(namespace: Array[String], changes: NamespaceChange*): Unit =
    namespaces.alterNamespace(in(namespace), changes: _*)
  override def dropNamespace(namespace: Array[String], cascade: Boolean): Boolean = {
    val dropped = namespaces.dropNamespace(in(namespace), cascade)
    if (dropped) CatalogEvents.add("dropNamespace", catalogName, namespace: _*)
    dropped
  }
}
