"""The accounts of a space and their limits."""

from .account import DEMO, Account, AccountError
from .book import AccountBook, AccountView
from .files import account_of, load_accounts, load_answers
from .limits import AccountState

__all__ = [
    "DEMO",
    "Account",
    "AccountBook",
    "AccountError",
    "AccountState",
    "AccountView",
    "account_of",
    "load_accounts",
    "load_answers",
]
