import pytest
from pyspark.pipelines.testing import TestPipeline, test_spark  # noqa: F401

pipeline = TestPipeline.active()


@pytest.fixture
def orders(test_spark):  # noqa: F811
    test_spark.sql(
        "CREATE TABLE shop.raw.orders AS SELECT * FROM VALUES "
        "(1, 'C1', 2, 50.0, 'BRL'), (NULL, 'C1', 1, 5.0, 'BRL'), (3, 'C2', 3, 10.0, 'USD') "
        "AS t(order_id, customer_id, quantity, unit_price, currency)"
    )
    return test_spark
