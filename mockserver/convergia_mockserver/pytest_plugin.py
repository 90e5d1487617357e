"""The pytest plugin: loaded in every pytest run of whoever installed the extra, so it stays cheap."""
