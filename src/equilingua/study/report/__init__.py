"""A study's tables, figures and page, and the overview of all studies."""
