"""A rehearsal's result as a table, a JSON document, a JUnit file and an HTML page."""
