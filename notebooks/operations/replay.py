# Databricks notebook source
# MAGIC %md
# MAGIC # Replay quarantined rows, mended
# MAGIC
# MAGIC Chooses rows of `ops.quarantine_<entity>`, mends them by SQL expressions, delivers those that then keep every
# MAGIC rule as a file `replay-<run>.csv` in the landing folder of the entity, and takes them out of the quarantine. The
# MAGIC next update ingests the file. What was replayed is on record in `ops.replayed`.
# MAGIC
# MAGIC A row that still breaks a rule stays, and one of whose key silver holds a later version.
# MAGIC
# MAGIC | parameter | meaning |
# MAGIC | --- | --- |
# MAGIC | catalog | the catalog of the stack |
# MAGIC | landing_path | folder that has a folder for each entity |
# MAGIC | entity | such as `orders` |
# MAGIC | where | SQL condition on quarantined rows, such as `array_contains(broken_rules, 'price_is_not_negative')` |
# MAGIC | mend | JSON: columns and SQL expressions of the delivered text: `{"price": "replace(price, ',', '.')"}` |
# MAGIC | run | id of the job run: a repeated run finishes what it began |

# COMMAND ----------

import os
import sys

sys.path.append(os.path.abspath(".."))

from olist import replay

# COMMAND ----------

for name in ("catalog", "landing_path", "entity", "where", "mend", "run"):
    dbutils.widgets.text(name, "")
asked = replay.parse(dbutils.widgets.get("entity"), dbutils.widgets.get("where"), dbutils.widgets.get("mend") or "{}")

# COMMAND ----------

spark.sql(f"USE CATALOG `{dbutils.widgets.get('catalog')}`")
left, staying = replay.run(spark, asked, dbutils.widgets.get("run"), dbutils.widgets.get("landing_path"))
print(f"{left} rows of {asked.entity.name} left the quarantine, {staying} that were asked for stay")
dbutils.notebook.exit(str(left))
