"""The ground of the REST API: what every endpoint shares, and signing in for programs."""
