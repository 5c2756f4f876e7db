from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def cleaned(frame: DataFrame) -> DataFrame:
    return frame.withColumn("city", F.trim("city"))
