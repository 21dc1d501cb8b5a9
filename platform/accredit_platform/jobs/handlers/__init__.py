"""What each kind of job does, in its child process."""
