"""What the tests stand on: throw-away servers, settings, threads. Imported by tests only."""
