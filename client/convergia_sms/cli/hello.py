"""`convergia hello`: greet."""

from __future__ import annotations

import click


@click.command()
def hello() -> None:
    """Greet whoever asks."""
    click.echo("Hola")
