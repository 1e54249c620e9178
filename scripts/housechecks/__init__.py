"""Checks of the plan that ARCHITECTURE.md draws."""
