"""What nestctl lays beside the application in the archive; it runs in the function, without nestctl."""
