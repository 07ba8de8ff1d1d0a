"""The models of the FastJango peer."""
