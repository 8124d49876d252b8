"""Scenarios, rewards and trajectories over the public client."""
