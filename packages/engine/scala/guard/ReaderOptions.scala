package org.apache.spark.sql.lakehouse

import java.util.Locale

/**
 * The options of formats. Spark hands all of them to Hadoop, where one with a dot in its name can name a class to load or
 * another file system: of those only the listed ones pass. Options without a dot are Spark's and Delta's, which pass over
 * those that they do not know, as on Databricks; one of these that is not listed may name no file.
 */
object ReaderOptions {
  @volatile private var documented = Set.empty[String]

  /** The options of files that Databricks documents (readers/registry.py). */
  def start(names: Array[String]): Unit = documented = names.map(_.toLowerCase(Locale.ROOT)).toSet -- refused -- written

  /** These name a file that is read or written beside the volumes' privileges. */
  private val refused = Set("badrecordspath", "rowvalidationxsdpath", "avroschemaurl")

  /** These name a folder that Spark or Delta write to. */
  private val written = Set("checkpointlocation", "sourcearchivedir", "schematrackinglocation", "schemalocation")

  /** Others whose values may hold slashes and colons, and those with a dot. */
  private val more = Set("path", "paths", "basepath", "pathglobfilter", "modifiedafter", "modifiedbefore", "excluderegex", "timestampasof",
    "startingtimestamp", "endingtimestamp", "replacewhere", "usermetadata", "txnappid", "dateformat", "timestampformat",
    "timestampntzformat", "timeformat", "timezone", "sep", "delimiter", "quote", "escape", "comment", "linesep", "nullvalue",
    "emptyvalue", "columnnameofcorruptrecord", "parser.columnpruning.enabled", "parquet.compression", "orc.compress")

  def check(format: String, name: String, value: String): Unit = {
    val lower = name.toLowerCase(Locale.ROOT)
    if (refused(lower)) throw refusal(format, name, "it names a file of its own")
    val known = more(lower) || written(lower) || documented(lower) || lower.startsWith("delta.") || lower.startsWith("cloudfiles.") || // no other format knows these
      (format.startsWith("lakehouse.") && !lower.contains('.'))
    if (!known && lower.contains('.')) throw refusal(format, name, "only listed options have a dot in their names")
    if (!known && Option(value).exists(_.exists(c => c == '/' || c == ':' || c == '\\')))
      throw refusal(format, name, "its value looks like a path, and the option is none that is known")
  }

  /** The folders beside the format's own that are written to. */
  private[lakehouse] def folders(options: Map[String, String]): Iterable[String] =
    options.collect { case (key, value) if written(key.toLowerCase(Locale.ROOT)) => value }

  /** Whether files are moved or deleted once they were read. */
  private[lakehouse] def cleans(options: Map[String, String]): Boolean =
    options.exists { case (key, value) => key.equalsIgnoreCase("cleanSource") && !value.equalsIgnoreCase("off") }

  private def refusal(format: String, name: String, why: String): Refused =
    Refused("UNSUPPORTED_FEATURE.OPTION", s"The option $name of format $format is not available: $why.")
}
