"""What messages about money say, in each language; the other kinds stand in the file of the language itself."""
