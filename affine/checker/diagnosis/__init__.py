"""The known mistakes, and which of them a layer makes."""

from affine.checker.diagnosis.catalogue import MISTAKES, Diagnosis, Mistake
from affine.checker.diagnosis.diagnosis import diagnose, diagnose_unwritten

__all__ = ["MISTAKES", "Diagnosis", "Mistake", "diagnose", "diagnose_unwritten"]
