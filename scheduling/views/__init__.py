"""The pages of the ground floor, by subject."""
