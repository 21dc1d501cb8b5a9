"""What a user action does: one function per verb, each through the one door."""
