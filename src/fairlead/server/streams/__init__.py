"""What happens in a deployment, told to any number of clients, of which none can hold up another."""
