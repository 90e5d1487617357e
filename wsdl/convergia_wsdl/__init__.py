"""The contract as data: the guide's facts, our assumptions and the cached WSDL.

- `load_guide()` returns the facts (`guide.toml`): hosts, paths, parameters and the tables of codes.
- `load_profile(path=None)` returns the assumptions (`profile.toml`), each replaceable without
  touching code, and the WSDL that goes with them.
- `ContractError` says what is wrong in a file, and where.

Client, mock server and contract tests are built on this package. It imports none of them.
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
