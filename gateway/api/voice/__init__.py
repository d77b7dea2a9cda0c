"""The voice API as TryVox has it, /v1/voice: its requests come in, the same services' answers in its words go out."""
