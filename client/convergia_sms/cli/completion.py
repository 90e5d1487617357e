"""`convergia completion`: completion scripts for shells."""

from __future__ import annotations

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish", "powershell"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of SHELL.

    \b
    bash:  eval "$(convergia completion bash)"    in ~/.bashrc
    zsh:   eval "$(convergia completion zsh)"     in ~/.zshrc
    fish:  convergia completion fish | source     in ~/.config/fish/config.fish
    powershell:  convergia completion powershell | Out-String | Invoke-Expression    in $PROFILE
    """  # noqa: D301 - click finds the backspace character, which keeps the lines apart
    from click.shell_completion import get_completion_class

    from . import _powershell

    _powershell.register()
    kind = get_completion_class(shell)
    if kind is None:  # cannot happen: Choice allows these names only
        raise click.UsageError(f"no completion for {shell}")
    main = context.find_root().command
    click.echo(kind(main, {}, "convergia", "_CONVERGIA_COMPLETE").source())
