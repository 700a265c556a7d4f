"""The folders that a widget imports, as its settings hold them."""

from __future__ import annotations

from Orange.widgets.settings import Setting

from .parts.folder_choice import SAMPLES, FolderChoice, as_setting, beside_workflow

_RECENT = 10


class ChosenFolders:
    """For a widget: the folders in use and those read last, found again when they move with the workflow."""

    #: an escaped path, or samples:NAME
    folder: str = Setting("", schema_only=True)
    #: folders beside that, as escaped paths
    more_folders: list[str] = Setting([], schema_only=True)
    #: {folder: the same folder relative to the workflow's own}
    folder_beside: dict[str, str] = Setting({}, schema_only=True)
    recent_folders: list[str] = Setting([])

    def check_folders(self) -> None:
        """A workflow may have been saved with what is no folder."""
        self.folder = self.folder if isinstance(self.folder, str) else ""
        self.more_folders = self.more_folders if are_texts(self.more_folders) else []
        self.recent_folders = self.recent_folders if are_texts(self.recent_folders) else []
        pairs = self.folder_beside.items() if isinstance(self.folder_beside, dict) else ()
        self.folder_beside = {text: beside for text, beside in pairs if are_texts([text, beside])}

    def folder_choices(self) -> list[FolderChoice]:
        """The folders in use, and where to look for them."""
        return [FolderChoice(text, self._workflow_folder(), self.folder_beside.get(text, ""))
                for text in [self.folder, *self.more_folders]]

    def note_place(self) -> None:
        """Remember where the folders are relative to the workflow, for both may be moved."""
        places = {text: beside_workflow(text, self._workflow_folder()) for text in [self.folder, *self.more_folders]}
        known = {text: beside for text, beside in places.items() if beside}
        if known:
            self.folder_beside = known

    def remember(self, found: str) -> None:
        """Keep a folder that was read among the recent ones; it may have moved with the workflow."""
        if self.folder.startswith(SAMPLES) or self.more_folders:
            return
        self.folder = as_setting(found)
        self.note_place()
        self.recent_folders = list(dict.fromkeys([self.folder, *self.recent_folders]))[:_RECENT]

    def _workflow_folder(self) -> str:
        return self.workflowEnv().get("basedir") or ""


def are_texts(value: object) -> bool:
    """Whether a saved setting is a list of texts."""
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
