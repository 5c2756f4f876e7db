"""What fills the graph: Python sources and SQL sources."""
