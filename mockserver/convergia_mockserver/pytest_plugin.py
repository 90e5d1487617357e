"""The pytest plugin: loaded in every run of whoever installed the extra, so it stays cheap."""
