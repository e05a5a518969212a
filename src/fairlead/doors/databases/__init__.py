"""SQLite files: the only place that opens them. `opening` opens, `writing` commits, `database` is what others use."""
