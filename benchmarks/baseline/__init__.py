"""The same survey as most bots are written, to compare with: as its libraries' documentation teaches it."""
