"""What the server keeps: descriptors, deployments with their journals, health data; and how much of it."""
