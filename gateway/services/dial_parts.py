"""Calls that we make, put together. In: the parts they work with. Out: what HTTP and documents ask of them."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.domain.apps import App
from gateway.services.commands import CommandDesk
from gateway.services.document_dials import DocumentDials
from gateway.services.outbound import Dialler, Outbound
from gateway.services.reactions.calls import CallReactions
from gateway.services.transfers import Transfers
from gateway.store.store import Store
from gateway.switch.pool import SwitchPool
from gateway.switch.routes import Routes


@dataclass(frozen=True)
class DialParts:
    outbound: Outbound
    transfers: Transfers
    of_documents: DocumentDials


def open_dialling(
    store: Store,
    pool: SwitchPool,
    desk: CommandDesk,
    routes: Routes,
    app_of_number: Callable[[str], App | None],
    calls: CallReactions,
) -> DialParts:
    dialler = Dialler(pool, routes, app_of_number)
    return DialParts(
        Outbound(desk, dialler),
        Transfers(store, desk, dialler),
        DocumentDials(store, routes, app_of_number, calls),
    )
