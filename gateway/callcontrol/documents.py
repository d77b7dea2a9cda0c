"""Answer documents of either kind. In: the body of an answer. Out: a Document, checked as a whole."""

from gateway.callcontrol import json_actions, xml
from gateway.callcontrol.capabilities import Capabilities
from gateway.callcontrol.sniff import sniff
from gateway.domain.verbs import Document


def read(body: bytes, content_type: str, capabilities: Capabilities, dialect: xml.Dialect) -> Document:
    if sniff(body, content_type) == "xml":
        return xml.parse(body, capabilities, dialect)
    return json_actions.parse(body, capabilities)
