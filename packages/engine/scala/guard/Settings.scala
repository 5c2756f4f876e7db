package org.apache.spark.sql.lakehouse

import java.util.Locale

import scala.jdk.CollectionConverters._

import org.apache.spark.sql.delta.sources.DeltaSQLConf
import org.apache.spark.sql.internal.SQLConf

/**
 * Which settings a session may be given. Spark copies all of them into Hadoop's configuration, where one can name a class
 * to load or another file system, so those of Spark, Delta and Hadoop are an allow-list: switches and numbers that are
 * documented, and the texts below. Other names are the user's own.
 */
object Settings {
  private def named(prefix: String, names: String): Seq[String] =
    names.stripMargin.split("\\s+").filter(_.nonEmpty).map(prefix + _).toSeq

  /** Beside what `switches` finds: texts, and what Spark and Delta keep for themselves but people set. */
  private val allowed = (named("spark.sql.", """
    |adaptive.advisorypartitionsizeinbytes adaptive.autobroadcastjointhreshold adaptive.coalescepartitions.initialpartitionnum
    |adaptive.coalescepartitions.minpartitionnum analyzer.failambiguousselfjoin analyzer.maxiterations binaryoutputstyle casesensitive
    |codegen.fallback codegen.hugemethodlimit codegen.maxfields codegen.wholestage columnnameofcorruptrecord crossjoin.enabled
    |csv.parser.columnpruning.enabled decimaloperations.allowprecisionloss defaultcachestoragelevel defaultcolumn.enabled
    |error.messageformat exchange.reuse execution.arrow.compression.codec execution.arrow.maxbytesperbatch
    |execution.arrow.pyspark.enabled execution.arrow.pyspark.fallback.enabled execution.pandas.converttoarrowarraysafely
    |execution.pandas.structhandlingmode execution.rangeexchange.samplesizeperpartition execution.reusesubquery
    |execution.sortbeforerepartition files.maxpartitionnum files.minpartitionnum files.opencostinbytes join.prefersortmergejoin
    |json.enablepartialresults leafnodedefaultparallelism legacy.allowcreatingmanagedtableusingnonemptylocation legacy.allowhashonmaptype
    |legacy.allownegativescaleofdecimal legacy.allowuntypedscalaudf legacy.avro.datetimerebasemodeinread
    |legacy.castcomplextypestostring.enabled legacy.charvarcharasstring legacy.codingerroraction
    |legacy.createemptycollectionusingstringtype legacy.createhivetablebydefault legacy.csv.enabledatetimeparsingfallback
    |legacy.cteprecedencepolicy legacy.decimal.retainfractiondigitsontruncate legacy.disablemapkeynormalization legacy.dolooseupcast
    |legacy.execution.pandas.groupedmap.assigncolumnsbyname legacy.exponentliteralasdecimal.enabled
    |legacy.followthreevaluedlogicinarrayexists legacy.fromdaytimestring.enabled legacy.groupingidwithappendedusergroupby
    |legacy.histogramnumericpropagateinputtype legacy.integergroupingid legacy.interval.enabled legacy.javacharsets
    |legacy.json.allowemptystring.enabled legacy.json.enabledatetimeparsingfallback legacy.lpadrpadalwaysreturnstring
    |legacy.negativeindexinarrayinsert legacy.nullinemptylistbehavior legacy.nullvaluewrittenasquotedemptystringcsv
    |legacy.parquet.datetimerebasemodeinread legacy.parquet.datetimerebasemodeinwrite legacy.parquet.int96rebasemodeinread
    |legacy.parquet.int96rebasemodeinwrite legacy.parquet.nanosaslong legacy.parser.havingwithoutgroupbyaswhere
    |legacy.percentiledisccalculation legacy.replacedatabrickssparkavro.enabled legacy.respectnullabilityintextdatasetconversion
    |legacy.scalarsubquerycountbugbehavior legacy.setopsprecedence.enabled legacy.sizeofnull legacy.statisticalaggregate
    |legacy.timeparserpolicy legacy.truncateforemptyregexsplit legacy.typecoercion.datetimetostring.enabled legacy.uselegacyxmlparser
    |mapkeydeduppolicy optimizer.insetconversionthreshold optimizer.maxiterations optimizer.metadataonly
    |optimizer.nestedschemapruning.enabled orc.compression.codec parquet.compression.codec parquet.datetimerebasemodeinread
    |parquet.datetimerebasemodeinwrite parquet.filterpushdown.date parquet.filterpushdown.decimal parquet.filterpushdown.timestamp
    |parquet.int96rebasemodeinread parquet.int96rebasemodeinwrite parquet.outputtimestamptype parquet.pushdown.infilterthreshold
    |parser.escapedstringliterals pyspark.legacy.inferarraytypefromfirstelement.enabled pyspark.legacy.infermaptypefromfirstpair.enabled
    |session.timezone sources.parallelpartitiondiscovery.parallelism sources.partitionoverwritemode storeassignmentpolicy
    |streaming.filesource.log.cleanupdelay streaming.filesource.log.compactinterval streaming.minbatchestoretain
    |streaming.multiplewatermarkpolicy streaming.pollingdelay streaming.schemainference
    |streaming.statefuloperator.checkcorrectness.enabled streaming.statestore.maintenanceinterval
    |streaming.statestore.mindeltasforsnapshot streaming.statestore.skipnullsforstreamstreamjoins.enabled
    |streaming.unsupportedoperationcheck timestamptype
    |""") ++ named("spark.databricks.delta.", """
    |allowarbitraryproperties.enabled checkpoint.partsize commitinfo.usermetadata delete.deletionvectors.persistent
    |dynamicpartitionoverwrite.enabled maxcommitattempts schema.typecheck.enabled snapshotpartitions streaming.schematracking.enabled
    |streaming.unsafereadonincompatiblecolumnmappingschemachanges.enabled
    |streaming.unsafereadonincompatibleschemachangesduringstreamstart.enabled streaming.unsafereadonnullabilitychange.enabled
    |timetravel.resolveonidentifier.enabled update.deletionvectors.persistent write.txnappid write.txnversion
    |write.txnversion.autoreset.enabled
    |""")).toSet

