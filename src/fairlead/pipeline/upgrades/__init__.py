"""From new versions that were seen to changed files and pull requests."""
