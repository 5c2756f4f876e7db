"""Unit tests of a pipeline: `python -m lakehouse_engine.unit_tests` runs pytest with Databricks' testing API.

`pyspark.pipelines.testing` (https://docs.databricks.com/aws/en/ldp/unit-testing, Beta) runs in Databricks' web editor
only. Here the same files run on an engine of their own: tables and volumes belong to one test, whatever their names,
and are removed after it. No workspace is involved, so no real table can be touched.
"""
