"""Who asks, what they may do, and whose rights their changes are made with."""
