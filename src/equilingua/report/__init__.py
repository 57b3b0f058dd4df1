"""What was measured, put in front of people: tables, figures and one self-contained page."""
