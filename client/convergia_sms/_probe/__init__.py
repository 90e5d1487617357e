"""The probe: it finds out how a gateway does what the guide leaves open, and writes a profile.

Its requests cost nothing: they lack a parameter, name an account that no gateway has, or query the
status of an unknown id. The results are compared with the current profile, assumption by
assumption.
"""
