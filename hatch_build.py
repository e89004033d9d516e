"""Prepares the built-in rules when a wheel is built, so that no start-up ever parses them."""

import os
import sys
import tempfile

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):
    """Adds the built-in packs, prepared, to the wheel."""

    def initialize(self, version, build_data):
        sys.path.insert(0, self.root)
        from cdkguard.packs import folders, shipped
        from cdkguard.packs import load as packs

        folder = folders.builtin_folder()
        texts = {path: folders.read_rule_file(path) for path in folders.find_rule_files(folder)}
        self.folder = tempfile.mkdtemp()
        for path, content in shipped.shipped_files(packs.prepare_pack(folder, texts, {})).items():
            target = os.path.join(self.folder, os.path.basename(path))
            with open(target, "wb") as handle:
                handle.write(content)
            if version != "editable":
                build_data["force_include"][target] = f"cdkguard/{path}"

    def finalize(self, version, build_data, artifact_path):
        import shutil

        shutil.rmtree(self.folder, ignore_errors=True)
