"""The manual as steps, one file per chapter."""
