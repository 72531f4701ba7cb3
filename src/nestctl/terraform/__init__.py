"""Drives the Terraform binary over its ``-json`` streams."""
