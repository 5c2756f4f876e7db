"""REPLACE USING flows: each batch of a stream takes the place of the rows with its keys.

https://docs.databricks.com/aws/en/ldp/flows-replace-using: of each key the rows with the highest sequence stay. Rows
with the sequence that the target has are appended, rows with a lower one are left out.
"""

from __future__ import annotations

from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from lakehouse_engine.auto_cdc.delta import assignments, equal, same, table_at
from lakehouse_engine.errors import EngineError
from lakehouse_engine.expectations import Rules
from lakehouse_engine.flows import streams
from lakehouse_engine.flows.context import Reader
from lakehouse_engine.flows.targets import Target
from lakehouse_engine.graph.model import QueryFlow
from lakehouse_engine.identifiers import quote

_SEQUENCE, _NEWEST, _KNOWN, _GONE = "__sequence", "__newest", "__known", "__gone"


def replace_using(reader: Reader, target: Target, flow: QueryFlow, frame: DataFrame, rules: Rules) -> dict[str, Any]:
    keys = _keys(flow, frame)
    fitted = target.fit(rules.apply(frame, streams.ROWS))

    def each(rows: DataFrame, number: int) -> None:
        once = rows.persist()  # else the rules would count its rows at each of its readers
        try:
            _replace(target.location, once, keys, _sequence(flow), number)
        finally:
            once.unpersist()

    writer = streams.available_now(fitted, target.checkpoint(flow.name), flow.name)
    query = streams.run(reader, writer.foreachBatch(each), lambda w: w.start())
    return streams.metrics(reader, rules, query)


def _keys(flow: QueryFlow, frame: DataFrame) -> list[str]:
    """The columns as the query spells them."""
    spelled = {name.lower(): name for name in frame.columns}
    given = [key.lower() for key in flow.replace_using]
    problem = None
    if missing := [key for key in flow.replace_using if key.lower() not in spelled]:
        problem = f"replaces using {missing[0]}, which its query does not have; it has {', '.join(frame.columns)}"
    elif len(set(given)) < len(given):
        problem = f"replaces using a column twice: {', '.join(flow.replace_using)}"
    elif isinstance(flow.sequence_by, str) and flow.sequence_by.lower() not in spelled:
        problem = f"is in the order of {flow.sequence_by}, which its query does not have"
    if problem is not None:
        text = f"{flow.location}: {flow.name} {problem}"
        raise EngineError(text, error_class="INVALID_FLOW_QUERY", location=str(flow.location))
    return [spelled[key] for key in given]


def _sequence(flow: QueryFlow) -> Column:
    given = flow.sequence_by
    found = F.col(quote(given)) if isinstance(given, str) else given
    assert found is not None, "a REPLACE USING flow has its sequence"
    message = f"[NULL_SEQUENCE] {flow.location}: a row of flow {flow.name} has no value to order it by"
    return F.when(found.isNull(), F.raise_error(F.lit(message))).otherwise(found)


def _replace(location: str, rows: DataFrame, keys: list[str], sequence: Column, batch: int) -> None:
    """One commit; Delta passes over it where the batch is in the table already, after a kill."""
    spark = rows.sparkSession
    # Only the keys of the batch are looked for in the table.
    newest = Window.partitionBy(*[F.col(quote(key)) for key in keys])
    ranked = rows.withColumn(_SEQUENCE, sequence).withColumn(_NEWEST, F.max(_SEQUENCE).over(newest))
    newer = ranked.where(F.col(_SEQUENCE) == F.col(_NEWEST)).drop(_NEWEST)
    table = DataFrame(table_at(spark, location).toDF(), spark)
    known = table.groupBy(*[F.col(quote(key)) for key in keys]).agg(F.max(sequence).alias(_KNOWN))
    beside = newer.alias("n").join(known.alias("k"), equal("n", "k", keys), "left")
    there = beside.select("n.*", F.col(f"k.{_KNOWN}").alias(_KNOWN))
    comes = there.where(F.col(_KNOWN).isNull() | (F.col(_SEQUENCE) >= F.col(_KNOWN)))
    goes = there.where(F.col(_SEQUENCE) > F.col(_KNOWN)).select(*[F.col(quote(key)) for key in keys]).distinct()
    columns = rows.columns
    put = comes.select(*[F.col(quote(name)) for name in columns], F.lit(False).alias(_GONE))
    blank = [
        F.col(quote(f.name)) if f.name in keys else F.lit(None).cast(f.dataType).alias(f.name) for f in rows.schema
    ]
    changes = put.unionByName(goes.select(*blank, F.lit(True).alias(_GONE)))
    conf: Any = spark._jsparkSession.sessionState().conf()
    conf.setConfString("spark.databricks.delta.write.txnAppId", _query(spark))
    conf.setConfString("spark.databricks.delta.write.txnVersion", str(batch))
    into = table_at(spark, location).alias("t").merge(changes.alias("s")._jdf, f"s.{_GONE} and {same(keys)}")
    into = into.whenMatched(f"s.{_GONE}").delete()
    into.whenNotMatched(f"not s.{_GONE}").insertExpr(assignments(spark, columns)).execute()


def _query(spark: Any) -> str:
    """The stream's id, which its checkpoint keeps: a full refresh begins with another."""
    return str(spark.sparkContext.getLocalProperty("sql.streaming.queryId"))
