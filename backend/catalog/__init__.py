"""What the site is about: OWASP's projects and chapters, and how they are found."""
