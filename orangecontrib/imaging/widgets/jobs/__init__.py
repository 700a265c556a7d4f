"""What widgets run in their threads: the work itself, without windows."""
