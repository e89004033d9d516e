"""Sphinx's configuration of the site; make_site.py makes the sources and starts Sphinx."""

import os
from pathlib import Path

from cdkguard import __version__
from cdkguard.text.addresses import SITE

project = "cdkguard"
author = "the cdkguard maintainers"
release = version = __version__
language = "en"

extensions = ["myst_parser"]
myst_heading_anchors = 6
# Examples are cut, or hold a `...`, so that they are not always whole programs of their language.
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_title = "cdkguard"
html_baseurl = SITE
html_static_path = ["static"]
html_css_files = ["site.css"]
html_search_scorer = str(Path(__file__).parent / "static/scorer.js")
html_copy_source = html_show_sourcelink = False
html_show_copyright = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#9a3412", "color-brand-content": "#9a3412"},
    "dark_css_variables": {"color-brand-primary": "#fdba74", "color-brand-content": "#fdba74"},
    "footer_icons": [{"name": "GitHub", "url": "https://github.com/cdkguard/cdkguard", "html": "GitHub", "class": ""}],
}
if os.environ.get("CDKGUARD_SITE") == "development":
    html_theme_options["announcement"] = (
        f'This is the development version. <a href="{SITE}">The documentation of the released one</a> is what you want.'
    )
