"""The AWS API: an existing emulator behind our own front."""
