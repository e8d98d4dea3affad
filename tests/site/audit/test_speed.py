"""How fast the pages that readers meet first are on a phone, as Lighthouse reckons.

That measures this machine too, so nothing runs beside it, and no change is refused for it.
"""

from pathlib import Path

import pytest

from tests.site.audit.test_lighthouse import LEAST, PAGES, TRIES, scores


@pytest.mark.exhaustive
@pytest.mark.parametrize("place", PAGES)
def test_a_page_is_fast(
    place: str, addresses: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address, best = f"{addresses['http']}/{place}", 0.0
    for _ in range(TRIES):
        best = max(best, scores(address, tmp_path, ["performance"])["performance"])
        if best >= LEAST:
            break
    with capsys.disabled():
        print(f"\n{place}: performance {best:.0%}")
    assert best >= LEAST
