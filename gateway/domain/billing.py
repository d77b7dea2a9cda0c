"""Billing records: one of each call leg and of each stay in a room. Frozen. Times in ms, as the switch told them."""

from dataclasses import dataclass

CALL, STAY = "call", "stay"
# Who told the end: the switch's event; its CDR, read later; or a list in which the call or member was missing.
EVENT, CDR, RECONCILE = "event", "cdr", "reconcile"


@dataclass(frozen=True)
class Rounding:
    """The first `first_s` seconds are billed whole, then every `next_s` begun: 1/1 by the second, 60/60, 6/6."""

    first_s: int = 1
    next_s: int = 1

    def billable_s(self, talked_ms: int) -> int:
        """0 for nothing; else whole seconds, rounded up to the next increment."""
        if talked_ms <= 0:
            return 0
        begun_s = -(-talked_ms // 1000)
        beyond_s = max(0, begun_s - self.first_s)
        return self.first_s + -(-beyond_s // self.next_s) * self.next_s


@dataclass(frozen=True)
class BillingRecord:
    """`started_at` is when the channel was there or the member joined; of a call `answered_at` begins what is billed.

    `id` is the store's, 0 before it is written. `reason` and `cause` as of member.left; of a call: hangup or orphan.
    """

    id: int
    app_id: str
    node_id: str
    kind: str
    session_id: str
    room_id: str
    room_name: str
    direction: str
    from_number: str
    to_number: str
    started_at: int
    answered_at: int | None
    ended_at: int
    duration_ms: int
    billable_s: int
    reason: str
    cause: str
    closed_by: str


def timed(record: BillingRecord, rounding: Rounding) -> BillingRecord:
    """With duration_ms and billable_s as its times say; an end before the beginning counts as none."""
    values = vars(record).copy()
    begun_at = record.started_at if record.kind == STAY else record.answered_at
    values["duration_ms"] = max(0, record.ended_at - record.started_at)
    values["billable_s"] = 0 if begun_at is None else rounding.billable_s(record.ended_at - begun_at)
    return BillingRecord(**values)
