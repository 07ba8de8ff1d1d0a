"""Articles, comments, favorites and tags."""
