"""The models of the Django peer, in an application as Django wants it."""
