"""The one endpoint Slack calls."""
