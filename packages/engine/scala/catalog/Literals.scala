package org.apache.spark.sql.lakehouse

import java.util

import scala.jdk.CollectionConverters._

import org.apache.spark.sql.{classic, Column}
import org.apache.spark.sql.catalyst.expressions.{Cast, EvalMode, Literal}
import org.apache.spark.sql.catalyst.parser.{CatalystSqlParser, ParameterHandler}
import org.apache.spark.sql.classic.ExpressionUtils
import org.apache.spark.sql.types._

/** Typed literals from text, for the named parameters of a statement. In this package because Column of an expression is private to it. */
object Literals {
  /** As CAST('value' AS type) gives it in ANSI mode; null stays null. */
  def cast(value: String, typeText: String): Column = {
    val declared = CatalystSqlParser.parseDataType(typeText)
    val target = if (declared.isInstanceOf[CharType] || declared.isInstanceOf[VarcharType]) StringType else declared
    val typed = if (value == null) null else Cast(Literal(value), target, Some("UTC"), EvalMode.ANSI).eval()
    ExpressionUtils.column(new TypedLiteral(typed, target))
  }

  /** Stands in a statement's text with its type: 12.35 alone would be a DECIMAL(4,2), whatever it was declared. */
  private class TypedLiteral(value: Any, dataType: DataType) extends Literal(value, dataType) {
    override def sql: String = dataType match {
      case _: DecimalType | FloatType if value != null => s"CAST(${super.sql} AS ${dataType.sql})"
      case _ => super.sql
    }
  }

  /** The value as it stands in a statement. */
  def sql(value: Column): String = ExpressionUtils.expression(value).sql

  /** The statement with its `:name`s replaced, so that its text says all of it. */
  def bind(sqlText: String, values: java.util.Map[String, Column]): String =
    ParameterHandler.substituteNamedParameters(
      sqlText, values.asScala.map { case (name, value) => name -> ExpressionUtils.expression(value) }.toMap)._1

  /** The same for `spark.sql(text, args)`: values are constant expressions, and stand for `:name`s or, in order, for `?`s. */
  def bindArguments(spark: classic.SparkSession, sqlText: String, named: util.Map[String, Column]): String =
    ParameterHandler.substituteNamedParameters(sqlText, spark.resolveAndValidateParameters(
      named.asScala.map { case (name, value) => name -> spark.expression(value) }.toMap))._1

  def bindArguments(spark: classic.SparkSession, sqlText: String, placed: util.List[Column]): String = {
    val named = placed.asScala.zipWithIndex.map { case (value, at) => s"_$at" -> spark.expression(value) }
    val found = spark.resolveAndValidateParameters(named.toMap)
    ParameterHandler.substitutePositionalParameters(sqlText, named.map { case (name, _) => found(name) }.toSeq)._1
  }
}
