package org.apache.spark.sql.lakehouse

import java.lang.reflect.Modifier
import java.util.zip.ZipFile

import scala.jdk.CollectionConverters._

import org.apache.spark.sql.catalyst.analysis.{FunctionRegistry, TableFunctionRegistry}
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan

/** Prints what `Permitted` and `PermittedFunctions` do not have of the jars that are named, for the test that knows the rest. */
object PlanClasses {
  def main(jars: Array[String]): Unit = {
    val permitted = Permitted.known.toSet
    val classes = jars.flatMap { jar =>
      val file = new ZipFile(jar)
      try file.entries.asScala.map(_.getName).filter(n => n.endsWith(".class") && !n.startsWith("META-INF/")).toArray finally file.close()
    }.map(_.stripSuffix(".class").replace('/', '.')).filter(isPlan).filterNot(permitted)
    val functions = (FunctionRegistry.builtin.listFunction() ++ TableFunctionRegistry.builtin.listFunction())
      .map(_.funcName).filterNot(PermittedFunctions(_))
    (classes ++ functions).distinct.sorted.foreach(println)
  }

  private def isPlan(name: String): Boolean =
    try {
      val found = Class.forName(name, false, getClass.getClassLoader)
      classOf[LogicalPlan].isAssignableFrom(found) && !Modifier.isAbstract(found.getModifiers)
    } catch { case _: LinkageError => false } // a class of a library that is not here
}
