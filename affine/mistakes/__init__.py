"""The known mistakes, and which of them a layer makes."""

from affine.mistakes.catalogue import MISTAKES
from affine.mistakes.diagnosis import diagnose
from affine.mistakes.mistake import Diagnosis, Mistake

__all__ = ["MISTAKES", "Diagnosis", "Mistake", "diagnose"]
