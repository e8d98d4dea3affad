"""The check of a layer: liveness, proof, certificate, search and diagnosis."""

from affine.report import Outcome
from affine.runner.checking import check
from affine.runner.searching import search

__all__ = ["Outcome", "check", "search"]
