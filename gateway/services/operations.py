"""Operations: commands under way that end with command.result (contract, "Session commands"). State changes only."""

from gateway.domain.room import Room
from gateway.domain.session import Operation, Session
from gateway.services import announcements
from gateway.services.commands import Answer, Asked
from gateway.store import finders
from gateway.store.unit_of_work import UnitOfWork


def begin(
    uow: UnitOfWork, asked: Asked, owner: str, operation_id: str, subject_id: str, command: str, timeout_ms: int
) -> Answer:
    """202 in_progress. `subject_id` is a session's or a room's."""
    uow.operations.put(
        Operation(
            operation_id, asked.app.id, subject_id, command, asked.command_uid, owner, uow.now, uow.now + timeout_ms
        )
    )
    body = {"operation_id": operation_id, "command_uid": asked.command_uid, "status": "in_progress"}
    return Answer(202, {**body, "timeout_ms": timeout_ms})


def end(uow: UnitOfWork, subject_id: str, commands: tuple[str, ...], at: int, error: str = "") -> None:
    """Those of these commands that are under way: ok, or failed with `error`."""
    for operation in finders.operations_of(uow, subject_id):
        if operation.command in commands:
            close(uow, operation, "failed" if error else "ok", error, at)


def close(uow: UnitOfWork, operation: Operation, status: str, error: str, at: int) -> None:
    uow.operations.drop(operation.id)
    subject = subject_of(uow, operation)
    if subject is not None:
        uow.emit(announcements.command_result(operation, subject, status, error, at))


def subject_of(uow: UnitOfWork, operation: Operation) -> Session | Room | None:
    return uow.sessions.get(operation.session_id) or uow.rooms.get(operation.session_id)


def time_out(uow: UnitOfWork, operation: Operation) -> None:
    close(uow, operation, "timeout", "the switch did not report an end", uow.now)
