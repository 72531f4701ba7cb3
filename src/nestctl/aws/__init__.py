"""The one seam to AWS's API: sessions, and a small file per service that is used."""
