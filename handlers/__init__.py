"""One package per outside party, both directions; nothing about dialogs."""
