"""What happens with time: follow-ups, digests, delivery, clean-up."""
