"""Proofs about the infrastructure, made from plans before anything is spent: no network, no account."""
