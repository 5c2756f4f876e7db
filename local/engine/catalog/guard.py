"""Who may read and change which tables, and what they see of them: Spark's analyzer asks here (scala/Guard.scala)."""
