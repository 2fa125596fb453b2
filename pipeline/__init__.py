"""Second Coder: a second coder for framework analysis of interviews."""
