"""The migrations of the magazine, made by `makemigrations`."""
