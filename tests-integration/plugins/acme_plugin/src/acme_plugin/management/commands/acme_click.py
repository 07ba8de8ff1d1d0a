"""A click command."""

import click


@click.command()
@click.argument("name")
def command(name: str) -> None:
    """Greet somebody."""
    click.echo(f"Acme greets {name}")
