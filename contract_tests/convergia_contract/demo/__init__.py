"""`convergia demo`: messages on this machine, and every code of the guide."""
