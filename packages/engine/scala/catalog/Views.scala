package lakehouse.catalog

import java.util
import java.util.concurrent.ConcurrentHashMap

import com.fasterxml.jackson.databind.{JsonNode, ObjectMapper}
import org.apache.spark.sql.connector.catalog.{TableCatalog, TableSummary, View}
import org.apache.spark.sql.types.{DataType, StructType}

/** The views of all catalogs. In memory, as the tables are: the workspace's store is their record. */
object Views {
  private val views = new ConcurrentHashMap[String, View]()

  private def key(catalog: String, schema: String, name: String): String =
    Seq(catalog, schema, name).map(_.toLowerCase(util.Locale.ROOT)).mkString("\u0000")

  def get(catalog: String, schema: String, name: String): Option[View] = Option(views.get(key(catalog, schema, name)))
  def put(catalog: String, schema: String, name: String, view: View): Unit = views.put(key(catalog, schema, name), view)
  def remove(catalog: String, schema: String, name: String): Boolean = {
    views.remove(key(catalog, schema, sourceOf(name)))
    views.remove(key(catalog, schema, name)) != null
  }

  def list(catalog: String, schema: String): Array[String] = {
    val prefix = key(catalog, schema, "")
    import scala.jdk.CollectionConverters._
    views.keySet.asScala.filter(_.startsWith(prefix)).map(_.substring(prefix.length))
      .filterNot(isSource).toArray.sorted
  }

  /**
   * From the engine: `schemaJson` is a StructType's JSON, names in the query resolve against `queryCatalog.querySchema`.
   * `queryColumns` are the query's own names of the view's columns, joined by NUL; "" where the view has the query's.
   */
  def define(catalog: String, schema: String, name: String, query: String, schemaJson: String, comment: String,
      queryCatalog: String, querySchema: String, queryColumns: String): Unit = {
    val named = if (queryColumns.isEmpty) Array.empty[String] else queryColumns.split("\u0000")
    val mode = if (named.isEmpty) "EVOLUTION" else "COMPENSATION"
    put(catalog, schema, name, made(query, struct(schemaJson), comment, Seq(queryCatalog, querySchema), mode, named, Nil))
  }

  private def struct(json: String): StructType = DataType.fromJson(json).asInstanceOf[StructType]

  /** `context`: the catalog and schema that names in the query resolve against. */
  private def made(query: String, schema: StructType, comment: String, context: Seq[String], mode: String, named: Array[String],
      more: Seq[(String, String)]): View = {
    val properties = new util.HashMap[String, String]()
    if (comment != null) properties.put("comment", comment)
    more.foreach { case (key, value) => properties.put(key, value) }
    val builder = new View.Builder()
    builder.withSchema(schema)
    builder.withProperties(properties)
    builder.withQueryText(query).withCurrentCatalog(context.head).withCurrentNamespace(context.tail.toArray)
      .withSqlConfigs(new util.HashMap[String, String]()).withSchemaMode(mode).withQueryColumnNames(named).build()
  }

  /** Marks the source of a metric view. No name of the catalog begins with it. */
  private val sourceMark = "\u0001"
  private val metricsProperty = "lakehouse.metrics"

  def isSource(name: String): Boolean = name.startsWith(sourceMark)
  def sourceOf(name: String): String = sourceMark + name

  /**
   * From the engine: a metric view of `definition` (YAML). `metrics` is a JSON array of its columns, {name, expr, measure},
   * whose expressions hold over `source`, a query with the columns of `sourceSchemaJson`. Names in both resolve against
   * `queryCatalog.querySchema`.
   */
  def defineMetrics(catalog: String, schema: String, name: String, definition: String, schemaJson: String, comment: String,
      queryCatalog: String, querySchema: String, source: String, sourceSchemaJson: String, metrics: String): Unit = {
    val (context, below) = (Seq(queryCatalog, querySchema), struct(sourceSchemaJson))
    put(catalog, schema, sourceOf(name), made(source, below, null, context, "COMPENSATION", below.fieldNames, Nil))
    put(catalog, schema, name, made(definition, struct(schemaJson), comment, context, "UNSUPPORTED", Array.empty, Seq(
      TableCatalog.PROP_TABLE_TYPE -> TableSummary.METRIC_VIEW_TABLE_TYPE, metricsProperty -> metrics)))
  }

  /** A metric view and its columns; None for another view, and where there is none. */
  def metrics(name: Seq[String]): Option[(View, JsonNode)] = for {
    view <- get(name.head, name(1), name(2))
    columns <- Option(view.properties.get(metricsProperty))
  } yield (view, json.readTree(columns))

  private val json = new ObjectMapper()

  /** What a CREATE VIEW statement defined: query, schema as JSON, comment, catalog, schema and column names of the query. */
  def describe(catalog: String, schema: String, name: String): Array[String] =
    get(catalog, schema, name).map(v => Array(v.queryText, v.schema.json, v.properties.get("comment"), v.currentCatalog,
      v.currentNamespace.mkString("."), queryColumns(v))).orNull

  private def queryColumns(v: View): String = {
    val names = Option(v.queryColumnNames).getOrElse(Array.empty[String])
    if (names.sameElements(v.schema.fieldNames)) "" else names.mkString("\u0000")
  }
}
