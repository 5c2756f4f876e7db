package lakehouse.readers

import java.io.{BufferedReader, InputStream, InputStreamReader}
import java.nio.charset.{CharacterCodingException, Charset, CodingErrorAction}

import com.fasterxml.jackson.databind.ObjectMapper
import com.univocity.parsers.csv.{CsvParser, CsvParserSettings}
import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.{FileStatus, Path}
import org.apache.hadoop.mapreduce.Job
import org.apache.spark.TaskContext
import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.csv.{CSVInferSchema, CSVOptions, UnivocityParser}
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow
import org.apache.spark.sql.execution.datasources.{CodecStreams, OutputWriterFactory, PartitionedFile, TextBasedFileFormat}
import org.apache.spark.sql.sources.Filter
import org.apache.spark.sql.types._
import org.apache.spark.unsafe.types.UTF8String
import org.apache.spark.util.SerializableConfiguration

/**
 * CSV as Auto Loader reads it: every file's own header gives its columns, which are matched to the schema by
 * name, and what has no place in the schema goes to the rescued data column. Spark's own CSV source matches by
 * position, so a file with its columns in another order would be read wrongly without an error.
 *
 * A file format and not a Python data source, so that Spark's file stream, `_metadata`, column pruning and
 * partition columns work as for any other format, at the speed of the JVM.
 */
class NamedCsvFileFormat extends TextBasedFileFormat with Serializable {
  override def toString: String = "CSV by column name"
  override def hashCode(): Int = getClass.hashCode()
  override def equals(other: Any): Boolean = other.isInstanceOf[NamedCsvFileFormat]

  // The header stands at the start of the file; a reader of a later part would not know the columns.
  override def isSplitable(spark: SparkSession, options: Map[String, String], path: Path): Boolean = false

  override def supportDataType(dataType: DataType): Boolean = dataType match {
    case _: ArrayType | _: MapType | _: StructType | _: CalendarIntervalType => false
    case _ => true
  }

  override def prepareWrite(
      spark: SparkSession, job: Job, options: Map[String, String], schema: StructType): OutputWriterFactory =
    throw new UnsupportedOperationException("files are only read by this format; write with format \"csv\"")

  /** The union of the files' columns in order of first appearance; text unless `inferSchema` asks for types. */
  override def inferSchema(
      spark: SparkSession, options: Map[String, String], files: Seq[FileStatus]): Option[StructType] = {
    val csv = CsvFile.options(spark, options)
    val conf = new SerializableConfiguration(spark.sessionState.newHadoopConfWithOptions(options))
    val paths = files.map(_.getPath.toString)
    val given = CsvFile.given(csv)
    val perFile: Seq[Seq[(String, DataType)]] =
      if (paths.isEmpty) Nil
      else if (!csv.inferSchemaFlag) paths.map(p => CsvFile.columns(p, csv, conf.value, given).map(_ -> StringType))
      else {
        val slices = math.min(paths.size, spark.sparkContext.defaultParallelism)
        spark.sparkContext.parallelize(paths, slices).map(p => CsvFile.inferTypes(p, csv, conf.value, given)).collect().toSeq
      }
    val merged = scala.collection.mutable.LinkedHashMap.empty[String, DataType]
    val widen = new CSVInferSchema(csv)
    for (columns <- perFile; (name, dataType) <- columns) {
      merged(name) = merged.get(name).fold(dataType) { known =>
        widen.mergeRowTypes(Array(known), Array(dataType)).head
      }
    }
    if (merged.isEmpty) None
    else Some(StructType(merged.toSeq.map { case (n, t) => StructField(n, if (t == NullType) StringType else t) }))
  }

