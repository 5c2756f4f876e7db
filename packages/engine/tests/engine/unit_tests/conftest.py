"""The sample's tests are run by the tests here, with the module that they import."""

collect_ignore = ["sample"]
