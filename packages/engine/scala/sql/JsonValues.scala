package org.apache.spark.sql.lakehouse

import scala.jdk.CollectionConverters._

import com.fasterxml.jackson.core.JsonProcessingException
import com.fasterxml.jackson.databind.{DeserializationFeature, JsonNode, ObjectMapper}
import com.fasterxml.jackson.databind.node.{ArrayNode, JsonNodeFactory, NullNode}
import org.apache.spark.sql.catalyst.expressions.{Expression, UnaryExpression}
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenFallback
import org.apache.spark.sql.types.{DataType, StringType}
import org.apache.spark.unsafe.types.UTF8String

/** A step of a JSON path. A field in brackets matches its own case only. */
sealed trait JsonStep extends Serializable
case class Field(name: String, exact: Boolean) extends JsonStep
case class Element(index: Int) extends JsonStep
case object Every extends JsonStep

object JsonSteps {
  private val step = """\.?`((?:[^`]|``)+)`|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|(\[\*\])|\.?([^.\[`]+)""".r

  /** Of a complete path: `$.a.b[0]['c'][*]`. */
  def of(path: String): Seq[JsonStep] = step.findAllMatchIn(path.stripPrefix("$")).map { m =>
    if (m.group(1) != null) Field(m.group(1).replace("``", "`"), exact = false)
    else if (m.group(2) != null) Field(m.group(2), exact = true)
    else if (m.group(3) != null) Field(m.group(3), exact = true)
    else if (m.group(4) != null) Element(m.group(4).toInt)
    else if (m.group(5) != null) Every
    else Field(m.group(6), exact = false)
  }.toSeq
}

/**
 * The value at a path of a text's JSON. https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-json-path-expression:
 * fields match in any case unless they stand in brackets; after `[*]` the values of all elements are an array, with null for none.
 */
case class JsonPathValue(child: Expression, path: String) extends UnaryExpression with CodegenFallback {
  @transient private lazy val steps = JsonSteps.of(path).toList

  override def dataType: DataType = StringType
  override def nullable: Boolean = true
  override def prettyName: String = "json_path"
  override protected def withNewChildInternal(newChild: Expression): JsonPathValue = copy(child = newChild)

  override protected def nullSafeEval(input: Any): Any =
    try text(at(JsonPathValue.mapper.readTree(input.asInstanceOf[UTF8String].toString), steps))
    catch { case _: JsonProcessingException => null }

  private def text(found: Option[JsonNode]): UTF8String = found match {
    case None | Some(null) | Some(_: NullNode) => null
    case Some(node) if node.isMissingNode => null
    case Some(node) => UTF8String.fromString(if (node.isTextual) node.textValue else node.toString)
  }

  private def at(node: JsonNode, rest: List[JsonStep]): Option[JsonNode] = rest match {
    case Nil => Some(node)
    case Field(name, exact) :: more => field(node, name, exact).flatMap(at(_, more))
    case Element(index) :: more => Option(node.get(index)).flatMap(at(_, more))
    case Every :: more => node match {
      case array: ArrayNode =>
        val values = array.elements.asScala.map(each => at(each, more).getOrElse(NullNode.instance)).toSeq
        val flat = if (more.contains(Every)) values.flatMap { case a: ArrayNode => a.elements.asScala; case v => Seq(v) } else values
        Some(new ArrayNode(JsonNodeFactory.instance, flat.asJava))
      case _ => None
    }
  }

  private def field(node: JsonNode, name: String, exact: Boolean): Option[JsonNode] =
    Option(node.get(name)).orElse(
      if (exact) None else node.fieldNames.asScala.find(_.equalsIgnoreCase(name)).map(node.get(_: String)))
}

object JsonPathValue {
  private val mapper = new ObjectMapper()
    .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
    .setNodeFactory(JsonNodeFactory.withExactBigDecimals(true))
}
