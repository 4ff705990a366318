"""Our outbox and follow-ups beside a ready engine."""
