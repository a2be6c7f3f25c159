"""The command as its users meet it: most tests start a real process."""
