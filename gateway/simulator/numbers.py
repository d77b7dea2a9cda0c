"""Numbers as the switch reads them from a command."""


def whole_number(text: str) -> int:
    """As atoi reads it."""
    sign = -1 if text.startswith("-") else 1
    digits = ""
    for char in text.lstrip("+-"):
        if not char.isdigit():
            break
        digits += char
    return sign * int(digits) if digits else 0
