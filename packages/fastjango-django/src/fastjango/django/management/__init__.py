"""Commands that Django has and FastJango leaves to other tools."""
