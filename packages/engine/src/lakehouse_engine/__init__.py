"""The Spark engine of the local workspace: pipeline updates, SQL statements and notebook tasks in one process."""
