package org.apache.spark.sql.lakehouse {
  /** Spark's own class is private to its package. */
  class RocksDbStateStore extends org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider
}

package com.databricks.sql.streaming.state {
  /** The name that Databricks documents for the state store in RocksDB; here it is Spark's. */
  class RocksDBStateStoreProvider extends org.apache.spark.sql.lakehouse.RocksDbStateStore
}
