"""The contract suite's pytest options: loaded in every pytest run, so it stays cheap."""
