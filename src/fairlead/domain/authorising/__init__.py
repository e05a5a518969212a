"""Who may do what: tokens, roles, one policy for each action, and what is written down of it."""
