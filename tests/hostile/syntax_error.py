"""has a line that Python refuses"""

return  # noqa: F706
