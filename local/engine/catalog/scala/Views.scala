package lakehouse.catalog

import java.util
import java.util.concurrent.ConcurrentHashMap

import org.apache.spark.sql.connector.catalog.View
import org.apache.spark.sql.types.{DataType, StructType}

/** The views of all catalogs. In memory, as the tables are: the workspace's store is their record. */
object Views {
  private val views = new ConcurrentHashMap[String, View]()

  private def key(catalog: String, schema: String, name: String): String =
    Seq(catalog, schema, name).map(_.toLowerCase(util.Locale.ROOT)).mkString("\u0000")

  def get(catalog: String, schema: String, name: String): Option[View] = Option(views.get(key(catalog, schema, name)))
  def put(catalog: String, schema: String, name: String, view: View): Unit = views.put(key(catalog, schema, name), view)
  def remove(catalog: String, schema: String, name: String): Boolean = views.remove(key(catalog, schema, name)) != null

  def list(catalog: String, schema: String): Array[String] = {
    val prefix = key(catalog, schema, "")
    import scala.jdk.CollectionConverters._
    views.keySet.asScala.filter(_.startsWith(prefix)).map(_.substring(prefix.length)).toArray.sorted
  }

  /** From the engine: `schemaJson` is a StructType's JSON, names in the query resolve against `queryCatalog.querySchema`. */
  def define(catalog: String, schema: String, name: String, query: String, schemaJson: String, comment: String,
      queryCatalog: String, querySchema: String): Unit = {
    val columns = DataType.fromJson(schemaJson).asInstanceOf[StructType]
    val properties = new util.HashMap[String, String]()
    if (comment != null) properties.put("comment", comment)
    val builder = new View.Builder()
    builder.withSchema(columns)
    builder.withProperties(properties)
    put(catalog, schema, name, builder.withQueryText(query).withCurrentCatalog(queryCatalog)
      .withCurrentNamespace(Array(querySchema)).withSqlConfigs(new util.HashMap[String, String]())
      .withSchemaMode("EVOLUTION").withQueryColumnNames(Array.empty).build())
  }

  /** What a CREATE VIEW statement defined: query, schema as JSON, comment, catalog and schema of the query. */
  def describe(catalog: String, schema: String, name: String): Array[String] =
    get(catalog, schema, name).map(v => Array(v.queryText, v.schema.json, v.properties.get("comment"), v.currentCatalog,
      v.currentNamespace.mkString("."))).orNull
}
