"""One module for each change of the tables, in order; what was released is never edited."""
