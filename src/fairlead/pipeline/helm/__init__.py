"""Helm's own records of releases: read, kept up to date, and taken over."""
