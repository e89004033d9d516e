"""The rule language: its words, its operators, and the requirements that are made of them."""
