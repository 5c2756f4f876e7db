package lakehouse.catalog

import java.net.URI

import org.apache.hadoop.fs.Path
import org.apache.spark.sql.{SparkSession, classic}
import org.apache.spark.sql.catalyst.TableIdentifier
import org.apache.spark.sql.catalyst.catalog.{CatalogDatabase, CatalogStorageFormat, CatalogTable, CatalogTableType}
import org.apache.spark.sql.delta.DeltaLog
import org.apache.spark.sql.delta.lakehouse.KnownFiles
import org.apache.spark.sql.delta.skipping.clustering.{ClusteredTableUtils, ClusteringColumnInfo}
import org.apache.spark.sql.delta.util.JsonUtils
import org.apache.spark.sql.types.StructType

/** Fills Spark's catalog from the workspace's record, without a statement and without reading the tables. */
object Registry {
  /** The engine's first session. */
  @volatile private var base: classic.SparkSession = _

  def start(spark: classic.SparkSession): Unit = {
    HadoopDefaults.trim(spark.sparkContext.hadoopConfiguration)
    base = spark
  }

  def session: classic.SparkSession = base

  def activate(): Unit = classic.SparkSession.setActiveSession(base)

  private def catalog(spark: SparkSession) = spark.sessionState.catalog.externalCatalog

  def createSchema(spark: SparkSession, catalogName: String, schema: String, location: String): Unit =
    catalog(spark).createDatabase(
      CatalogDatabase(Names.schema(catalogName, schema), "", URI.create(location), Map.empty), ignoreIfExists = true)

  def dropSchema(spark: SparkSession, catalogName: String, schema: String): Unit =
    catalog(spark).dropDatabase(Names.schema(catalogName, schema), ignoreIfNotExists = true, cascade = true)

  /** The columns of a Delta table are in its log, so none are given here. */
  def putTable(spark: SparkSession, catalogName: String, schema: String, table: String, location: String, provider: String): Unit = {
    val ident = TableIdentifier(Names.table(table), Some(Names.schema(catalogName, schema)))
    if (!catalog(spark).tableExists(ident.database.get, ident.table)) {
      val storage = CatalogStorageFormat.empty.copy(locationUri = Some(URI.create(location)))
      catalog(spark).createTable(
        CatalogTable(ident, CatalogTableType.EXTERNAL, storage, new StructType(), Some(provider)), ignoreIfExists = true)
    }
  }

  /**
   * What a Delta table's log says of it, without the Spark job of DESCRIBE DETAIL: location, comment, and as JSON properties,
   * partition columns, clustering columns. Null where the table is not Delta's.
   */
  def detail(spark: classic.SparkSession, catalogName: String, schema: String, table: String): Array[String] = {
    val found = catalog(spark).getTable(Names.schema(catalogName, schema), Names.table(table))
    if (!found.provider.exists(_.equalsIgnoreCase("delta"))) null
    else {
      val log = DeltaLog.forTable(spark, new Path(found.location))
      val snapshot = KnownFiles.latest(log)
      val metadata = snapshot.metadata
      val clustering = if (ClusteredTableUtils.isSupported(snapshot.protocol)) ClusteringColumnInfo.extractLogicalNames(snapshot) else Nil
      Array(log.dataPath.toString, metadata.description, JsonUtils.toJson(metadata.configuration),
        JsonUtils.toJson(metadata.partitionColumns), JsonUtils.toJson(clustering))
    }
  }

  def dropTable(spark: SparkSession, catalogName: String, schema: String, table: String): Unit =
    catalog(spark).dropTable(Names.schema(catalogName, schema), Names.table(table), ignoreIfNotExists = true, purge = false)
}
