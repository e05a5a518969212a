"""Watches objects until they are healthy, or until it is known why they will not be."""
