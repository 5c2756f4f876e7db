// Below Spark's own package, since only there rules of the analyzer may transform plans that it has begun to resolve.
package org.apache.spark.sql.lakehouse

import org.apache.spark.sql.catalyst.analysis.{UnresolvedAlias, UnresolvedExtractValue, UnresolvedStar}
import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.plans.logical.{Aggregate, AnalysisHelper, LogicalPlan, Project}
import org.apache.spark.sql.catalyst.rules.Rule
import org.apache.spark.sql.catalyst.trees.TreePattern.SEMI_STRUCTURED_EXTRACT
import org.apache.spark.sql.types._
import org.apache.spark.unsafe.types.UTF8String

/**
 * `column:path` until the column's type is known. Open Spark knows the operator for VARIANT alone and refuses a string;
 * Databricks reads the path from a string's JSON. `path` is complete, as `$.a.b[0]`.
 */
case class JsonPath(child: Expression, path: String) extends UnaryExpression with Unevaluable {
  override lazy val resolved: Boolean = false
  override def dataType: DataType = StringType
  override protected def withNewChildInternal(newChild: Expression): JsonPath = copy(child = newChild)
}

/** Comes before Spark's own rule, which would refuse. A column that is only a path is named by the path's last field. */
object MarkJsonPaths extends Rule[LogicalPlan] {
  override def apply(plan: LogicalPlan): LogicalPlan =
    if (!plan.containsPattern(SEMI_STRUCTURED_EXTRACT)) plan
    else AnalysisHelper.allowInvokingTransformsInAnalyzer { marked(plan) }

  private def marked(plan: LogicalPlan): LogicalPlan = plan.transformDown { case node: LogicalPlan =>
    val named = node match {
      case p: Project => p.copy(projectList = p.projectList.map(column))
      case a: Aggregate => a.copy(aggregateExpressions = a.aggregateExpressions.map(column))
      case other => other
    }
    named.transformExpressionsDown {
      case UnresolvedAlias(child, _) if pathOf(child).isDefined => pathOf(child).get
      case child if pathOf(child).isDefined => pathOf(child).get
      case s: SubqueryExpression => s.withNewPlan(marked(s.plan))
    }
  }

  /** Spark's grammar ends a path at `[*]`, and takes what follows for fields and elements of its value. */
  private def pathOf(expression: Expression): Option[JsonPath] = expression match {
    case s: SemiStructuredExtract => Some(JsonPath(s.child, s.field))
    case UnresolvedExtractValue(Alias(child: SemiStructuredExtract, _), at) => pathOf(UnresolvedExtractValue(child, at))
    case UnresolvedExtractValue(child, at) => pathOf(child).flatMap { path =>
      val step = at match {
        case _: UnresolvedStar => Some("[*]")
        case Literal(name: UTF8String, _: StringType) => Some(s".`${name.toString.replace("`", "``")}`")
        case Literal(index: Int, IntegerType) => Some(s"[$index]")
        case _ => None
      }
      step.map(more => path.copy(path = path.path + more))
    }
    case _ => None
  }

  private def column(expression: NamedExpression): NamedExpression = expression match {
    case UnresolvedAlias(child, _) => pathOf(child).flatMap(path => JsonSteps.of(path.path).reverseIterator.collectFirst {
      case Field(name, _) => Alias(child, name)()
    }).getOrElse(expression)
    case other => other
  }
}

object ResolveJsonPaths extends Rule[LogicalPlan] {
  override def apply(plan: LogicalPlan): LogicalPlan = plan.resolveExpressions {
    case JsonPath(column, path) if column.resolved => column.dataType match {
      case _: VariantType if JsonSteps.of(path).contains(Every) => throw new Refused(
        s"${column.sql}:${path.stripPrefix("$.")}: [*] reads a STRING's JSON; this is a VARIANT. Use variant_explode.",
        "UNSUPPORTED_FEATURE", "BAD_REQUEST")
      case _: VariantType => SemiStructuredExtract(column, path)
      case _: StringType | NullType => JsonPathValue(Cast(column, StringType), path)
      case other => throw new Refused(
        s"${column.sql}:${path.stripPrefix("$.")} reads a path of a STRING's JSON or of a VARIANT; this is ${other.sql}.",
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", "BAD_REQUEST")
    }
  }
}
