# Databricks notebook source
# MAGIC %md
# MAGIC # Erase a person
# MAGIC
# MAGIC In the delivered files, bronze, silver, cdc and the quarantine: name, e-mail and phone go, and the id of the
# MAGIC person becomes a new one that leads to nobody. Orders and money stay as they are; gold follows with the next
# MAGIC update. Run again it finds what it did not reach, and gives the same id. The job runs it again after the
# MAGIC updates, since an update that goes on where one failed reads rows as they were before.
# MAGIC
# MAGIC | parameter | meaning |
# MAGIC | --- | --- |
# MAGIC | catalog | the catalog of the stack |
# MAGIC | landing_path, changes_path | folders that have a folder for each entity |
# MAGIC | customer_unique_id | the person |
# MAGIC | again | true: there may be nothing left to do |

# COMMAND ----------

import os
import sys
import uuid

sys.path.append(os.path.abspath(".."))

from olist import erasure

# COMMAND ----------

for name in ("catalog", "landing_path", "changes_path", "customer_unique_id"):
    dbutils.widgets.text(name, "")
dbutils.widgets.dropdown("again", "false", ["false", "true"])
person = erasure.check(dbutils.widgets.get("customer_unique_id").strip())
catalog = dbutils.widgets.get("catalog")

# COMMAND ----------

spark.sql(f"USE CATALOG `{catalog}`")
where = erasure.tables(spark, catalog)
rows = erasure.rows_of(spark, where, person)
instead = erasure.earlier(spark, where, person, rows) or uuid.uuid4().hex
# Files first: a full refresh must not bring back what the tables no longer have.
files = sum(
    erasure.erase_files(dbutils.widgets.get(path), person, rows, instead) for path in ("landing_path", "changes_path")
)
changed = 0
for table, columns in where.items():
    if statement := erasure.statement(table, columns, person, rows, instead):
        changed += int(spark.sql(statement).first()[0])

# COMMAND ----------

if not files and not changed and dbutils.widgets.get("again") != "true":
    raise ValueError("The person is nowhere: neither in a file nor in a table")
print(f"{changed} rows of {len(where)} tables and {files} files no longer say who the person was")
dbutils.notebook.exit(str(changed))
