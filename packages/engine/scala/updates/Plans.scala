// Below Spark's own package, since only from there a frame can be made of a plan.
package org.apache.spark.sql.lakehouse

import java.util

import scala.jdk.CollectionConverters._

import org.apache.spark.sql.{classic, Row}
import org.apache.spark.sql.catalyst.analysis.UnresolvedRelation
import org.apache.spark.sql.catalyst.expressions.{Attribute, Expression, SubqueryExpression}
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.catalyst.trees.TreePattern
import org.apache.spark.sql.delta.files.TahoeFileIndex
import org.apache.spark.sql.execution.datasources.{HadoopFsRelation, LogicalRelation}

/** What a pipeline must know of a query's plan: which tables it names, and what its rows come from. */
object Plans {

  /** The tables that a statement reads, names of its own WITH clauses left out: "stream" or "batch", then the name's parts. */
  def relations(spark: classic.SparkSession, text: String): util.List[Array[String]] = {
    val found = new util.ArrayList[Array[String]]()
    rewrite(spark.sessionState.sqlParser.parsePlan(text), Set.empty, r => { found.add(key(r).toArray); r })
    found
  }

  /** The frame of a query, with frames in the place of some of its tables; `replaced` by the entries of `relations`, joined by \u0000. */
  def query(spark: classic.SparkSession, text: String, replaced: util.Map[String, classic.Dataset[Row]]): classic.Dataset[Row] = {
    val plan = rewrite(spark.sessionState.sqlParser.parsePlan(text), Set.empty, r =>
      Option(replaced.get(key(r).mkString("\u0000"))).map(_.queryExecution.analyzed).fold[LogicalPlan](r)(found =>
        if (FileFrames.hides(found)) found else SubqueryAlias(r.multipartIdentifier, found)))
    classic.Dataset.ofRows(spark, plan)
  }

  private def key(r: UnresolvedRelation): Seq[String] = (if (r.isStreaming) "stream" else "batch") +: r.multipartIdentifier

  private def rewrite(plan: LogicalPlan, hidden: Set[String], f: UnresolvedRelation => LogicalPlan): LogicalPlan = plan match {
    case r: UnresolvedRelation =>
      if (r.multipartIdentifier.size == 1 && hidden(r.multipartIdentifier.head.toLowerCase(util.Locale.ROOT))) r else f(r)
    case w: UnresolvedWith =>
      // A common table expression sees those before it, and not itself: WITH t AS (SELECT … FROM t) reads the table t.
      var seen = hidden
      val inner = w.cteRelations.map { relation =>
        val body = relation._2.copy(child = rewrite(relation._2.child, seen, f))
        seen += relation._1.toLowerCase(util.Locale.ROOT)
        relation.copy(_2 = body)
      }
      w.copy(child = rewrite(w.child, seen, f), cteRelations = inner)
    case other =>
      other.mapChildren(rewrite(_, hidden, f)).transformExpressions {
        case s: SubqueryExpression => s.withNewPlan(rewrite(s.plan, hidden, f))
      } match {
        case SubqueryAlias(name, files) if FileFrames.hides(files) => FileFrames.named(files, name.qualifier :+ name.name)
        case done => done
      }
  }

  /** The folders of the Delta tables that all rows come from; null where the same tables need not give the same rows. */
  def inputs(frame: classic.Dataset[_]): util.List[String] = {
    val nodes = frame.queryExecution.analyzed.collectWithSubqueries { case node => node }
    val volatile = nodes.exists(node =>
      node.expressions.exists(e => e.containsPattern(TreePattern.CURRENT_LIKE) || e.exists(!_.deterministic)))
    val leaves = nodes.filter(_.children.isEmpty).map {
      case LogicalRelation(HadoopFsRelation(index: TahoeFileIndex, _, _, _, _, _), _, _, _, _) => Some(index.path.toUri.getPath)
      case _: LocalRelation | _: OneRowRelation | _: Range | _: CTERelationRef => Some("")
      case _ => None
    }
    if (volatile || leaves.exists(_.isEmpty)) null else leaves.flatten.filter(_.nonEmpty).distinct.sorted.asJava
  }

  /**
   * Whether the stream's rows replace those of its batch before: an aggregation without a watermark never knows that a
   * group is complete, so each batch gives all groups anew.
   */
  def replacesRows(frame: classic.Dataset[_]): Boolean = {
    def groups(expressions: Seq[Expression]): Boolean =
      !expressions.exists(_.exists { case a: Attribute => a.metadata.contains(EventTimeWatermark.delayKey); case _ => false })
    frame.queryExecution.analyzed.exists {
      case a: Aggregate => a.isStreaming && groups(a.groupingExpressions)
      case d: Distinct => d.isStreaming && groups(d.output)
      case _ => false
    }
  }
}
