"""The HTTP API: each route is a row that names an action, what it is about, and the function that answers."""
