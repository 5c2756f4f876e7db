# Databricks notebook source
# MAGIC %md
# MAGIC # Tag the columns that hold personal data
# MAGIC
# MAGIC Puts the tag of `olist/personal_data.json` on each declared column of the catalog that does not have it yet. The
# MAGIC policies of the catalog mask a column by its tag, and pipelines make tables without tags: so this runs after
# MAGIC them. A column that is named like personal data and not declared fails the run.
# MAGIC
# MAGIC | parameter | meaning |
# MAGIC | --- | --- |
# MAGIC | catalog | the catalog of the stack |
# MAGIC | upstream | result states of the tasks before, by commas: after the tagging, one but `success` fails the run |

# COMMAND ----------

import os
import sys

sys.path.append(os.path.abspath(".."))

from olist import personal_data

# COMMAND ----------

dbutils.widgets.text("catalog", "")
dbutils.widgets.text("upstream", "")

# COMMAND ----------

catalog = dbutils.widgets.get("catalog")
if not catalog:
    raise ValueError("catalog is empty: the name of the stack's catalog was expected")


def quoted(*names: str) -> str:
    return ".".join("`" + name.replace("`", "``") + "`" for name in names)


schema = quoted(catalog, "information_schema")
found = spark.sql(f"SELECT table_schema, table_name, column_name FROM {schema}.columns").collect()
columns = [
    (f"{row.table_schema}.{row.table_name}", row.column_name)
    for row in found
    if row.table_schema != "information_schema"
]
tagged = {
    (f"{row.schema_name}.{row.table_name}", row.column_name): row.tag_value
    for row in spark.sql(f"SELECT * FROM {schema}.column_tags WHERE tag_name = '{personal_data.TAG}'").collect()
}

# COMMAND ----------

wanted = personal_data.kinds(columns)
missing = {column: kind for column, kind in wanted.items() if tagged.get(column) != kind}
for (table, name), kind in missing.items():
    spark.sql(personal_data.tagging(quoted(catalog, *table.split("."), name), kind))
print(f"{len(missing)} columns tagged, {len(wanted) - len(missing)} had their tag")

# COMMAND ----------

if strays := personal_data.strays(columns):
    raise ValueError(f"{', '.join(strays)}: declare in olist/personal_data.json whether these hold data of a person")
states = [state for state in dbutils.widgets.get("upstream").split(",") if state]
if any(state != "success" for state in states):
    raise RuntimeError(f"The tasks before ended {', '.join(states)}")
dbutils.notebook.exit(str(len(missing)))
