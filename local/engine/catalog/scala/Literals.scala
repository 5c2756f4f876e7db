package org.apache.spark.sql.lakehouse

import scala.jdk.CollectionConverters._

import org.apache.spark.sql.Column
import org.apache.spark.sql.catalyst.expressions.{Cast, EvalMode, Literal}
import org.apache.spark.sql.catalyst.parser.{CatalystSqlParser, ParameterHandler}
import org.apache.spark.sql.classic.ExpressionUtils

/** Typed literals from text, for the named parameters of a statement. In this package because Column of an expression is private to it. */
object Literals {
  /** As CAST('value' AS type) gives it in ANSI mode; null stays null. */
  def cast(value: String, typeText: String): Column = {
    val target = CatalystSqlParser.parseDataType(typeText)
    val typed = if (value == null) null else Cast(Literal(value), target, Some("UTC"), EvalMode.ANSI).eval()
    ExpressionUtils.column(Literal(typed, target))
  }

  /** The statement with its `:name`s replaced, so that its text says all of it. */
  def bind(sqlText: String, values: java.util.Map[String, Column]): String =
    ParameterHandler.substituteNamedParameters(
      sqlText, values.asScala.map { case (name, value) => name -> ExpressionUtils.expression(value) }.toMap)._1
}
