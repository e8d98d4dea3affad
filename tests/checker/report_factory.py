"""Reports made by hand, one of every kind, for the tests of what is printed."""

from fractions import Fraction

import numpy as np

from affine.checker.diagnosis import Diagnosis, Mistake
from affine.checker.report import Certificate, Finding, Outcome, Report, Reproduction, Step
from affine.layer import Case, Operands, WorkerDied
from affine.oracle import Violation

AVERAGED = Mistake(
    "averaged-over-the-batch",
    "averaged over the batch",
    "The gradient is divided by N.",
    "dw = x.T @ dout / n",
    "average",
    "Drop the division.",
)
USAGE = "def vjp(x, w, b):\n    return x @ w + b, lambda g: (g @ w.T, x.T @ g / len(x), g.sum(0))"

CODE = f"import numpy as np\n\n{USAGE}\n\nassert vjp(1, 2, 3)"


def a_point(n: int = 2, d: int = 1, m: int = 1) -> Operands:
    return Operands(np.ones((n, d)), np.zeros((d, m)), np.zeros(m), np.ones((n, m)))


def falsified(
    error: Exception, point: Operands | None = None, name: str = "dw_is_xt_dout"
) -> Outcome:
    point = point or a_point()
    return Outcome(name, "falsified", 7, 0.01, Case(point, point), error)


def averaged() -> Outcome:
    message = "dw[0, 0] = 1.0, but should be 2"
    return falsified(Violation(message, "dw", np.array([[1.0]]), np.array([[2]])))


def failing(**changes: object) -> Report:
    outcome = averaged()
    also = Outcome("a_doubled_batch_doubles_dw_and_db", "falsified", 3, 0.1)
    diagnosis = Diagnosis(("dw", "db"), AVERAGED, "Your dw is Xᵀ·dout / N.")
    given = {
        "outcomes": (outcome, also, Outcome("dx_is_dout_wt", "held", 60, 0.1)),
        "findings": (Finding((outcome, also), diagnosis, Reproduction(CODE, was_run=True)),),
        "seconds": 0.5,
    }
    return Report("mine.py", **(given | changes))  # type: ignore[arg-type]


def passing() -> Report:
    certificate = Certificate(4, ((1, 1, 1), (4, 3, 2)), 1000, 3, Fraction(3, 2001) ** 4)
    steps = (
        Step("mutation check", "12 planted mistakes were caught", 0.1),
        Step("proof", "27 sizes up to (3, 3, 3)", 0.2),
        Step("certificate", "4 draws at each of 2 shapes", 0.3),
        Step("search", "2 properties", 0.4),
    )
    return Report(
        "mine.py",
        form="forward(x, w, b) and backward(dout, x, w)",
        outcomes=(
            Outcome("dw_is_xt_dout", "held", 1803, 0.5),
            Outcome("dx_is_dout_wt", "held", 40, 0.1),
            Outcome("jvp_is_half_the_central_difference", "not_observable", reason="no jvp"),
        ),
        notes=("db rounds where a sum would be exact",),
        steps=steps,
        certificate=certificate,
        versions={"python": "3.11", "numpy": "2.4"},
        seconds=1.0,
    )


def erring() -> Report:
    return Report("mine.py", error_message="no file mine.py; give the path of a file\nlooked in .")


def reports() -> dict[str, Report]:
    """Every kind of report, and every kind of failure."""
    nan = np.array([[np.nan]])
    exact = Violation("rounded", "dx", np.array([[0.3], [1]]), np.array([[Fraction(1, 3)], [1]]))
    special = Operands(np.array([[np.inf]]), nan, np.ones(1, "f2"), np.asfortranarray(nan))
    failures = {
        "raises": falsified(ZeroDivisionError("on purpose")),
        "gone": falsified(WorkerDied("the process ended")),
        "shape": falsified(Violation("db has shape (1, 1)", "db", np.ones((1, 1)))),
        "no array": falsified(Violation("dw is list", "dw")),
        "special": falsified(Violation("dx is NaN", "dx", nan, nan), special),
        "exact": falsified(exact, a_point(2, 1, 1)),
        "no case": Outcome("dw_is_xt_dout", "falsified", error=WorkerDied("hung")),
        "unknown property": falsified(ValueError("no"), name="not_of_this_package"),
    }
    ruled_out = Diagnosis(("dw",), None, "No known mistake.", tuple("abcdefgh"))
    return {
        "passing": passing(),
        "failing": failing(),
        "undiagnosed": failing(findings=(Finding((averaged(),), ruled_out),)),
        "erring": erring(),
        "empty": Report("mine.py"),
        "broken": Report(
            "mine.py", outcomes=(Outcome("dw_is_xt_dout", "error", reason="no memory"),)
        ),
    } | {
        name: Report("mine.py", outcomes=(outcome,), findings=(Finding((outcome,)),))
        for name, outcome in failures.items()
    }
