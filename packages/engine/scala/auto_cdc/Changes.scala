// Below Spark's own package, since only from there a frame can be made of a plan.
package org.apache.spark.sql.lakehouse

import java.util

import scala.collection.mutable
import scala.jdk.CollectionConverters._

import org.apache.hadoop.fs.Path
import org.apache.spark.sql.{classic, Row}
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.plans.logical.{Filter, LocalRelation, LogicalPlan}
import org.apache.spark.sql.catalyst.types.DataTypeUtils
import org.apache.spark.sql.delta.{DeltaConfigs, DeltaLog, DeltaOperations, GeneratedColumn}
import org.apache.spark.sql.delta.commands.{DeleteCommand, DeltaCommand}
import org.apache.spark.sql.catalyst.util.QuotingUtils
import org.apache.spark.sql.execution.SQLExecution
import org.apache.spark.sql.functions.{col, lit}
import org.apache.spark.sql.streaming.OutputMode
import org.apache.spark.sql.types.{DataType, DoubleType, FloatType, StringType}

/** Few rows: held in memory, so that what is computed of them is one task, and put into a Delta table in one commit. */
object Changes extends DeltaCommand {

  /** The frame's rows as a frame of one partition in memory; null where they are more than `most`. Every row is computed once. */
  def local(frame: classic.Dataset[Row], most: Int): classic.Dataset[Row] = {
    // A new plan, since only that sees what was persisted.
    val execution = classic.Dataset.ofRows(frame.sparkSession, frame.queryExecution.analyzed).queryExecution
    val parts = SQLExecution.withNewExecutionId(execution) {
      val rows = execution.executedPlan.execute()
      rows.sparkContext.runJob(rows, (all: Iterator[InternalRow]) => {
        val kept = mutable.ArrayBuffer.empty[InternalRow]
        // To the end in any case: the metrics of a stream count what went through.
        all.foreach(row => if (kept.size <= most) kept += row.copy())
        kept.toArray
      })
    }
    if (parts.iterator.map(_.length).sum > most) null else held(frame, parts.toSeq.flatten)
  }

  /** Of two local frames of one schema: the rows of `rows` whose `columns` no row of `known` has, the first of equal ones. */
  def fresh(rows: classic.Dataset[Row], known: classic.Dataset[Row], columns: util.List[String]): classic.Dataset[Row] = {
    val bound = columns.asScala.map(name => rows.schema.fieldIndex(name)).map(at => BoundReference(at, rows.schema(at).dataType, true))
    val identity = UnsafeProjection.create(bound.toSeq)
    val seen = mutable.HashSet.from(values(known).map(row => identity(row).copy()))
    held(rows, values(rows).filter(row => seen.add(identity(row).copy())))
  }

  /** The rows of two local frames of one schema. */
  def together(one: classic.Dataset[Row], other: classic.Dataset[Row]): classic.Dataset[Row] = held(one, values(one) ++ values(other))

  private def held(frame: classic.Dataset[Row], rows: Seq[InternalRow]): classic.Dataset[Row] =
    classic.Dataset.ofRows(frame.sparkSession, LocalRelation(DataTypeUtils.toAttributes(frame.schema), rows)).coalesce(1)

  /** How many rows of a local frame have `value` in a column of text. */
  def count(rows: classic.Dataset[Row], column: String, value: String): Int = {
    val at = rows.schema.fieldIndex(column)
    values(rows).count(row => !row.isNullAt(at) && row.getUTF8String(at).toString == value)
  }

  /** The rows of `frame` whose `keys` are those of a row of the local frame, nulls being equal; null where sets cannot tell. */
  def touching(frame: classic.Dataset[Row], rows: classic.Dataset[Row], keys: util.List[String]): classic.Dataset[Row] = {
    val plan = frame.queryExecution.analyzed
    among(plan, frame.sparkSession, rows, keys.asScala.toSeq)
      .fold[classic.Dataset[Row]](null)(condition => classic.Dataset.ofRows(frame.sparkSession, Filter(condition, plan)))
  }

  /**
   * In one commit, the rows with the keys of the local frame `changed` go, and those of `put` come. Rows that go are marked where
   * they are; no file is written anew. False, and nothing is done, where that does not fit the table: MERGE can do it.
   */
  def replace(path: String, changed: classic.Dataset[Row], keys: util.List[String], put: classic.Dataset[Row],
      flow: String, batch: Long): Boolean = {
    val spark = changed.sparkSession
    val log = DeltaLog.forTable(spark, new Path(path))
    log.withNewTransaction(None) { txn =>
      val schema = txn.metadata.schema
      val known = schema.fieldNames.toSet
      val plain = !DeltaConfigs.CHANGE_DATA_FEED.fromMetaData(txn.metadata) &&
        !schema.exists(GeneratedColumn.isGeneratedColumn(txn.protocol, _))
      val table = createTableRelation(txn, None)
      val condition = if (plain && put.columns.forall(known)) among(table, spark, changed, keys.asScala.toSeq) else None
      condition.foreach { gone =>
        val (removed, _) = DeleteCommand(log, None, table, Some(gone)).performDelete(spark, log, txn)
        val given = put.columns.toSet
        val fitted = put.select(schema.fields.toIndexedSeq.map { field =>
          val value = if (given(field.name)) col(QuotingUtils.quoteIdentifier(field.name)) else lit(null)
          value.cast(field.dataType).as(field.name)
        }: _*)
        txn.commit(removed ++ txn.writeFiles(fitted), DeltaOperations.StreamingUpdate(OutputMode.Update, flow, batch))
      }
      condition.isDefined
    }
  }

  private def values(rows: classic.Dataset[Row]): Seq[InternalRow] =
    rows.queryExecution.analyzed.collectFirst { case LocalRelation(_, data, _, _) => data }
      .getOrElse(throw new IllegalArgumentException("the frame is not one that Changes.local made"))

  private def among(plan: LogicalPlan, spark: classic.SparkSession, rows: classic.Dataset[Row], keys: Seq[String]): Option[Expression] = {
    val resolver = spark.sessionState.conf.resolver
    val columns: Seq[Expression] = keys.flatMap(key => plan.output.find(a => resolver(a.name, key)))
    val fields = keys.map(key => rows.schema.fieldIndex(key))
    val types = fields.map(rows.schema(_).dataType)
    val comparable = columns.size == keys.size && columns.zip(types).forall { case (column, kind) =>
      DataTypeUtils.sameType(column.dataType, kind) && !kind.existsRecursively(hasEqualsOfItsOwn)
    }
    if (!comparable) None
    else {
      val wanted = values(rows).map(row => fields.zip(types).map { case (at, kind) => row.get(at, kind) }).distinct
      // A set for each column lets files and row groups be skipped; where there are several columns, the set of their structs is exact.
      val each = columns.zipWithIndex.map { case (column, at) =>
        val in: Expression = InSet(column, wanted.map(_(at)).filter(_ != null).toSet)
        if (wanted.exists(_(at) == null)) Or(in, IsNull(column)) else in
      }
      val exact = if (columns.size == 1) Nil else Seq(InSet(CreateStruct(columns), wanted.map(InternalRow.fromSeq).toSet))
      Some((each ++ exact).reduce(And(_, _)))
    }
  }

  /** 0.0 is -0.0, and a collation makes different bytes equal. */
  private def hasEqualsOfItsOwn(kind: DataType): Boolean = kind match {
    case FloatType | DoubleType => true
    case text: StringType => !text.supportsBinaryEquality
    case _ => false
  }
}
