// Below Spark's own package, since only from there a frame can be made of a plan.
package org.apache.spark.sql.lakehouse

import org.apache.spark.sql.{classic, Row}
import org.apache.spark.sql.catalyst.expressions.Attribute
import org.apache.spark.sql.catalyst.plans.logical.{LogicalPlan, Project}

/** Rows of files after columns were made of them: `_metadata` is no column, and there for who names it, as at the files. */
object FileFrames {
  private val name = "_metadata"

  /** A frame that has `_metadata` among its columns, with it hidden. */
  def hide(frame: classic.Dataset[Row]): classic.Dataset[Row] =
    classic.Dataset.ofRows(frame.sparkSession, project(frame.queryExecution.analyzed, frame.queryExecution.analyzed.output))

  def hides(plan: LogicalPlan): Boolean = plan match {
    case p: Project => p.getTagValue(Project.hiddenOutputTag).exists(_.exists(_.name == name))
    case _ => false
  }

  /** What `SubqueryAlias` does to names; it would lose what is hidden in all but a leaf. */
  def named(plan: LogicalPlan, qualifier: Seq[String]): LogicalPlan = plan match {
    case p: Project =>
      project(p, (p.output ++ p.metadataOutput).map(_.withQualifier(qualifier)))
  }

  private def project(child: LogicalPlan, columns: Seq[Attribute]): Project = {
    val (hidden, shown) = columns.partition(_.name == name)
    val made = Project(shown, child)
    made.setTagValue(Project.hiddenOutputTag, hidden)
    made
  }
}
