"""What the server keeps: descriptors, deployments with their journals, health data, variables; and how much of it."""
