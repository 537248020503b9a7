"""What is said of an audit of acquisition functions: schema, sentences, tables, charts and the page."""
