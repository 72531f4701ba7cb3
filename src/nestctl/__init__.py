"""Puts a Django and Next.js site on AWS, and rehearses all of it on a laptop."""