  override def buildReader(
      spark: SparkSession,
      dataSchema: StructType,
      partitionSchema: StructType,
      requiredSchema: StructType,
      filters: Seq[Filter],
      options: Map[String, String],
      hadoopConf: Configuration): PartitionedFile => Iterator[InternalRow] = {
    val csv = CsvFile.options(spark, options)
    val conf = new SerializableConfiguration(hadoopConf)
    val given = CsvFile.given(csv)
    val rescue = csv.parameters.get("rescuedDataColumn").filter(_.nonEmpty)
    val caseSensitive = csv.parameters.get("readerCaseSensitive").forall(_.toBoolean) && rescue.isDefined
    val failOnNew = csv.parameters.get("failOnNewColumns").exists(_.toBoolean)
    (file: PartitionedFile) =>
      new CsvFile(file.toPath, csv, conf.value, given).rows(dataSchema, requiredSchema, rescue, caseSensitive, failOnNew)
  }
}

object CsvFile {
  def options(spark: SparkSession, options: Map[String, String]): CSVOptions =
    new CSVOptions(
      options,
      columnPruning = false,
      spark.sessionState.conf.sessionLocalTimeZone,
      spark.sessionState.conf.columnNameOfCorruptRecord)

  def given(csv: CSVOptions): Given = Given(
    skipRows = csv.parameters.get("skipRows").fold(0)(_.toInt),
    strict = csv.parameters.contains("encoding") || csv.parameters.contains("charset"))

  def columns(path: String, csv: CSVOptions, conf: Configuration, given: Given): Seq[String] =
    new CsvFile(new Path(path), csv, conf, given).read(_.header.toSeq)

  def inferTypes(path: String, csv: CSVOptions, conf: Configuration, given: Given): Seq[(String, DataType)] =
    new CsvFile(new Path(path), csv, conf, given).read { records =>
      val infer = new CSVInferSchema(csv)
      val start = Array.fill[DataType](records.header.length)(NullType)
      val types = records.foldLeft(start)((soFar, tokens) => infer.inferRowType(soFar, tokens))
      records.header.toSeq.zip(types)
    }
}

/** The records of one open file: its header (never null names) and then the rows' tokens. */
trait CsvRecords extends Iterator[Array[String]] {
  def header: Array[String]
  def raw: String
  def line: Long
}

/**
 * Options read where they were made: on their way to an executor they lose what is not a field of theirs.
 * `skipRows`: the lines before the header, whatever they hold; blank lines and comments count, too.
 * `strict`: the encoding was given, so that a file in another one is not read with replacements.
 */
case class Given(skipRows: Int, strict: Boolean)

/** A file of which no row can be trusted. */
class Unreadable(message: String, cause: Throwable) extends java.io.IOException(message, cause)

class CsvFile(path: Path, csv: CSVOptions, conf: Configuration, given: Given) {
  private def unreadable(cause: Throwable): Throwable = {
    val chain = Iterator.iterate(cause)(_.getCause).takeWhile(_ != null).toSeq
    val why =
      if (chain.exists(_.isInstanceOf[CharacterCodingException])) s"it is not text in ${csv.charset}"
      else Option(chain.last.getMessage).getOrElse(chain.last.toString)
    new Unreadable(s"cannot read $path as CSV: $why", cause)
  }

  private def orUnreadable[T](work: => T): T =
    try work catch {
      case e: java.io.FileNotFoundException => throw e // gone since it was listed: ignoreMissingFiles decides
      case e: Unreadable => throw e
      case e @ (_: java.io.IOException | _: java.io.UncheckedIOException |
          _: com.univocity.parsers.common.TextParsingException) => throw unreadable(e)
      case e: IllegalStateException if e.getCause.isInstanceOf[java.io.IOException] => throw unreadable(e)
    }

  private def open(): InputStream = orUnreadable(CodecStreams.createInputStream(conf, path))

  /** Spark replaces what it cannot decode; where the reader was told the encoding, a file in another one is refused. */
  private def decoded(in: InputStream): BufferedReader = {
    val action = if (given.strict) CodingErrorAction.REPORT else CodingErrorAction.REPLACE
    val decoder = Charset.forName(csv.charset).newDecoder().onMalformedInput(action).onUnmappableCharacter(action)
    new BufferedReader(new InputStreamReader(in, decoder), 1 << 16)
  }

  def read[T](use: CsvRecords => T): T = {
    val in = open()
    try orUnreadable(use(records(in))) finally in.close()
  }

