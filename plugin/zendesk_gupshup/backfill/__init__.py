"""Old tickets in bulk, and taking a run back: read cheaply, say the cost, write with care, go on where it stopped."""
