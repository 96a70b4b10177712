"""How a report is written: for people, and for programs."""
