"""Prepares the built-in rules when a wheel is built, so that no start-up ever parses them."""

import os
import sys
import tempfile

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):
    """Adds `cdkguard/rules/compiled.jsonl` to the wheel."""

    def initialize(self, version, build_data):
        sys.path.insert(0, self.root)
        from cdkguard.packs import folders
        from cdkguard.packs import load as packs

        folder = folders.builtin_folder()
        texts = {path: folders.read_rule_file(path) for path in folders.find_rule_files(folder)}
        self.folder = tempfile.mkdtemp()
        target = os.path.join(self.folder, folders.COMPILED_FILE)
        with open(target, "wb") as handle:
            handle.write(packs.prepare_pack(folder, texts, {}).encode())
        if version != "editable":
            build_data["force_include"][target] = "cdkguard/rules/" + folders.COMPILED_FILE

    def finalize(self, version, build_data, artifact_path):
        import shutil

        shutil.rmtree(self.folder, ignore_errors=True)
