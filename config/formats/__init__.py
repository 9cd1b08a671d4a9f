"""How dates and times read, by language, where a page does not say it otherwise."""
