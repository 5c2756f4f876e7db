package org.apache.spark.sql.lakehouse

import java.io.File
import java.util.Locale

import scala.util.Try

import org.apache.hadoop.fs.Path

/** What a path stands for once it is resolved. */
sealed trait Place
case class InVolume(name: Seq[String]) extends Place
/** A managed table's folder, by the name that the engine gave it. */
case class InTable(folder: String) extends Place
/** The engine's own files: what a pipeline's updates keep. */
case class InPipeline(path: String) extends Place
/** A file or folder of the workspace's tree, as `/Workspace/…`; its copy on this disk is read. */
case class InWorkspace(path: String) extends Place
/** Checkpoints that Spark makes for a stream without one. */
case object InTemporary extends Place

/** Resolves paths first and asks then: what they mean is decided on the file that would be opened, not on the text. */
class Places(dataDir: String, tables: String, volumes: String) {
  private val roots = Seq(tables, volumes, s"$dataDir/pipelines", s"$dataDir/tmp").map(root => new File(root).getCanonicalPath)
  private val Seq(tableRoot, volumeRoot, pipelineRoot, temporaryRoot) = roots: @unchecked
  private val workspaceRoot = new File(s"$dataDir/workspace").getCanonicalPath
  private val pattern = "[*?\\[\\]{}\\\\]".r

  def resolve(text: String): Place = {
    val uri = Try(new Path(text).toUri).getOrElse(throw refused(text, "is no path"))
    if (text.split("[/\\\\{},]").contains("..") || text.indexOf('\\') >= 0) throw refused(text, "leaves its volume")
    if (Option(uri.getAuthority).exists(_.nonEmpty)) throw refused(text, "names a server")
    Option(uri.getScheme).map(_.toLowerCase(Locale.ROOT)) match {
      case None | Some("dbfs") => ofWorkspace(text, "/" + uri.getPath.stripPrefix("/"))
      case Some("file") => ofMachine(text, uri.getPath)
      case Some(scheme) => throw refused(text, s"has the scheme $scheme")
    }
  }

  private def ofWorkspace(text: String, path: String): Place = path.split('/').filter(_.nonEmpty) match {
    case Array("Volumes", catalog, schema, volume, _*) => named(text, Seq(catalog, schema, volume))
    case Array("Workspace", _, _*) => InWorkspace(path)
    case Array("databricks-datasets", _*) => throw Refused("INVALID_PARAMETER_VALUE.PATH",
      s"'$text' is one of Databricks' sample files in /databricks-datasets, which the local workspace does not carry. " +
        "Upload the files into a volume and read /Volumes/<catalog>/<schema>/<volume>/….")
    case _ if below(path, tableRoot).isDefined => ofMachine(text, path)
    case _ => throw refused(text, "is not in a volume")
  }

  private def ofMachine(text: String, path: String): Place = {
    if (path.startsWith("/Workspace/")) return InWorkspace(path)
    if (path.startsWith("/dbfs/")) return ofWorkspace(text, path.stripPrefix("/dbfs"))
    val real = new File(path).getCanonicalPath
    def inside(root: String): Option[Seq[String]] = below(real, root).map(_.split('/').toSeq.filter(_.nonEmpty))
    inside(volumeRoot).filter(_.size >= 3).map(parts => named(text, parts.take(3)))
      .orElse(inside(tableRoot).filter(_.nonEmpty).map(parts => InTable(s"$tableRoot/${parts.head}")))
      .orElse(inside(pipelineRoot).map(_ => InPipeline(real)))
      .orElse(inside(temporaryRoot).map(_ => InTemporary))
      .orElse(inside(workspaceRoot).filter(_.nonEmpty).map(parts => InWorkspace(parts.mkString("/Workspace/", "/", ""))))
      .getOrElse(throw refused(text, "is a file of this machine"))
  }

  private def named(text: String, parts: Seq[String]): Place = {
    if (parts.exists(pattern.findFirstIn(_).isDefined))
      throw refused(text, "has a pattern where a volume's name belongs")
    InVolume(parts)
  }

  private[lakehouse] def below(path: String, root: String): Option[String] =
    if (path == root || path.startsWith(root + "/")) Some(path.substring(root.length)) else None

  /** The folder or file that a pattern's matches are in. */
  private[lakehouse] def withoutPattern(path: String): String =
    path.split('/').takeWhile(pattern.findFirstIn(_).isEmpty).mkString("/")

  private[lakehouse] def inStorage(path: String, storage: String): Boolean =
    below(path, new File(storage).getCanonicalPath).isDefined

  private[lakehouse] def refused(text: String, why: String): Refused = Refused("INVALID_PARAMETER_VALUE.PATH",
    s"'$text' $why: data is reached through tables by their names, and through volumes as /Volumes/<catalog>/<schema>/<volume>/….")

  // --- files that the JVM opens, whoever asks: the last line ---------------------------------------------------

  private val opened = (workspaceRoot +: roots) ++ Seq(s"$dataDir/warehouse", System.getProperty("java.io.tmpdir")).map(new File(_).getCanonicalPath)

  /** Where the copy of a path of the workspace is; None for another path. */
  def copyOf(path: String): Option[File] =
    if (path != null && path.startsWith("/Workspace/")) Some(new File(workspaceRoot + path.substring("/Workspace".length))) else None

  /** The path of the workspace whose copy that is. */
  def ofCopy(file: String): Option[String] = below(file, workspaceRoot).map("/Workspace" + _)

  /** Raises where a file of this machine is none that Spark has to do with, links resolved. */
  def mayOpen(file: File): Unit = {
    val real = file.getCanonicalPath
    if (!opened.exists(root => below(real, root).isDefined || below(root, real).isDefined))
      throw new org.apache.hadoop.security.AccessControlException(s"$real is a file of this machine, which Spark does not open here.")
  }

  /** Raises where a link leads out of its volume. */
  def staysInVolume(file: File): Unit = {
    val (written, real) = (file.getAbsolutePath, file.getCanonicalPath)
    if (written != real) {
      val volume = below(written, volumeRoot).map(_.split('/').filter(_.nonEmpty).take(3).mkString("/", "/", "")).getOrElse("")
      if (below(real, volumeRoot + volume).isEmpty)
        throw new org.apache.hadoop.security.AccessControlException(s"/Volumes${written.substring(volumeRoot.length)} is a link that leaves its volume.")
    }
  }
}
