"""Pure codecs: a call becomes request bytes, reply bytes become a reading.

No socket, no clock, no thread: what is here is the same for the sync and the async client.
"""
