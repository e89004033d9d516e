"""The property places of provider schemas: each property at each path, with its own schema."""

from __future__ import annotations

from typing import NamedTuple


class Property(NamedTuple):
    """A property of a resource type, at one place."""

    type: str
    # `A.B[].C` below Properties; `[]` stands for each element of a list, `*` for each value of a map.
    path: str
    name: str
    schema: dict
    write_only: bool = False

    @property
    def kinds(self):
        """The JSON types that it may have; an object whose members are not described is `json`."""
        found = self.schema.get("type", ())
        found = {found} if isinstance(found, str) else set(found)
        if self.schema.get("format") == "json" or ("object" in found and not _members(self.schema)):
            found = found - {"object"} | {"json"}
        return found

    @property
    def description(self):
        return " ".join(str(self.schema.get("description", "")).split())


def _members(schema):
    return (
        schema.get("properties")
        or schema.get("patternProperties")
        or isinstance(schema.get("additionalProperties"), dict)
    )


def find_properties(schema, wanted, with_attributes=False):
    """The places of a type's schema whose property satisfies `wanted`, in the order of their paths.

    A definition that leads to no such property is not entered: some types have millions of paths. Attributes, which only
    the service writes, are left out unless asked for.
    """
    write_only = {_plain(pointer) for pointer in schema.get("writeOnlyProperties", ())}
    read_only = {_plain(pointer) for pointer in schema.get("readOnlyProperties", ())}
    walk = _Walk(schema, write_only, wanted)
    found = [
        one
        for one in walk.places(schema, "", frozenset())
        if with_attributes or _is_set_by_templates(one.path, read_only)
    ]
    return sorted(found, key=lambda place: place.path)


def _is_set_by_templates(path, read_only):
    """Whether neither the property nor what it lies in is an attribute, which only the service writes."""
    names = path.replace("[]", "").replace(".*", "").split(".")
    return not any(".".join(names[:end]) in read_only for end in range(1, len(names) + 1))


def _plain(pointer):
    """`/properties/A/*/B` -> `A.B`: what write-only pointers are compared by."""
    return ".".join(part for part in pointer.split("/")[2:] if part not in ("*", "items", "properties"))


class _Walk:
    def __init__(self, schema, write_only, wanted):
        self.root, self.write_only, self.wanted = schema, write_only, wanted
        self.leads = {}

    def resolve(self, schema):
        """The schema that a `$ref` names, and that name; else itself."""
        ref = schema.get("$ref")
        if not isinstance(ref, str) or not ref.startswith("#/"):
            return schema, None
        found = self.root
        for part in ref[2:].split("/"):
            found = found.get(part.replace("~1", "/"), {}) if isinstance(found, dict) else {}
        # What stands beside the reference (a description, a format) belongs to the property.
        return {**found, **{key: value for key, value in schema.items() if key != "$ref"}}, ref

    def branches(self, schema):
        """(step, schema) of what is directly below: members, elements, values of a map, alternatives."""
        for name, inner in schema.get("properties", {}).items():
            yield name, inner
        items = schema.get("items")
        for inner in items if isinstance(items, list) else [items]:
            if isinstance(inner, dict):
                yield "[]", inner
        for inner in (*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")):
            if isinstance(inner, dict):
                yield "*", inner
        for key in ("anyOf", "oneOf", "allOf"):
            for inner in schema.get(key, ()):
                if isinstance(inner, dict):
                    yield "", inner

    def places(self, schema, path, seen):
        found = {}
        for step, inner in self.branches(schema):
            inner, ref = self.resolve(inner)
            if ref in seen:
                continue
            if ref is not None and step in ("[]", "*", "") and not self.leads_on(ref, inner):
                continue
            here = path if step == "" else path + step if step == "[]" else f"{path}.{step}" if path else step
            if step not in ("[]", "*", ""):
                plain = here.replace("[]", "").replace(".*", "")
                one = Property(self.root["typeName"], here, step, self.with_element(inner), plain in self.write_only)
                if self.wanted(one):
                    found[here] = one
                if ref is not None and not self.leads_on(ref, inner):
                    continue
            for place in self.places(inner, here, seen | {ref} if ref else seen):
                found.setdefault(place.path, place)
        return list(found.values())

    def with_element(self, schema):
        """A list of plain values counts as one of them, so that `Tokens: [string]` is judged like `Token: string`."""
        if schema.get("type") != "array" or not isinstance(schema.get("items"), dict):
            return schema
        element, _ = self.resolve(schema["items"])
        return {**element, "description": schema.get("description", element.get("description", "")), "list": True}

    def leads_on(self, ref, schema):
        """Whether a definition has a wanted property at any depth."""
        if ref not in self.leads:
            self.leads[ref] = False  # A definition that leads to itself.
            self.leads[ref] = self._leads(schema)
        return self.leads[ref]

    def _leads(self, schema):
        for step, inner in self.branches(schema):
            inner, ref = self.resolve(inner)
            if step not in ("[]", "*", ""):
                for write_only in (False, True):
                    one = Property(self.root["typeName"], step, step, self.with_element(inner), write_only)
                    if self.wanted(one) and (not write_only or self.write_only):
                        return True
            if self.leads_on(ref, inner) if ref else self._leads(inner):
                return True
        return False
