"""What the emulator answers wrong or not at all, a file per service."""
