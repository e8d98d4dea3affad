"""Nothing here is imported by pytest: the files are targets."""

collect_ignore_glob = ["*.py"]
