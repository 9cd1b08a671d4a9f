"""What people type into pages, by subject."""
