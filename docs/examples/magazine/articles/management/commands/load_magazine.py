"""Fill the magazine with sample articles."""

import random
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from fastjango.core import timezone
from fastjango.core.management import BaseCommand, CommandError, CommandParser
from fastjango.orm import transaction
from fastjango.values.text import slugify
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from articles.models import Article, Author, Comment, Tag

BATCH = 500
NAMES = (
    "Ada Quill", "Bela Roth", "Cato Winter", "Dora Finch", "Emil Marsh", "Flora Brandt",
    "Gustav Lind", "Hanna Voss", "Ivo Castell", "Jana Thorn", "Karl Ember", "Lena Hollow",
)  # fmt: skip
TAGS = ("Cities", "Craft", "Food", "Gardens", "Letters", "Machines", "Music", "Seas", "Weather")
OPENINGS = ("On", "Against", "In Praise of", "The Trouble with", "Notes on", "A Short History of",
            "Learning from", "What We Owe to", "Waiting for", "After")  # fmt: skip
THINGS = ("Slow Trains", "Empty Libraries", "Borrowed Umbrellas", "Winter Markets", "Old Maps",
          "Night Ferries", "Broken Clocks", "Window Seats", "Second Drafts", "Small Bridges",
          "Rooftop Gardens", "Unsent Letters", "Paper Lanterns", "Distant Radios")  # fmt: skip
SENTENCES = (
    "Nobody in the harbour could say when it had begun.",
    "It is easy to forget how quiet a street can be at five in the morning.",
    "The instructions were short, and every one of them was wrong.",
    "We kept a list of the things that worked, and it was never a long list.",
    "Somewhere between the second and the third attempt, the point of it changed.",
    "My grandmother had a word for this, which does not translate.",
    "The museum opens on Thursdays, if the keeper remembers.",
    "There are two ways to repair it, and both take patience.",
    "What remains is a photograph, slightly out of focus.",
    "By the end of the week the whole town had an opinion.",
    "The best tools are those that nobody notices.",
    "It rained, as it does in such stories, and then it did not.",
)
READERS = ("Marta", "Jonas", "Priya", "Olu", "Wen", "Sofia", "Nils", "Amina")
REMARKS = ("Thank you for this.", "I remember it differently.", "More of these, please.",
           "My town has exactly the same problem.", "The third paragraph is lovely.")  # fmt: skip


class Command(BaseCommand):
    """Fills an empty magazine with authors, subjects, articles and comments."""

    help = "Loads sample authors, subjects, articles and comments into an empty magazine."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("--articles", type=int, default=10_000, help="How many (10,000).")
        parser.add_argument("--seed", type=int, default=7, help="The same seed, the same texts.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load everything, in batches, all of it or nothing."""
        if Article.objects.exists():
            raise CommandError("There are articles already; the magazine is only filled once.")
        chance = random.Random(options["seed"])
        count: int = options["articles"]
        columns = (
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        )  # fmt: skip
        with Progress(*columns) as progress, transaction.atomic():
            task = progress.add_task("articles", total=count)
            authors = Author.objects.bulk_create(
                Author(name=name, slug=slugify(name), about=chance.choice(SENTENCES))
                for name in NAMES
            )
            tags = Tag.objects.bulk_create(Tag(name=name, slug=slugify(name)) for name in TAGS)
            made = self.articles(chance, count, authors)
            while batch := list(islice(made, BATCH)):
                stored = Article.objects.bulk_create(batch)
                self.tag(chance, stored, tags)
                self.comment(chance, stored)
                progress.update(task, advance=len(batch))
        self.stdout.write(self.style.SUCCESS(f"Loaded {count} articles."))

    def articles(
        self, chance: random.Random, count: int, authors: list[Author]
    ) -> Iterator[Article]:
        """Yield articles that are not stored yet, the oldest first."""
        now = timezone.now()
        for number in range(1, count + 1):
            title = f"{chance.choice(OPENINGS)} {chance.choice(THINGS)}"
            paragraphs = [
                " ".join(chance.sample(SENTENCES, k=chance.randint(3, 6)))
                for _ in range(chance.randint(3, 6))
            ]
            yield Article(
                title=title,
                slug=f"{slugify(title)}-{number}",
                summary=paragraphs[0].partition(". ")[0] + ".",
                body="\n\n".join(paragraphs),
                published=now - timedelta(hours=3 * (count - number) + chance.random()),
                author=chance.choice(authors),
            )

    def tag(self, chance: random.Random, articles: list[Article], tags: list[Tag]) -> None:
        """Give each article one to three subjects."""
        through = Article.tags.through
        through.objects.bulk_create(
            through(article_id=article.pk, tag_id=tag.pk)
            for article in articles
            for tag in chance.sample(tags, k=chance.randint(1, 3))
        )

    def comment(self, chance: random.Random, articles: list[Article]) -> None:
        """Let readers comment on some of them."""
        Comment.objects.bulk_create(
            Comment(article=article, name=chance.choice(READERS), text=chance.choice(REMARKS))
            for article in articles
            for _ in range(chance.choice((0, 0, 0, 1, 2)))
        )
