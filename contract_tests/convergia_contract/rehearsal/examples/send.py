"""Send one SMS with convergia-sms.

    python send.py NUMBER TEXT [REFERENCE]

CONVERGIA_BASE_URL, CONVERGIA_USERNAME and CONVERGIA_PASSWORD come from the environment.
Exit codes: 0 accepted, 1 not sent, 3 outcome unknown (do not send it again by yourself).
"""

import sys
import warnings

from convergia_sms import (
    Client,
    DamagedTextWarning,
    NotSentError,
    OutcomeUnknownError,
    RejectedError,
    Timeout,
)


def main(number: str, text: str, reference: str = "") -> int:
    """Send the message; return the exit code."""
    # A text that the gateway would damage is refused instead of sent.
    warnings.simplefilter("error", DamagedTextWarning)
    try:
        with Client(timeout=Timeout(read=10)) as sms:
            receipt = sms.send(number, text, reference)
    except OutcomeUnknownError as error:
        print(f"outcome unknown: {error}; look in the portal", file=sys.stderr)
        return 3
    except RejectedError as error:
        later = "; try again later" if error.retryable else ""
        print(f"not sent: {error}{later}", file=sys.stderr)
        return 1
    except (NotSentError, DamagedTextWarning, ValueError) as error:
        print(f"not sent: {error}", file=sys.stderr)
        return 1
    print(f"accepted: {receipt.message_id}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
