"""Links to the repository and to its issues, where AFFINE_REPO_URL names it."""

import os

from mkdocs.config.defaults import MkDocsConfig


def add_links(config: MkDocsConfig) -> None:
    """Put the repository into the header of each page, and it and its issues into the footer."""
    url = os.environ.get("AFFINE_REPO_URL", "").rstrip("/")
    if not url:
        return
    config.repo_url, config.repo_name = url, "/".join(url.split("/")[-2:])
    config.extra["social"] = [
        {"icon": "material/source-repository", "link": url, "name": "Repository"},
        {"icon": "material/bug-outline", "link": f"{url}/issues", "name": "Report a mistake"},
    ]
