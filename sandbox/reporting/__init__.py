"""Pages and files made from a report's plain data. Not imported before one is asked for."""
