// Below Spark's own package, since JSON is generated there alone.
package org.apache.spark.sql.lakehouse

import java.io.CharArrayWriter
import java.util.Locale

import scala.collection.mutable

import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.{FileStatus, Path}
import org.apache.hadoop.mapreduce.Job
import org.apache.parquet.format.converter.ParquetMetadataConverter.SKIP_ROW_GROUPS
import org.apache.parquet.hadoop.{Footer, ParquetFileReader}
import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.json.{JacksonGenerator, JSONOptions}
import org.apache.spark.sql.execution.datasources.{FileFormat, OutputWriterFactory, PartitionedFile}
import org.apache.spark.sql.execution.datasources.orc.{OrcFileFormat, OrcUtils}
import org.apache.spark.sql.execution.datasources.parquet.{ParquetFileFormat, ParquetToSparkSchemaConverter}
import org.apache.spark.sql.internal.SQLConf
import org.apache.spark.sql.sources.Filter
import org.apache.spark.sql.types._
import org.apache.spark.unsafe.types.UTF8String
import org.apache.spark.util.SerializableConfiguration

import lakehouse.catalog.Registry

/**
 * Files that name and type their own columns, with a rescued data column: each is read by its own schema, and what the
 * wanted one lacks, or has with a type that the file's values are not of, is kept there as JSON.
 * https://docs.databricks.com/aws/en/ingestion/cloud-object-storage/auto-loader/schema#rescue
 */
abstract class RescuedFormat extends FileFormat with Serializable {
  protected def plain: FileFormat
  protected def schemaOf(file: Path, conf: Configuration): StructType

  override def hashCode(): Int = getClass.hashCode()
  override def equals(other: Any): Boolean = other != null && other.getClass == getClass
  override def inferSchema(spark: SparkSession, options: Map[String, String], files: Seq[FileStatus]): Option[StructType] =
    plain.inferSchema(spark, options, files)
  override def isSplitable(spark: SparkSession, options: Map[String, String], path: Path): Boolean = true
  override def prepareWrite(spark: SparkSession, job: Job, options: Map[String, String], schema: StructType): OutputWriterFactory =
    throw new UnsupportedOperationException("files are only read by this format")

  override def buildReader(
      spark: SparkSession, dataSchema: StructType, partitionSchema: StructType, requiredSchema: StructType,
      filters: Seq[Filter], options: Map[String, String], hadoopConf: Configuration): PartitionedFile => Iterator[InternalRow] = {
    val conf = new SerializableConfiguration(hadoopConf)
    val (zone, rescued) = (spark.sessionState.conf.sessionLocalTimeZone, options("rescuedDataColumn"))
    val given = options - "rescuedDataColumn" + (FileFormat.OPTION_RETURNING_BATCH -> "false")
    // By the columns that are read of a file; one task reads files that mostly have the same.
    lazy val readers = mutable.Map[StructType, PartitionedFile => Iterator[InternalRow]]()

    file => {
      val shape = new FileShape(schemaOf(file.toPath, conf.value), dataSchema, requiredSchema, rescued, zone)
      // Tasks run in the engine's own process, so that its session is there to build a reader for what the file has.
      val read = readers.getOrElseUpdate(shape.read, plain.buildReaderWithPartitionValues(
        Registry.session, shape.read, StructType(Nil), shape.read, Nil, given, new Configuration(conf.value)))
      val rows = shape.rows(file.toPath.toString)
      read(file).map(rows)
    }
  }
}

class RescuedParquet extends RescuedFormat {
  override def toString: String = "Parquet with rescued data"
  override protected def plain: FileFormat = new ParquetFileFormat
  override protected def schemaOf(file: Path, conf: Configuration): StructType = ParquetFileFormat.readSchemaFromFooter(
    new Footer(file, ParquetFileReader.readFooter(conf, file, SKIP_ROW_GROUPS)), new ParquetToSparkSchemaConverter(SQLConf.get))
}

class RescuedOrc extends RescuedFormat {
  override def toString: String = "ORC with rescued data"
  override protected def plain: FileFormat = new OrcFileFormat
  override protected def schemaOf(file: Path, conf: Configuration): StructType =
    OrcUtils.readSchema(file, conf, ignoreCorruptFiles = false).map(OrcUtils.toCatalystSchema).getOrElse(StructType(Nil))
}

