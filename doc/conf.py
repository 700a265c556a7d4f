"""How Sphinx builds the documentation."""

from orangecontrib.imaging import __version__

project = "Orange3-Imaging"
author = "The Orange3-Imaging developers"
copyright = f"2026, {author}"
version = release = __version__

exclude_patterns = ["architecture.md", "upstream"]  # for those who work on the code, who read it there
html_theme = "alabaster"
html_theme_options = {"page_width": "960px", "show_powered_by": False, "fixed_sidebar": True}
html_sidebars = {"**": ["about.html", "localtoc.html", "navigation.html"]}
add_module_names = False  # each is told where it is imported from
html_copy_source = False
html_show_sourcelink = False
nitpicky = True
