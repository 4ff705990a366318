"""Managers' digests: what changed, whether it matters, what is overdue, what people said."""
