"""Which newer versions there are, and which of them a release wants."""
