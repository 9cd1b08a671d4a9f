"""The patients' pages, by subject. Views are thin: they read a request, call a service or a selector, and answer."""
