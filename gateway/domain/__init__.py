"""What everything in the house is about, as frozen values of the standard library alone: no I/O comes in or out."""
