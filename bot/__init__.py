"""What Labvoice is and says: no platform, no SQL, no clock."""
