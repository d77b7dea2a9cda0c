"""The plain answer to a POST, known at one glance. In: the first bytes of an answer. Out: its status, 0 for all else.

What is not plain (other statuses, chunks, a body that is not all here yet, a connection that is to be closed) is for
the whole parser.
"""

import re

# A line is unambiguous (no ':' in a name, no line break in a value), so this is linear however an answer looks.
_LINE = rb"(?!connection:|content-length:|transfer-encoding:|upgrade:)[!#-'*+.0-9a-z^_`|~-]+:[\t -~\x80-\xff]*\r\n"
_PLAIN = re.compile(
    rb"HTTP/1\.1 (2\d\d) [\t -~\x80-\xff]*\r\n(?:%b)*(?:content-length:[ \t]*(\d{1,5})[ \t]*\r\n(?:%b)*)?\r\n"
    % (_LINE, _LINE),
    re.IGNORECASE,
)
_NO_CONTENT = 204


def plain_status(data: bytes) -> int:
    """The status of a whole 2xx answer of HTTP/1.1, behind which the connection is free for the next one; else 0."""
    found = _PLAIN.match(data)
    if found is None:
        return 0
    status = int(found[1])
    if (found[2] is None) != (status == _NO_CONTENT) or found.end() + int(found[2] or 0) != len(data):
        return 0
    return status
