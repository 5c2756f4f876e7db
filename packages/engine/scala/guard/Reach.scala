package org.apache.spark.sql.lakehouse

import java.net.URI
import java.util.Locale

import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.execution.command._

/** What of SQL reaches beyond tables and volumes whoever asks: a shell, the JVM's classes, files that Spark hands out. */
object Reach {
  private val functions = Set("reflect", "java_method", "try_reflect", "python_worker_logs", "from_protobuf", "to_protobuf")

  def check(name: Seq[String]): Unit =
    if (functions(name.last.toLowerCase(Locale.ROOT)) && (name.size == 1 || Set("system", "builtin")(name.head.toLowerCase(Locale.ROOT))))
      throw refused(s"The function ${name.last}")

  def check(node: LogicalPlan): Unit = node match {
    case _: ScriptTransformation => throw refused("TRANSFORM … USING")
    case _: AddJarsCommand | _: AddFilesCommand | _: AddArchivesCommand => throw refused("ADD JAR, FILE or ARCHIVE")
    case _: ListJarsCommand | _: ListFilesCommand | _: ListArchivesCommand => throw refused("LIST JAR, FILE or ARCHIVE")
    case _: CreateFunction | _: CreateFunctionCommand => throw refused("CREATE FUNCTION … AS a class")
    case _: LoadData | _: LoadDataCommand => throw refused("LOAD DATA")
    case d: InsertIntoDir if d.isLocal || !d.storage.locationUri.exists(inVolume) =>
      throw refused("INSERT OVERWRITE DIRECTORY outside of a volume")
    case _: SetTableLocation => throw refused("ALTER TABLE … SET LOCATION")
    case _: CreateNamespace | _: DropNamespace | _: SetNamespaceLocation | _: SetNamespaceProperties =>
      throw refused("A schema's statement inside of another")
    case _ =>
  }

  /** The default file system is that of the volumes; a scheme may be written in capitals, and `..` leaves the volume. */
  private def inVolume(uri: URI): Boolean =
    Option(uri.getScheme).forall(_.equalsIgnoreCase("dbfs")) && Option(uri.normalize.getPath).exists(_.startsWith("/Volumes/"))

  private def refused(what: String): Refused = new Refused(
    s"[UNSUPPORTED_FEATURE] $what is not available: it reaches beyond the tables and volumes of Unity Catalog.",
    "UNSUPPORTED_FEATURE", "BAD_REQUEST")
}
