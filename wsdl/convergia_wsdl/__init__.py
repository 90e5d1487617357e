"""The contract as data: what the guide says, what we assume, and the cached WSDL.

- `load_guide()` gives the facts (`guide.toml`): hosts, paths, parameters, the two tables of codes.
- `load_profile(path=None)` gives the assumptions in force (`profile.toml`), each replaceable
  without touching code, and the WSDL that goes with them.
- `ContractError` says what is wrong in a file, and where.

Client, mock server and contract tests all stand on this package; it imports none of them.
"""

from ._base_url import is_base_url
from ._errors import ContractError
from ._guide import Code, Endpoint, Guide, Parameter, load_guide
from ._live import is_live, live_blocked, live_url_blocked
from ._profile import (
    Binding,
    ConnectionRules,
    Dialect,
    DialectForm,
    ErrorRules,
    FieldSynonyms,
    HttpReplies,
    Keys,
    MessageIdRules,
    NumberRules,
    OperationOverride,
    Profile,
    Replies,
    SoapReplies,
    StatusRules,
    Synonyms,
    TextRules,
    Verbs,
    load_profile,
)

__all__ = [
    "Binding",
    "Code",
    "ConnectionRules",
    "ContractError",
    "Dialect",
    "DialectForm",
    "Endpoint",
    "ErrorRules",
    "FieldSynonyms",
    "Guide",
    "HttpReplies",
    "Keys",
    "MessageIdRules",
    "NumberRules",
    "OperationOverride",
    "Parameter",
    "Profile",
    "Replies",
    "SoapReplies",
    "StatusRules",
    "Synonyms",
    "TextRules",
    "Verbs",
    "is_base_url",
    "is_live",
    "live_blocked",
    "live_url_blocked",
    "load_guide",
    "load_profile",
]
