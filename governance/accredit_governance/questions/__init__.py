"""What can be asked. Nothing here changes anything, and every answer is scoped to the caller."""
