"""The names of the events that the translation has a use for: what each node is asked to tell."""

# CUSTOM comes last: the words behind it are subclasses.
SUBSCRIPTION = (
    "CHANNEL_PARK CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_ANSWER CHANNEL_BRIDGE "
    "CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP_COMPLETE DTMF RECORD_START RECORD_STOP BACKGROUND_JOB "
    "CUSTOM conference::maintenance"
).split()
