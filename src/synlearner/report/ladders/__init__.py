"""What is said of ladders of damage: schema, sentences, tables and the page."""
