"""What people are told: the summary, tables, the page, and data sets in formats that others read. Everything comes from the archive."""
