"""One writer at a time for a release, and the signs by which a run that is gone is told from one that works."""
