"""Hangup causes, by the names that FreeSWITCH has for those of ITU-T Q.850."""

# The causes an app or we may give; the switch takes an unknown word for NORMAL_CLEARING without a murmur.
HANGUP_CAUSES = frozenset(
    {
        "ALLOTTED_TIMEOUT", "ATTENDED_TRANSFER", "BEARERCAPABILITY_NOTAVAIL", "BLIND_TRANSFER", "CALL_REJECTED",
        "DESTINATION_OUT_OF_ORDER", "EXCHANGE_ROUTING_ERROR", "FACILITY_REJECTED", "INCOMING_CALL_BARRED",
        "INCOMPATIBLE_DESTINATION", "INTERWORKING", "INVALID_NUMBER_FORMAT", "LOSE_RACE", "MANAGER_REQUEST",
        "MANDATORY_IE_MISSING", "NETWORK_OUT_OF_ORDER", "NORMAL_CIRCUIT_CONGESTION", "NORMAL_CLEARING",
        "NORMAL_TEMPORARY_FAILURE", "NORMAL_UNSPECIFIED", "NO_ANSWER", "NO_ROUTE_DESTINATION",
        "NO_USER_RESPONSE", "ORIGINATOR_CANCEL", "OUTGOING_CALL_BARRED", "PICKED_OFF",
        "RECOVERY_ON_TIMER_EXPIRE", "SERVICE_NOT_IMPLEMENTED", "SERVICE_UNAVAILABLE", "SUBSCRIBER_ABSENT",
        "UNALLOCATED_NUMBER", "USER_BUSY",
    }
)  # fmt: skip

# Why a call that we made was not answered: the cause, our code for it, a sentence for a person.
_UNANSWERED = {
    "USER_BUSY": ("busy", "The number is busy"),
    "CALL_REJECTED": ("rejected", "The call was declined"),
    "ORIGINATOR_CANCEL": ("canceled", "The call was given up before it was answered"),
    "LOSE_RACE": ("canceled", "Another phone has answered"),
    "NORMAL_CLEARING": ("canceled", "The call was given up before it was answered"),
    "MANAGER_REQUEST": ("canceled", "The call was given up before it was answered"),
}
_NO_ANSWER = frozenset({"NO_ANSWER", "NO_USER_RESPONSE", "ALLOTTED_TIMEOUT", "PROGRESS_TIMEOUT"})


def unanswered(cause: str) -> tuple[str, str]:
    """(code, sentence) for the hangup cause of an outbound call that nobody answered."""
    if cause in _NO_ANSWER:
        return "no_answer", "Nobody answered in time"
    return _UNANSWERED.get(cause) or ("unreachable", f"The number cannot be reached: {cause}")
