"""The pytest plugin, test clients and TestCase classes."""
