"""The app of the pages' examples."""