/** What is read of one file, and how its rows become rows of `required`. `wanted`: all columns but those of folders. */
class FileShape(own: StructType, wanted: StructType, required: StructType, rescued: String, zone: String) {
  private def lower(name: String) = name.toLowerCase(Locale.ROOT)
  private val columns = StructType(wanted.filterNot(_.name == rescued))
  private val rescues = required.fieldNames.contains(rescued)

  private def named(fields: StructType, name: String): Option[StructField] = fields.find(field => lower(field.name) == lower(name))

  val read: StructType = StructType(own.filter { field =>
    named(required, field.name).isDefined || (rescues && rest(Literal(null, field.dataType), named(columns, field.name)).isDefined)
  })

  def rows(file: String): InternalRow => InternalRow = {
    val values = required.fields.map(column => if (column.name == rescued) null else value(column))
    val rests = if (!rescues) Nil else read.fields.toSeq.zipWithIndex.flatMap { case (field, at) =>
      rest(BoundReference(at, field.dataType, nullable = true), named(columns, field.name)).map(field.name -> _)
    }
    val shown = StructType(rests.map { case (name, kept) => StructField(name, kept.dataType) } :+ StructField("_file_path", StringType))
    val path = UTF8String.fromString(file)
    def text(row: InternalRow): UTF8String = {
      val kept = rests.map(_._2.eval(row))
      if (kept.forall(_ == null)) null else {
        val writer = new CharArrayWriter
        val json = new JacksonGenerator(shown, writer, new JSONOptions(Map.empty[String, String], zone))
        json.write(new GenericInternalRow((kept :+ path).toArray[Any]))
        json.close()
        UTF8String.fromString(writer.toString)
      }
    }
    row => new GenericInternalRow(values.map(each => if (each == null) text(row) else each.eval(row)))
  }

  private def value(column: StructField): Expression = named(read, column.name) match {
    case None => Literal(null, column.dataType)
    case Some(field) => shaped(BoundReference(read.fieldIndex(field.name), field.dataType, nullable = true), column.dataType)
  }

  /** The value as the wanted type: numbers widened, fields of structures found by their names; null for what does not fit. */
  private def shaped(value: Expression, to: DataType): Expression = (value.dataType, to) match {
    case (from, _) if DataType.equalsIgnoreNullability(from, to) => value
    case (from: StructType, wanted: StructType) =>
      val fields = wanted.map { field =>
        val at = from.fieldNames.indexWhere(lower(_) == lower(field.name))
        if (at < 0) Literal(null, field.dataType) else shaped(GetStructField(value, at), field.dataType)
      }
      structure(IsNull(value), wanted.fieldNames.toSeq.zip(fields))
    case (from, _) if fits(from, to) => Cast(value, to, Some(zone), EvalMode.LEGACY)
    case _ => Literal(null, to)
  }

  /** What of the value has no place in the wanted column; None where all of it has. */
  private def rest(value: Expression, to: Option[StructField]): Option[Expression] = (value.dataType, to.map(_.dataType)) match {
    case (from: StructType, Some(wanted: StructType)) =>
      val rests = from.fields.toSeq.zipWithIndex.flatMap { case (field, at) =>
        rest(GetStructField(value, at), named(wanted, field.name)).map(field.name -> _)
      }
      if (rests.isEmpty) None
      else Some(structure(rests.map { case (_, kept) => IsNull(kept): Expression }.reduce(And(_, _)), rests))
    case (from, Some(wanted)) if fits(from, wanted) => None
    case _ => Some(value)
  }

  private def structure(absent: Expression, fields: Seq[(String, Expression)]): Expression = {
    val made = CreateNamedStruct(fields.flatMap { case (name, field) => Seq(Literal(name), field) })
    If(absent, Literal(null, made.dataType), made)
  }

  private def fits(from: DataType, to: DataType): Boolean = DataType.equalsIgnoreNullability(from, to) || ((from, to) match {
    case (a: NumericType, b: NumericType) => Cast.canUpCast(a, b)
    case _ => false
  })
}
