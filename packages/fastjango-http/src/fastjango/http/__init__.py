"""The web layer: a FastAPI that reads like Django."""
