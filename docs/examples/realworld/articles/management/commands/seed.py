"""Fill the database with people who write, read and comment: `python manage.py seed`."""

from __future__ import annotations

import random
from argparse import ArgumentParser
from typing import Any

from fastjango.core.management.base import BaseCommand
from fastjango.orm.transaction import atomic

from articles.models import Article, Comment, Favorite, Tag, Tagging
from articles.serializers import new_slug
from users.models import Follow, User

NAMES = ["ada", "brook", "chidi", "dara", "emil", "fen", "gita", "hana", "ilse", "jun"]
TAGS = ["trains", "bread", "maps", "weather", "gardens", "machines", "letters", "rivers"]
SUBJECTS = ["Slow Trains", "A Good Loaf", "Old Maps", "Rain", "Small Gardens", "Quiet Machines"]
TURNS = ["and what they teach", "in winter", "for beginners", "without hurry", "seen from afar"]
PASSWORD = "conduit-demo"


class Command(BaseCommand):
    """Makes ten users with the password `conduit-demo`, and articles of theirs."""

    help = "Fill the database with sample users, articles and comments."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the number of articles."""
        parser.add_argument("--articles", type=int, default=60)

    def handle(self, *args: Any, articles: int = 60, **options: Any) -> None:
        """Write the rows, all or none; with users in it, the database is left alone."""
        if User.objects.filter(username__in=NAMES).exists():
            self.stdout.write("The sample data is there already.")
            return
        with atomic():
            made = _fill(articles)
        self.stdout.write(f"Wrote {len(NAMES)} users and {made} articles.")


def _fill(count: int) -> int:
    # The same data every time, so that two people see the same site.
    dice = random.Random(7)
    users = [
        User.objects.create_user(name, f"{name}@conduit.example", PASSWORD, bio=f"I am {name}.")
        for name in NAMES
    ]
    tags = [Tag.objects.get_or_create(name=name)[0] for name in TAGS]
    for user in users:
        for other in dice.sample([one for one in users if one != user], 3):
            Follow.objects.create(follower=user, followed=other)
    for number in range(count):
        title = f"{dice.choice(SUBJECTS)} {dice.choice(TURNS)}, part {number + 1}"
        article = Article.objects.create(
            slug=new_slug(title),
            title=title,
            description="A sample article.",
            body=f"# {title}\n\nThere is more to say about this than one would think.",
            author=dice.choice(users),
        )
        for tag in dice.sample(tags, dice.randint(1, 3)):
            Tagging.objects.create(article=article, tag=tag)
        for user in dice.sample(users, dice.randint(0, 5)):
            Favorite.objects.create(article=article, user=user)
        for user in dice.sample(users, dice.randint(0, 2)):
            Comment.objects.create(article=article, author=user, body="I see it the same way.")
    return count
