"""What we promise, room by room."""
