"""Documents for hypothesis: every verb with every field drawn from its type."""

from dataclasses import fields
from typing import Any, get_type_hints

from hypothesis import strategies as st

from gateway.callcontrol.stored import _KINDS
from gateway.domain.verbs import Document


def _drawn(kind: type[Any]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    return st.builds(kind, **{row.name: _of(hints[row.name]) for row in fields(kind)})


def _of(hint: Any) -> st.SearchStrategy[Any]:
    return st.deferred(lambda: st.from_type(hint))


for _kind in _KINDS.values():
    st.register_type_strategy(_kind, _drawn(_kind))

VERBS = [kind for name, kind in _KINDS.items() if name != "target"]
DOCUMENTS = st.builds(Document, st.lists(st.one_of([_drawn(kind) for kind in VERBS]), max_size=5).map(tuple))
