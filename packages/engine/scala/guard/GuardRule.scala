package org.apache.spark.sql.lakehouse

import org.apache.spark.sql.{classic, SparkSession}
import org.apache.spark.sql.catalyst.CurrentUserContext
import org.apache.spark.sql.catalyst.analysis._
import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.catalyst.rules.Rule
import org.apache.spark.sql.catalyst.trees.TreePattern._

/**
 * Looks at every plan before Spark resolves its names: asks whether the session's principal may do that, puts row
 * filters and column masks around tables, and supplies what open Spark lacks: SQL functions with names of three parts,
 * information_schema, is_account_group_member. Sessions without a principal are the engine's own and may do everything.
 */
class GuardRule(session: SparkSession) extends Rule[LogicalPlan] {
  private val names = new GuardNames(session.asInstanceOf[classic.SparkSession])
  private val commands = new GuardCommands(names)
  private val reads = new GuardReads(names, commands)
  private val functions = new GuardFunctions(names)

  override def apply(plan: LogicalPlan): LogicalPlan = {
    if (Guard.authority == null) return plan
    val who = names.who
    who.foreach(CurrentUserContext.CURRENT_USER.set)
    if (who.isDefined) plan.foreachWithSubqueries(commands.command)
    if (plan.containsAnyPattern(UNRESOLVED_RELATION, UNRESOLVED_FUNCTION, UNRESOLVED_TABLE_VALUED_FUNCTION, RELATION_TIME_TRAVEL))
      AnalysisHelper.allowInvokingTransformsInAnalyzer { rewrite(plan) }
    else plan
  }

  private def rewrite(plan: LogicalPlan): LogicalPlan = {
    val inner = plan.transformDown {
      case r: UnresolvedRelation if reads.isNew(r) => reads.relation(r)
      case t @ RelationTimeTravel(r: UnresolvedRelation, _, _) if reads.isNew(r) => reads.traveled(t, r)
      case SubqueryAlias(alias, f: UnresolvedTableValuedFunction) => functions.tableFunction(f) match {
        case files if FileFrames.hides(files) => FileFrames.named(files, alias.qualifier :+ alias.name)
        case rows => SubqueryAlias(alias, rows)
      }
      case f: UnresolvedTableValuedFunction => functions.tableFunction(f)
    }
    inner.transformDown { case node: LogicalPlan =>
      node.transformExpressionsDown {
        case f: UnresolvedFunction => functions.function(f)
        case s: SubqueryExpression => s.withNewPlan(rewrite(s.plan))
      }
    }
  }
}
