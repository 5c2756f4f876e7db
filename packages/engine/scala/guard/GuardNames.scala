package org.apache.spark.sql.lakehouse

import java.util.Locale

import org.apache.spark.sql.classic
import org.apache.spark.sql.catalyst.analysis._
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.internal.SessionState

/** What a name or path in a plan means for the session, and the questions about it that every part of GuardRule asks. */
private[lakehouse] class GuardNames(val session: classic.SparkSession) {
  import Guard.{answer, authority}

  def identity: Identity = Guard.identity(session)
  def who: Option[String] = identity.principal
  def state: SessionState = session.sessionState

  /** Catalog and schema of the view whose query this is, or of the function whose body. */
  def inView: Seq[String] = {
    val context = AnalysisContext.get
    if (context.catalogAndNamespace.nonEmpty) context.catalogAndNamespace else inFunction
  }
  def inFunction: Seq[String] =
    AnalysisContext.get.resolutionPathEntries.flatMap(_.find(_.headOption.exists(_ != "system"))).getOrElse(Nil)

  /** catalog, schema, name; None for a name that is not one of a catalog. */
  def full(parts: Seq[String]): Option[Seq[String]] = {
    val context = inView
    lazy val manager = state.catalogManager
    val catalog = if (context.nonEmpty) context.head else manager.currentCatalog.name
    val schema = if (context.nonEmpty) context.tail else manager.currentNamespace.toSeq
    parts.size match {
      case 1 if schema.size == 1 => Some(Seq(catalog, schema.head, parts.head))
      case 2 => Some(catalog +: parts)
      case 3 => Some(parts)
      case _ => None
    }
  }

  def definers(principal: String): Definers = new Definers(session, principal)

  def temporary(parts: Seq[String]): Boolean =
    state.catalog.isTempView(parts)

  private val formats = Set("delta", "csv", "json", "parquet", "text", "orc", "xml", "avro", "binaryfile")

  /** format.`path`. A name of two parts whose first is a format means a table where there is one in a schema of that name. */
  def path(parts: Seq[String]): Option[String] =
    if (parts.size != 2) None
    else if (formats(parts.head.toLowerCase(Locale.ROOT)))
      Some(parts(1)).filterNot(p => !p.contains('/') && !p.contains(':') && full(parts).exists(exists))
    else if (who.isDefined && parts.head.contains('.') && parts(1).exists(c => c == '/' || c == ':'))
      throw Refused("UNSUPPORTED_FEATURE.DATA_SOURCE", s"The format ${parts.head} is not available.")
    else None

  def check(privilege: String, kind: String, name: Seq[String]): Unit =
    who.foreach { principal => answer(authority.check(principal, privilege, kind, name.mkString("."))); () }

  def exists(name: Seq[String]): Boolean = answer(authority.exists(name.mkString("."))).get("exists").asBoolean

  def known(parts: Seq[String]): Option[Seq[String]] =
    if (temporary(parts) || path(parts).isDefined) None
    else full(parts).filterNot(Guard.owns(identity, _)).map(ofCatalog(_, parts)).filter(exists)

  /** Spark's own catalog has all tables under other names. */
  private def ofCatalog(name: Seq[String], shown: Seq[String]): Seq[String] =
    if (who.isEmpty || !name.head.equalsIgnoreCase("spark_catalog")) name
    else if (Thread.currentThread.getName.startsWith("stream execution thread")) Guard.named(name(1), name(2)).getOrElse(name)
    else throw absent(shown)

  def identifier(plan: LogicalPlan): Option[Seq[String]] = plan match {
    case UnresolvedIdentifier(parts, _) => Some(parts)
    case r: UnresolvedRelation => Some(r.multipartIdentifier)
    case UnresolvedTable(parts, _, _) => Some(parts)
    case t: UnresolvedTableOrView => Some(t.multipartIdentifier)
    case v: UnresolvedView => Some(v.multipartIdentifier)
    case _ => None
  }

  def paths: PathRules = new PathRules(session, identity)

  def usesPath(path: String, privilege: String): Unit = paths.touches(path, privilege)

  def absent(shown: Seq[String]): Refused = new Refused(
    s"[TABLE_OR_VIEW_NOT_FOUND] The table or view '${shown.mkString(".")}' cannot be found.", "TABLE_OR_VIEW_NOT_FOUND", "BAD_REQUEST")
}
