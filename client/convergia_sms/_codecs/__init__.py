"""Pure codecs: they encode calls as requests, and decode replies.

They use no socket, clock or thread, so they are the same for the sync and the async client.
"""
