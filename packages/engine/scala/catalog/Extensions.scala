package lakehouse.catalog

import org.apache.spark.sql.SparkSessionExtensions
import org.apache.spark.sql.catalyst.{FunctionIdentifier, TableIdentifier}
import org.apache.spark.sql.catalyst.expressions.Expression
import org.apache.spark.sql.catalyst.parser.{ParameterContext, ParameterHandler, ParserInterface}
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.lakehouse.{GuardCheck, GuardRule, MarkJsonPaths, ResolveJsonPaths, Routines, UnknownCatalogs}
import org.apache.spark.sql.types.{DataType, StructType}

/** Comes after Delta's extensions in `spark.sql.extensions`. */
class Extensions extends (SparkSessionExtensions => Unit) {
  override def apply(extensions: SparkSessionExtensions): Unit = {
    extensions.injectParser((_, delegate) => new ParameterParser(delegate))
    extensions.injectHintResolutionRule(session => new UnknownCatalogs(session))
    extensions.injectHintResolutionRule(session => new GuardRule(session)) // hints come before names are resolved
    extensions.injectCheckRule(session => new GuardCheck(session))
    extensions.injectHintResolutionRule(_ => MarkJsonPaths)
    extensions.injectResolutionRule(_ => ResolveJsonPaths)
    Routines.inject(extensions)
  }
}

/**
 * Puts a statement's parameters in before Delta's parser sees it: that one hands a statement on without them, and every
 * `:name` would be unbound.
 */
class ParameterParser(delegate: ParserInterface) extends ParserInterface {
  override def parsePlanWithParameters(sqlText: String, parameters: ParameterContext): LogicalPlan =
    delegate.parsePlan(ParameterHandler.substituteParameters(sqlText, parameters)._1)

  override def parsePlan(sqlText: String): LogicalPlan = delegate.parsePlan(sqlText)
  override def parseQuery(sqlText: String): LogicalPlan = delegate.parseQuery(sqlText)
  override def parseExpression(sqlText: String): Expression = delegate.parseExpression(sqlText)
  override def parseTableIdentifier(sqlText: String): TableIdentifier = delegate.parseTableIdentifier(sqlText)
  override def parseFunctionIdentifier(sqlText: String): FunctionIdentifier = delegate.parseFunctionIdentifier(sqlText)
  override def parseMultipartIdentifier(sqlText: String): Seq[String] = delegate.parseMultipartIdentifier(sqlText)
  override def parseRoutineParam(sqlText: String): StructType = delegate.parseRoutineParam(sqlText)
  override def parseTableSchema(sqlText: String): StructType = delegate.parseTableSchema(sqlText)
  override def parseDataType(sqlText: String): DataType = delegate.parseDataType(sqlText)
}
