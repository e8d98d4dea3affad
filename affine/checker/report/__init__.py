"""What a check found out: the outcomes of the properties, grouped by cause."""

from affine.checker.report.findings import Certificate, Finding, Outcome, Report, Step

__all__ = ["Certificate", "Finding", "Outcome", "Report", "Step"]
