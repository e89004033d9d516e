"""Brace expansion: `{cdk,destroy}` is two words."""

from __future__ import annotations

from cdkguard.agents.shell.nouns import Piece, Text, Word

MOST = 64  # words that one word may become


def expand_braces(word: Word) -> list[Word]:
    """The words that a word stands for; the word itself where no braces are to be expanded."""
    if not any(isinstance(piece, Text) and not piece.is_quoted and "{" in piece.text for piece in word):
        return [word]
    atoms: list[Piece] = []
    for piece in word:
        if isinstance(piece, Text) and not piece.is_quoted:
            if len(piece.text) > 4096:
                return [word]
            atoms += [Text(char, False) for char in piece.text]
        else:
            atoms.append(piece)
    return [_join(made) for made in _expand(atoms, 0)]


def _expand(atoms: list[Piece], depth: int) -> list[list[Piece]]:
    if depth > 5:
        return [atoms]
    for start, atom in enumerate(atoms):
        if not _is(atom, "{"):
            continue
        commas, end = _find_parts(atoms, start)
        if end and len(commas) > 2:
            parts = [atoms[a + 1 : b] for a, b in zip(commas, commas[1:], strict=False)]
            made = [atoms[:start] + part + atoms[end + 1 :] for part in parts]
            return [each for one in made[:MOST] for each in _expand(one, depth + 1)][:MOST]
        if end is None:
            break
    return [atoms]


def _find_parts(atoms: list[Piece], start: int) -> tuple[list[int], int | None]:
    """(the places of the brace, of the commas of its own level and of the closing brace, the closing brace)."""
    depth, commas = 0, [start]
    for at in range(start, len(atoms)):
        if _is(atoms[at], "{"):
            depth += 1
        elif _is(atoms[at], "}"):
            depth -= 1
            if depth == 0:
                return [*commas, at], at
        elif depth == 1 and _is(atoms[at], ","):
            commas.append(at)
    return commas, None


def _is(piece: Piece, char: str) -> bool:
    return isinstance(piece, Text) and not piece.is_quoted and piece.text == char


def _join(atoms: list[Piece]) -> Word:
    word: list[Piece] = []
    for atom in atoms:
        last = word[-1] if word else None
        if isinstance(atom, Text) and isinstance(last, Text) and atom.is_quoted == last.is_quoted:
            word[-1] = Text(last.text + atom.text, atom.is_quoted)
        else:
            word.append(atom)
    return tuple(word)
