"""`convergia hello`: greet."""

from __future__ import annotations

import click


@click.command()
def hello() -> None:
    """Print a greeting."""
    click.echo("Hola")
