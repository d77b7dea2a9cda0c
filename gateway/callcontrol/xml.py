"""XML answer documents. In: bytes of `<Response>…</Response>`. Out: a Document; DocumentError with line and reason.

The whole is checked against the tables in xml_rules; whatever they do not name is refused by name.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

from gateway.callcontrol import xml_tree
from gateway.callcontrol.capabilities import Capabilities
from gateway.callcontrol.rules import Fault, Rule, built, read_content, read_rows, shown
from gateway.callcontrol.text import decoded
from gateway.callcontrol.xml_rules import INNER, SOUNDS, UNDONE, VERBS
from gateway.callcontrol.xml_tree import Element
from gateway.domain.verbs import Document, Prompt
from gateway.errors import DocumentError

Dialect = Literal["plivo", "voxml"]

_ANY: Final = Capabilities()


def parse(body: bytes, capabilities: Capabilities = _ANY, dialect: Dialect = "plivo") -> Document:
    return Document(_verbs(body, VERBS[dialect], capabilities))


def parse_sound(body: bytes, capabilities: Capabilities = _ANY) -> tuple[Prompt, ...]:
    """What the URL of enterSound, exitSound or waitSound returns: Play, Speak and Wait, nothing else."""
    return _verbs(body, SOUNDS, capabilities)


def _verbs(body: bytes, rules: Mapping[str, Rule], capabilities: Capabilities) -> tuple[Any, ...]:
    root = xml_tree.parse(decoded(body))
    if root.name != "Response":
        raise DocumentError(f"the root must be <Response>, not <{shown(root.name)}>", *root.at)
    if root.attributes:
        raise DocumentError(f"<Response> {shown(next(iter(root.attributes)))} is unknown", *root.at)
    _no_text(root)
    return tuple(_verb(_known(child, rules), child, rules, capabilities) for child in root.children)


def _known(element: Element, rules: Mapping[str, Rule]) -> Rule:
    if element.name in rules:
        return rules[element.name]
    raise DocumentError(_unknown(element.name, rules), *element.at)


def _unknown(name: str, rules: Mapping[str, Rule]) -> str:
    listed = ", ".join(sorted(rules))
    if rules is SOUNDS:
        return f"<{shown(name)}> is not allowed in a sound, only {listed}"
    if name in UNDONE:
        return f"<{name}> is not supported by this gateway"
    for known in rules:
        if known.lower() == name.lower():
            return f"<{name}> is unknown; names are case-sensitive: <{known}>"
    return f"<{shown(name)}> is unknown; verbs are {listed}"


def _verb(rule: Rule, element: Element, rules: Mapping[str, Rule], capabilities: Capabilities) -> Any:
    fault = _fault_at(element)
    values = read_rows(rule, element.attributes, fault)
    children = tuple(_child(rule, child, element, rules, capabilities) for child in element.children)
    if rule.child_field:
        values[rule.child_field] = children
    if rule.content is None:
        _no_text(element)
    read_content(rule, element.text, values, fault)
    verb = built(rule, values, fault)
    if reason := capabilities.fault(verb):
        raise fault("", reason)
    return verb


def _child(rule: Rule, child: Element, parent: Element, rules: Mapping[str, Rule], capabilities: Capabilities) -> Any:
    if child.name not in rule.children:
        allowed = "only " + ", ".join(sorted(rule.children)) if rule.children else "nothing but text"
        if rule.children == frozenset() and rule.content is None:
            allowed = "nothing"
        raise DocumentError(f"<{shown(child.name)}> is not allowed in <{parent.name}>, {allowed}", *child.at)
    inner = INNER.get(child.name) or rules[child.name]
    return _verb(inner, child, rules, capabilities)


def _fault_at(element: Element) -> Fault:
    def fault(name: str, reason: str) -> DocumentError:
        given = f'{name}="{shown(element.attributes[name])}" ' if name in element.attributes else f"{name} "
        return DocumentError(f"<{element.name}> {given if name else ''}{reason}", *element.at)

    return fault


def _no_text(element: Element) -> None:
    if element.text:
        raise DocumentError(f'<{element.name}> holds stray text "{shown(element.text.strip())}"', *element.text_at)
