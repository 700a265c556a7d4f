"""The networks of the older add-on, orange3-imageanalytics: in the order of its menus, and what became of them."""

from __future__ import annotations

#: Since its version 0.3.1 (2019); saved workflows hold the place in this list.
OLDER_NETWORKS = ("inception_v3", "squeezenet", "vgg16", "vgg19", "painters", "deeploc", "openface")

#: Those that are not here: the title, and what one would have to have been trained on.
_NOT_HERE = {"painters": ("Painters", "paintings"), "deeploc": ("DeepLoc", "pictures of yeast cells"),
             "openface": ("openface", "faces")}


def older_title(network: str) -> str:
    """What the older add-on called a network that is not here; any other name as it is."""
    return _NOT_HERE.get(network, (network, ""))[0]


def why_not_here(network: str) -> str:
    """Why a network of the older add-on cannot be used and what to do, in sentences; ``""`` for any other name."""
    if network not in _NOT_HERE:
        return ""
    title, subject = _NOT_HERE[network]
    return (f"{title} ran on a server of the older add-on Image Analytics, which kept its weights; they are not on "
            f"this computer. If you have a network trained on {subject} as a file (.onnx, or .safetensors or .pth of "
            "a network built like one of these), bring it with a .json file that describes it, and choose From a file "
            "… in the menu; the help page Bring your own network says how. Or choose another network.")
