"""The only room that speaks ESL: commands go in as values; replies, events and marks come out."""