  private def settings: CsvParserSettings = csv.asParserSettings

  private def records(in: InputStream): CsvRecords = {
    val parser = new CsvParser(settings)
    val source: Iterator[(Array[String], String)] = if (csv.multiLine) {
      val reader = decoded(in)
      (0 until given.skipRows).foreach(_ => reader.readLine())
      parser.beginParsing(reader)
      Iterator.continually(parser.parseNext()).takeWhile(_ != null)
        .map(t => (t, Option(parser.getContext.currentParsedContent()).fold("")(_.stripSuffix("\n").stripSuffix("\r"))))
    } else {
      val blank = (s: String) => s.forall(_ <= ' ')
      val comment = if (csv.isCommentSet) csv.comment.toString else null
      new Lines(decoded(in), csv.lineSeparator)
        .drop(given.skipRows)
        .filterNot(l => blank(l) || (comment != null && l.startsWith(comment)))
        .map(l => (parser.parseLine(l), l))
    }
    val pending = source.filter(_._1 != null).buffered
    val names: Array[String] =
      if (!pending.hasNext) Array.empty
      else if (csv.headerFlag) headerNames(pending.next()._1)
      else Array.tabulate(pending.head._1.length)(i => s"_c$i")
    new CsvRecords {
      val header: Array[String] = names
      var raw: String = ""
      var line: Long = if (csv.headerFlag) 1 else 0
      override def hasNext: Boolean = pending.hasNext
      override def next(): Array[String] = { val (tokens, text) = pending.next(); raw = text; line += 1; tokens }
    }
  }

  private def headerNames(tokens: Array[String]): Array[String] = {
    val names = tokens.zipWithIndex.map { case (t, i) =>
      val name = if (t == null || t.isEmpty || t == csv.nullValue) s"_c$i" else if (i == 0) t.stripPrefix("\uFEFF") else t
      // U+FFFD stands for what could not be decoded.
      if (name.exists(c => c == '\uFFFD' || c.isControl && !c.isWhitespace)) {
        throw unreadable(new IllegalArgumentException("its header holds binary data"))
      }
      name
    }
    val repeated = names.groupBy(identity).filter(_._2.length > 1).keySet
    names.zipWithIndex.map { case (n, i) => if (repeated(n)) s"$n$i" else n }
  }

