"""Shell completion for PowerShell, which click lacks."""

from __future__ import annotations

import os
from typing import ClassVar

from click.shell_completion import (
    CompletionItem,
    ShellComplete,
    add_completion_class,
    split_arg_string,
)

# PowerShell deletes a variable that is set to nothing, and there is nothing left to remove.
_SCRIPT = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $before = $commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -le $cursorPosition }
    $env:%(complete_var)s = 'powershell_complete'
    $env:COMP_WORDS = $before -join ' '
    $env:COMP_CWORD = $wordToComplete
    try {
        %(prog_name)s | ForEach-Object {
            $type, $value, $help = $_ -split "`t", 3
            if ($type -eq 'plain') {
                [System.Management.Automation.CompletionResult]::new(
                    $value, $value, 'ParameterValue', $help)
            } else {
                [System.Management.Automation.CompletionCompleters]::CompleteFilename($value)
            }
        }
    } finally {
        Remove-Item Env:%(complete_var)s, Env:COMP_WORDS, Env:COMP_CWORD -ErrorAction Ignore
    }
}
"""


class PowerShellComplete(ShellComplete):
    """Answers the script above: a line for each completion, with parts separated by tabs."""

    name: ClassVar[str] = "powershell"
    source_template: ClassVar[str] = _SCRIPT

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the complete words before the cursor, and the incomplete one."""
        words = split_arg_string(os.environ["COMP_WORDS"])[1:]
        incomplete = os.environ.get("COMP_CWORD", "")
        if incomplete and words and words[-1] == incomplete:
            words.pop()
        return words, incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """Return type, value and help. PowerShell needs a help text that is not empty."""
        help_text = " ".join((item.help or item.value or " ").split())
        return f"{item.type}\t{item.value}\t{help_text}"


def register() -> None:
    """Add PowerShell to the shells that click completes for."""
    add_completion_class(PowerShellComplete)
