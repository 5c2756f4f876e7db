// Below Spark's own package, as Plans is: a rule here makes plans that only Spark itself may make.
package org.apache.spark.sql.lakehouse

import java.io.File
import java.util.{Collections, Locale, WeakHashMap}

import com.fasterxml.jackson.databind.{JsonNode, ObjectMapper}
import org.apache.spark.sql.{classic, SparkSession}

import lakehouse.catalog.Names

/** The engine (catalog/guard.py). Answers are JSON; what is refused is `{"error": {"message", "error_class", "error_code"}}`. */
trait Authority {
  /** What `principal` sees of a table: {} or {"columns": [{name, type, mask?: {function, using}}], "filters": [{function, using}]}. */
  def read(principal: String, table: String, throughView: Boolean): String
  /** {} where `principal` holds the privilege. */
  def check(principal: String, privilege: String, securableType: String, name: String): String
  /** {} where the owner of a view (`TABLE`) or function, which `principal` uses, holds the privilege. */
  def passes(principal: String, definerType: String, definer: String, privilege: String, securableType: String, name: String): String
  /** Whether the table exists: {"exists": true}. */
  def exists(table: String): String
  /** {} once a stream can read the table: of those that are Databricks' own, the rows become files. */
  def streamed(table: String): String
  /** {"pipeline": id} where the folder is that of a table which the pipeline keeps up to date. */
  def owner(folder: String): String
  /** {} where `principal` may read a file or folder of the workspace, `/Workspace/…`; its copy is then on this disk. */
  def workspaceFile(principal: String, path: String): String
  /** {"groups": [name]} of the principal. */
  def groups(principal: String): String
  /** {"schema": DDL, "rows": [[…]]} of a view of an information_schema. */
  def informationSchema(principal: String, catalog: String, view: String): String
  /** The frame of `read_files` and the like, or the text of an error. `arguments`: {"placed": [text], "named": {name: text}}. */
  def rows(principal: String, function: String, arguments: String, streaming: Boolean): AnyRef
}

/** Raised inside of Spark's analyzer for what the engine refuses; the engine shows `message` as it is. */
class Refused(message: String, val errorClass: String, val errorCode: String) extends RuntimeException(message)

object Refused {
  def apply(errorClass: String, message: String): Refused = new Refused(s"[$errorClass] $message", errorClass, "BAD_REQUEST")
  def denied(message: String): Refused = new Refused(message, "PERMISSION_DENIED", "PERMISSION_DENIED")
}

/** Whose statements these are. Without a principal they are the engine's own, which may do everything. */
case class Identity(principal: Option[String], pipeline: Option[String], storage: Option[String]) {
  private[lakehouse] def encoded: String = Seq(principal, pipeline, storage).map(_.getOrElse("")).mkString("\u0000")
}

object Identity {
  val engine: Identity = Identity(None, None, None)
  private[lakehouse] def decoded(text: String): Identity = {
    val Array(principal, pipeline, storage) = text.split("\u0000", -1).map(part => Option(part).filter(_.nonEmpty))
    Identity(principal, pipeline, storage)
  }
}

/**
 * Who does what Spark is asked for. A session has the identity that the engine gave it. While a thread works for a
 * session, the session's identity is the thread's (a local property of Spark's, which the threads of streams inherit), and
 * holds for every session that the thread meets: one that user code makes or finds is no way around. Who has neither is
 * refused.
 */
object Guard {
  private val property = "lakehouse.identity"
  @volatile private[lakehouse] var authority: Authority = _
  private val identities = Collections.synchronizedMap(new WeakHashMap[SparkSession, Identity]())
  private[lakehouse] val json = new ObjectMapper()
  @volatile var places: Places = _

  def start(answers: Authority, base: SparkSession, dataDir: String, tables: String, volumes: String): Unit = {
    places = new Places(dataDir, tables, volumes)
    identities.put(base, Identity.engine)
    authority = answers
  }

