"""The process that is the local cloud: it starts the engines, watches their processes and ends them."""
