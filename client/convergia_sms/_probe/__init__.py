"""Asks a gateway what the guide leaves open, and writes the answers down as a profile.

Only what costs nothing is asked: requests that lack a parameter, or bear an account that no
gateway has. What is found is compared with the profile in force, assumption by assumption.
"""
