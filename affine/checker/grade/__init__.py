"""Grading: many submissions, each judged in a process of its own; results, and a page for each."""