  def rows(
      dataSchema: StructType, required: StructType, rescue: Option[String],
      caseSensitive: Boolean, failOnNew: Boolean): Iterator[InternalRow] = {
    val in = open()
    Option(TaskContext.get()).foreach(_.addTaskCompletionListener[Unit](_ => in.close()))
    val records = orUnreadable(this.records(in))
    val header = records.header
    val corruptColumn = csv.columnNameOfCorruptRecord
    def same(a: String, b: String) = if (caseSensitive) a == b else a.equalsIgnoreCase(b)
    val special = Set(corruptColumn) ++ rescue
    val known = dataSchema.fieldNames.filterNot(special)
    // Without a header, columns have no names of their own: the schema's stand by position.
    def indexOf(name: String): Int =
      if (csv.headerFlag) header.indexWhere(same(_, name)) else known.indexOf(name)
    val extra: Array[Int] =
      if (csv.headerFlag) header.indices.filterNot(i => known.exists(same(header(i), _))).toArray
      else (known.length until header.length).toArray
    // A column that differs from a known one by case alone is rescued, and never becomes a second column of that name.
    val added = extra.filterNot(i => known.exists(header(i).equalsIgnoreCase(_)))
    if (failOnNew && added.nonEmpty) {
      throw new IllegalStateException(s"[UNKNOWN_FIELD_EXCEPTION.NEW_FIELDS_IN_FILE] $path has columns that the schema " +
        s"does not: ${added.map(header(_)).mkString(", ")}. The flow starts again with them.")
    }
    val maker = new UnivocityParser(StructType(dataSchema.filterNot(f => special(f.name))), csv)
    val typed = dataSchema.filterNot(f => special(f.name) || f.dataType == StringType)
    // A value is rescued whichever columns the query asks for, so every typed column is converted when rescuing.
    val outIndex = required.fieldNames
    val fields: Array[(StructField, Int, Int, String => Any)] =
      (if (rescue.exists(outIndex.contains) || outIndex.contains(corruptColumn) || csv.parseMode.name != "PERMISSIVE") {
        (required.toSeq ++ typed).distinct
      } else required.toSeq)
        .filterNot(f => special(f.name))
        .map(f => (f, indexOf(f.name), outIndex.indexOf(f.name), maker.makeConverter(f.name, f.dataType, true)))
        .toArray
    val rescueOut = rescue.map(outIndex.indexOf(_)).getOrElse(-1)
    val corruptOut = outIndex.indexOf(corruptColumn)
    val width = if (csv.headerFlag) header.length else known.length
    val json = new ObjectMapper()

    def row(tokens: Array[String]): InternalRow = {
      val out = new GenericInternalRow(required.length)
      var rescued: com.fasterxml.jackson.databind.node.ObjectNode = null
      def keep(name: String, value: String): Unit = {
        if (rescued == null) rescued = json.createObjectNode()
        rescued.put(name, value)
      }
      val short = tokens.length < width
      var bad = short
      var i = 0
      while (i < fields.length) {
        val (field, at, to, convert) = fields(i)
        if (at >= 0 && at < tokens.length && tokens(at) != null) {
          try {
            val value = if (field.dataType == StringType) UTF8String.fromString(nullable(tokens(at))) else convert(tokens(at))
            if (to >= 0) out.update(to, value)
          } catch {
            case scala.util.control.NonFatal(_) => bad = true; keep(field.name, tokens(at))
          }
        }
        i += 1
      }
      if (rescueOut >= 0 || corruptOut >= 0) {
        extra.foreach(at => if (at < tokens.length && nullable(tokens(at)) != null) keep(header(at), tokens(at)))
        val named = math.max(width, if (csv.headerFlag) 0 else header.length)
        var at = named
        while (at < tokens.length) { keep(s"_c$at", tokens(at)); at += 1 }
        // A short row may have lost any of its columns, so the whole of it is kept.
        if (short) keep("_corrupt_record", records.raw)
      }
      if (bad && csv.parseMode.name == "FAILFAST") {
        throw new IllegalArgumentException(s"$path, record ${records.line}: malformed record in FAILFAST mode: ${records.raw}")
      }
      if (bad && csv.parseMode.name == "DROPMALFORMED" && (short || rescue.isEmpty)) null
      else {
        if (bad && corruptOut >= 0) out.update(corruptOut, UTF8String.fromString(records.raw))
        if (rescued != null && rescueOut >= 0) {
          rescued.put("_file_path", path.toString)
          out.update(rescueOut, UTF8String.fromString(json.writeValueAsString(rescued)))
        }
        out
      }
    }
    new Iterator[InternalRow] {
      private val rest = records.map { tokens => row(tokens) }.filter(_ != null)
      override def hasNext: Boolean = orUnreadable(rest.hasNext)
      override def next(): InternalRow = orUnreadable(rest.next())
    }
  }

  private def nullable(token: String): String = if (token == csv.nullValue) null else token
}

/** The lines of a stream, ended by \n, \r or \r\n, or by the separator that the reader was given. */
class Lines(reader: BufferedReader, separator: Option[String]) extends Iterator[String] {
  private var first = true
  private var ahead: String = read()

  private def read(): String = {
    val line = separator match {
      case None => reader.readLine()
      case Some(end) => readTo(end)
    }
    if (first && line != null) { first = false; line.stripPrefix("\uFEFF") } else line
  }

  private def readTo(end: String): String = {
    val text = new StringBuilder
    var c = reader.read()
    if (c < 0) return null
    while (c >= 0) {
      text.append(c.toChar)
      if (text.endsWith(end)) return text.substring(0, text.length - end.length)
      c = reader.read()
    }
    text.toString
  }

  override def hasNext: Boolean = ahead != null
  override def next(): String = { val line = ahead; ahead = read(); line }
}
