"""The known mistakes, and which of them a layer makes."""

from affine.checker.diagnosis.catalogue import MISTAKES
from affine.checker.diagnosis.diagnosis import diagnose
from affine.checker.diagnosis.mistake import Diagnosis, Mistake

__all__ = ["MISTAKES", "Diagnosis", "Mistake", "diagnose"]
