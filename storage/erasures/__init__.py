"""What must not come back to life through a restore: written down outside the database, and done again."""
