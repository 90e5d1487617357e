"""`convergia demo`: messages flow on this machine, and every code of the guide comes back."""
