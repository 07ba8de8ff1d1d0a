"""Management commands of the test tools."""
