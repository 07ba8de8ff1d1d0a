"""Text without meaning, for trying out pages, as in `django.utils.lorem_ipsum`."""

import random
from typing import Final

__all__ = ["COMMON_P", "COMMON_WORDS", "WORDS", "paragraph", "paragraphs", "sentence", "words"]

COMMON_P: Final = (
    "Lorem ipsum dolor sit amet, consectetur adipisicing elit, sed do eiusmod tempor incididunt "
    "ut labore et dolore magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation ullamco "
    "laboris nisi ut aliquip ex ea commodo consequat. Duis aute irure dolor in reprehenderit in "
    "voluptate velit esse cillum dolore eu fugiat nulla pariatur. Excepteur sint occaecat "
    "cupidatat non proident, sunt in culpa qui officia deserunt mollit anim id est laborum."
)
"""The passage that printers have used since the 16th century."""

# Cicero, De finibus bonorum et malorum, book 1, sections 32 and 33
_CICERO: Final = (
    "sed ut perspiciatis unde omnis iste natus error sit voluptatem accusantium doloremque "
    "laudantium totam rem aperiam eaque ipsa quae ab illo inventore veritatis et quasi architecto "
    "beatae vitae dicta sunt explicabo nemo enim ipsam quia voluptas aspernatur aut odit fugit "
    "consequuntur magni dolores eos qui ratione sequi nesciunt neque porro quisquam est dolorem "
    "ipsum dolor amet consectetur adipisci velit non numquam eius modi tempora incidunt labore "
    "dolore magnam aliquam quaerat ad minima veniam quis nostrum exercitationem ullam corporis "
    "suscipit laboriosam nisi aliquid ex ea commodi consequatur autem vel eum iure in quam nihil "
    "molestiae illum quo fugiat nulla pariatur at vero accusamus iusto odio dignissimos ducimus "
    "blanditiis praesentium voluptatum deleniti atque corrupti quos quas molestias excepturi sint "
    "occaecati cupiditate provident similique culpa officia deserunt mollitia animi id laborum "
    "dolorum fuga harum quidem rerum facilis expedita distinctio nam libero tempore cum soluta "
    "nobis eligendi optio cumque impedit minus quod maxime placeat facere possimus assumenda "
    "repellendus temporibus quibusdam officiis debitis necessitatibus saepe eveniet voluptates "
    "repudiandae recusandae itaque earum hic tenetur a sapiente delectus reiciendis voluptatibus "
    "maiores alias perferendis doloribus asperiores repellat"
)
WORDS: Final = tuple(dict.fromkeys(_CICERO.split()))
"""The words that random text is made of."""

COMMON_WORDS: Final = (
    "lorem",
    "ipsum",
    "dolor",
    "sit",
    "amet",
    "consectetur",
    "adipisicing",
    "elit",
    "sed",
    "do",
    "eiusmod",
    "tempor",
    "incididunt",
    "ut",
    "labore",
    "et",
    "dolore",
    "magna",
    "aliqua",
)
"""The words that the passage begins with."""


def sentence() -> str:
    """Return a random sentence of one to five clauses."""
    clauses = [
        " ".join(random.sample(WORDS, random.randint(3, 12))) for _ in range(random.randint(1, 5))
    ]
    text = ", ".join(clauses)
    return f"{text[0].upper()}{text[1:]}{random.choice('?.')}"


def paragraph() -> str:
    """Return one to four random sentences."""
    return " ".join(sentence() for _ in range(random.randint(1, 4)))


def paragraphs(count: int, common: bool = True) -> list[str]:
    """Return random paragraphs.

    Args:
        count: How many.
        common: Begin with the well-known passage.
    """
    return [COMMON_P if common and not number else paragraph() for number in range(count)]


def words(count: int, common: bool = True) -> str:
    """Return random words, separated by spaces.

    Args:
        count: How many.
        common: Begin with the well-known passage.
    """
    chosen = list(COMMON_WORDS[:count]) if common else []
    while (missing := count - len(chosen)) > 0:
        chosen += random.sample(WORDS, min(missing, len(WORDS)))
    return " ".join(chosen)
