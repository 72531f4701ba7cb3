"""Django project: settings, URL map and the WSGI entry point."""
