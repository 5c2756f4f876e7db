"""What the notebooks share: the entities with their columns and rules, and the steps from one layer to the next."""