  /** Settings that name a class, with the classes that they may name. */
  private val classes = Map("spark.sql.streaming.statestore.providerclass" -> Set(
    "com.databricks.sql.streaming.state.RocksDBStateStoreProvider",
    "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider",
    "org.apache.spark.sql.execution.streaming.state.HDFSBackedStateStoreProvider"))

  private val families = named("", """spark.sql.streaming.statestore.rocksdb. spark.databricks.delta.properties.defaults.""") ++
    named("spark.databricks.delta.", """
    |autocompact. optimize. optimizewrite. merge. changedatafeed. vacuum. columnmapping. deletionvectors. typewidening. stats. skipping.
    |schemaevolution.
    |""")

  /** Switches that decide what a plan is made of, how it is analyzed or which classes it loads: the guard relies on their defaults. */
  private val fixed = Seq("spark.sql.analyzer.", "spark.sql.artifact.", "spark.sql.catalog", "spark.sql.connect.", "spark.sql.execution.pyspark.udf.",
    "spark.sql.hive.", "spark.sql.path.", "spark.sql.runsqlonfiles", "spark.sql.scripting.", "spark.sql.thriftserver.", "spark.sql.udt.",
    "spark.sql.ui.", "spark.databricks.delta.convert.", "spark.databricks.delta.legacy.", "spark.databricks.delta.testonly.")

  private lazy val entries = {
    DeltaSQLConf // puts Delta's settings beside Spark's
    SQLConf.getConfigEntries().asScala.map(entry => entry.key.toLowerCase(Locale.ROOT) -> entry).toMap
  }

  /** A switch or a number that Spark or Delta document: it names no class and no file. */
  private def plain(name: String): Boolean = !fixed.exists(name.startsWith) && entries.get(name).exists { entry =>
    entry.isPublic && !SQLConf.isStaticConfigKey(entry.key) && entry.defaultValue.exists {
      case _: Boolean | _: Int | _: Long | _: Double => true
      case _ => false
    }
  }

  /** A setting of Databricks' runtimes that nothing here reads. */
  private def ofDatabricks(name: String): Boolean = name.startsWith("spark.databricks.") && !entries.contains(name) &&
    !Seq("logstore", "coordinatedcommits").exists(part => name.startsWith("spark.databricks.delta." + part))

  /** First words of names that Spark, Delta, Hadoop, the file formats and the JVM look at. */
  private val reserved = Set(
    "adl", "avro", "awt", "com", "datanucleus", "derby", "dfs", "fs", "ftp", "hadoop", "har", "hdfs",
    "hive", "httpfs", "io", "ipc", "java", "javax", "jdbc", "jdk", "jute", "lakehouse", "log4j", "mapred", "mapreduce",
    "metastore", "nfs", "orc", "org", "parquet", "rpc", "s3", "s3a", "s3native", "scala", "spark",
    "sun", "tfile", "tomcat", "viewfs", "webhdfs", "yarn", "zk", "zlib",
  )

  /** Why a session may not be given the setting, or lose it; null where it may. */
  def refusal(name: String, value: String): String = {
    val lower = name.trim.toLowerCase(Locale.ROOT)
    if (classes.contains(lower)) return if (value == null || classes(lower)(value.trim)) null else
      s"[INVALID_CONF_VALUE] The value '$value' in the config \"$name\" is invalid: it may be ${classes(lower).mkString(" or ")}. SQLSTATE: 22022"
    val own = !reserved(lower.takeWhile(_ != '.')) && !lower.startsWith("delta.logstore")
    if (allowed(lower) || plain(lower) || ofDatabricks(lower) || families.exists(lower.startsWith) || own) null
    else s"[CONFIG_NOT_AVAILABLE] Configuration $name is not available. SQLSTATE: 42K0I"
  }

  private[lakehouse] def check(name: String, value: String): Unit = Option(refusal(name, value)).foreach { why =>
    throw new Refused(why, if (why.startsWith("[INVALID")) "INVALID_CONF_VALUE" else "CONFIG_NOT_AVAILABLE", "BAD_REQUEST")
  }
}
