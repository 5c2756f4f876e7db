# Databricks notebook source
# MAGIC %md
# MAGIC # Generate a batch
# MAGIC
# MAGIC Writes the next batch of synthetic Olist files: CSV for each entity into the landing volume, CDC files into the
# MAGIC changes volume, and the answers to both (`_truth.json`) at the root of the landing volume, last.
# MAGIC
# MAGIC | parameter | meaning |
# MAGIC | --- | --- |
# MAGIC | landing_path, changes_path | folders that get a folder for each entity |
# MAGIC | scale | 1 is 5,000 orders in the first batch and 500 in each further one |
# MAGIC | seed | same parameters, same bytes |
# MAGIC | batch | a number, or `next`: the one after those on record; one that is on record is not written again |
# MAGIC | bad_share | share of broken, repeated and cut rows, from 0 to 0.5 |
# MAGIC | run | id of the job run that asks: its retries get the batch it has already; empty: always the next one |

# COMMAND ----------

import os
import sys

sys.path.append(os.path.abspath(".."))

from olist.generator import generate, parse, parse_batch

# COMMAND ----------

dbutils.widgets.text("landing_path", "")
dbutils.widgets.text("changes_path", "")
dbutils.widgets.text("scale", "1")
dbutils.widgets.text("seed", "42")
dbutils.widgets.text("batch", "next")
dbutils.widgets.text("bad_share", "0.01")
dbutils.widgets.text("run", "")

# COMMAND ----------

paths = {name: dbutils.widgets.get(name) for name in ("landing_path", "changes_path")}
for name, path in paths.items():
    if not path.startswith("/Volumes/"):
        raise ValueError(
            f"{name} is '{path}': a path of a volume was expected, as /Volumes/<catalog>/<schema>/<volume>"
        )

outcome = generate(
    paths["landing_path"],
    paths["changes_path"],
    parse(dbutils.widgets.get("scale"), dbutils.widgets.get("seed"), dbutils.widgets.get("bad_share")),
    parse_batch(dbutils.widgets.get("batch")),
    dbutils.widgets.get("run"),
)

# COMMAND ----------

what = "written" if outcome.written else "on record already: nothing written"
rows = ", ".join(f"{entity} {count:,}" for entity, count in outcome.truth["rows"].items())
print(f"Batch {outcome.batch} {what}. Rows landed so far: {rows}")
dbutils.notebook.exit(str(outcome.batch))
