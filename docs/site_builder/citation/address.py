"""The address under which the site is published."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from mkdocs.exceptions import ConfigurationError

__all__ = ["address"]


def address(environ: Mapping[str, str]) -> str:
    """Return the site's address, which ends in a slash, or `""` for a preview.

    AFFINE_SITE_URL says it. Where that is unset, the variables of the hosting service do, if it
    builds what it publishes: the preview of a branch or a pull request has an address too, but
    not one to cite. Cloudflare Pages names only the address of the single deployment, GitHub
    Pages none, so there AFFINE_SITE_URL has to be set.
    """
    found = environ["AFFINE_SITE_URL"] if "AFFINE_SITE_URL" in environ else _of_host(environ)
    if found and urlsplit(found).scheme not in ("http", "https"):
        raise ConfigurationError(
            f"the site's address is {found!r}: set AFFINE_SITE_URL to one like "
            "https://example.org/affine/"
        )
    return f"{found.rstrip('/')}/" if found else ""


def _of_host(environ: Mapping[str, str]) -> str:
    get = environ.get
    # Under other names, Read the Docs publishes one branch, tag or pull request.
    if get("READTHEDOCS") and get("READTHEDOCS_VERSION") in ("latest", "stable"):
        return get("READTHEDOCS_CANONICAL_URL", "")
    if get("GITLAB_CI") and (get("CI_COMMIT_TAG") or _on_default_branch(environ)):
        return get("CI_PAGES_URL", "")
    if get("NETLIFY") and get("CONTEXT") == "production":
        return get("URL", "")
    if get("VERCEL_ENV") == "production" and (host := get("VERCEL_PROJECT_PRODUCTION_URL")):
        return f"https://{host}"
    return ""


def _on_default_branch(environ: Mapping[str, str]) -> bool:
    branch = environ.get("CI_COMMIT_BRANCH")
    return bool(branch) and branch == environ.get("CI_DEFAULT_BRANCH")
