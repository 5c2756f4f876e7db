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
    val columns = DataType.fromJson(schemaJson).asInstanceOf[StructType]
    val properties = new util.HashMap[String, String]()
    if (comment != null) properties.put("comment", comment)
    val named = if (queryColumns.isEmpty) Array.empty[String] else queryColumns.split("\u0000")
    val builder = new View.Builder()
    builder.withSchema(columns)
    builder.withProperties(properties)
    put(catalog, schema, name, builder.withQueryText(query).withCurrentCatalog(queryCatalog)
      .withCurrentNamespace(Array(querySchema)).withSqlConfigs(new util.HashMap[String, String]())
      .withSchemaMode(if (named.isEmpty) "EVOLUTION" else "COMPENSATION").withQueryColumnNames(named).build())
  }

  /** Marks the source of a metric view. No name of the catalog begins with it. */
  private val sourceMark = "\u0001"
  private val metricsProperty = "lakehouse.metrics"

  def isSource(name: String): Boolean = name.startsWith(sourceMark)
  def sourceOf(name: String): String = sourceMark + name

  /**
   * From the engine: a metric view of `definition` (YAML). `metrics` is a JSON array of its columns, {name, expr, measure},
   * whose expressions hold over `source`, a query with the columns of `sourceSchemaJson`; names in both resolve against `queryCatalog.querySchema`.
   */
  def defineMetrics(catalog: String, schema: String, name: String, definition: String, schemaJson: String, comment: String,
      queryCatalog: String, querySchema: String, source: String, sourceSchemaJson: String, metrics: String): Unit = {
    val columns = DataType.fromJson(sourceSchemaJson).asInstanceOf[StructType].fieldNames.mkString("\u0000")
    define(catalog, schema, sourceOf(name), source, sourceSchemaJson, null, queryCatalog, querySchema, columns)
    define(catalog, schema, name, definition, schemaJson, comment, queryCatalog, querySchema, "")
    val plain = get(catalog, schema, name).get
    val properties = new util.HashMap[String, String](plain.properties)
    properties.put(TableCatalog.PROP_TABLE_TYPE, TableSummary.METRIC_VIEW_TABLE_TYPE)
    properties.put(metricsProperty, metrics)
    val builder = new View.Builder()
    builder.withSchema(plain.schema)
    builder.withProperties(properties)
    put(catalog, schema, name, builder.withQueryText(definition).withCurrentCatalog(queryCatalog)
      .withCurrentNamespace(Array(querySchema)).withSqlConfigs(new util.HashMap[String, String]())
      .withSchemaMode("UNSUPPORTED").withQueryColumnNames(Array.empty[String]).build())
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
