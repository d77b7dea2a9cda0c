"""What a URL of an app must look like before it is kept. In: text. Out: what is wrong with it, or nothing."""

from urllib.parse import urlsplit

MAX_URL_CHARS = 2048


def url_fault(url: str) -> str | None:
    """A sentence's end, like `must be http or https`; None for a URL that can be kept.

    Where it leads (a private address) is checked when it is used, since names can change what they mean.
    """
    if len(url) > MAX_URL_CHARS:
        return f"must have at most {MAX_URL_CHARS} characters"
    if any(char <= " " or char == "\x7f" or char == "\\" for char in url) or not url.isprintable():
        return "must not contain spaces, backslashes or control characters"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is not a URL"
    if parts.scheme not in ("http", "https"):
        return "must begin with http:// or https://"
    if not parts.hostname or port == 0:
        return "must name a host"
    if "@" in parts.netloc:
        return "must not contain a user name or password"
    return None
