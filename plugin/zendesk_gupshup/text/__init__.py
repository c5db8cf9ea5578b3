"""What any text goes through: normalised for comparing, cut to a length, secrets and phone numbers redacted. Pure."""
