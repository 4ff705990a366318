"""SQLModel tables and plain functions over a session; everything that touches SQL lives here."""