  /** From now on, statements and frames of this session are the principal's; the engine's where it is null. */
  def protect(session: SparkSession, principal: String): Unit = {
    identities.put(session, Identity(Option(principal), None, None)); ()
  }

  /** The session is an update's of this pipeline: it may do with the pipeline's private tables and files what it wants. */
  def own(session: SparkSession, principal: String, pipeline: String, storage: String): Unit = {
    identities.put(session, Identity(Option(principal), Option(pipeline), Option(storage))); ()
  }

  /** A session cloned from another is its principal's and its pipeline's, too. */
  def inherit(from: SparkSession, to: SparkSession): Unit = { identities.put(to, identity(from)); () }

  /** The thread works for the session; answers what it worked for before, for `leave`. */
  def enter(session: SparkSession): String = {
    val before = session.sparkContext.getLocalProperty(property)
    Option(identities.get(session)).foreach(found => session.sparkContext.setLocalProperty(property, found.encoded))
    before
  }

  /** The thread does the engine's own work. */
  def enterEngine(session: SparkSession): String = {
    val before = session.sparkContext.getLocalProperty(property)
    session.sparkContext.setLocalProperty(property, Identity.engine.encoded)
    before
  }

  def leave(session: SparkSession, before: String): Unit = session.sparkContext.setLocalProperty(property, before)

  /** A thread of a pool may still have the engine's identity, so that one gives way to a principal's. */
  private[lakehouse] def identity(session: SparkSession): Identity = {
    val known = Option(session.sparkContext.getLocalProperty(property)).map(Identity.decoded) ++ Option(identities.get(session))
    known.find(_.principal.isDefined).orElse(known.headOption).getOrElse(
      throw Refused.denied("This Spark session belongs to no principal; use the session `spark` of the notebook."))
  }

  /** For the engine's Python: whose work this thread does in the session; null where it is the engine's own. */
  def principal(session: SparkSession): String = identity(session).principal.orNull

  /** For the engine's Python: raises where who works in the session may not do this with the path's volume. */
  def require(session: SparkSession, path: String, privilege: String): Unit = if (authority != null) {
    val found = identity(session)
    if (found.principal.isDefined) new PathRules(session, found).touches(path, privilege)
  }

  /** The name that users know of a table of Spark's own catalog. */
  private[lakehouse] def named(schema: String, table: String): Option[Seq[String]] = schema.split("__", 2) match {
    case Array(catalog, inner) => Some(Seq(Names.decode(catalog), Names.decode(inner), Names.tableBack(table)))
    case _ => None
  }

  private[lakehouse] def owns(identity: Identity, table: Seq[String]): Boolean = identity.pipeline.exists(id =>
    table.last.toLowerCase(Locale.ROOT).startsWith(s"__private_${id.toLowerCase(Locale.ROOT)}_"))

  /** The table whose folder that is: of some, Delta itself keeps no more, as when it deletes the rows that an INSERT replaces. */
  private[lakehouse] def tableIn(session: SparkSession, folder: String): Seq[String] = {
    val catalog = session.asInstanceOf[classic.SparkSession].sessionState.catalog.externalCatalog
    val found = for {
      schema <- catalog.listDatabases().iterator
      table <- catalog.listTables(schema).iterator
      place <- catalog.getTable(schema, table).storage.locationUri if new File(place.getPath).getCanonicalPath == folder
      name <- named(schema, table)
    } yield name
    found.nextOption().getOrElse(throw places.refused(folder, "is no table's folder"))
  }

  private[lakehouse] def ofPipeline(identity: Identity, folder: String): Boolean =
    identity.pipeline.exists(id => answer(authority.owner(folder)).path("pipeline").asText("") == id)

  private[lakehouse] def answer(text: String): JsonNode = {
    val found = json.readTree(text)
    val error = found.get("error")
    if (error != null)
      throw new Refused(error.get("message").asText, error.get("error_class").asText, error.get("error_code").asText)
    found
  }
}
