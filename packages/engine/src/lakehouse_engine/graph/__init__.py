"""The graph of datasets and flows, and how names in it resolve."""
