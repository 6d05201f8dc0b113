"""Images: what they are, where they are kept, and how they are got.

    decode    facts and smaller copies; refuses what is damaged, too large or no image
    store     a folder addressed by content
    shared    the same at an address of fsspec, for several servers
    source    references as benchmarks write them: paths, data URIs, base64
    fetch     downloads from public addresses (network: the check of each connection)

Bytes from `read_local`, `decode_…` or `fetch` are judged by `inspect` before they are `put`.
"""

from annotator.images.decode import (
    ImageFacts,
    ImageLimits,
    display_copy,
    displayable,
    inspect,
    thumbnail,
)
from annotator.images.errors import BadImage, BadImageReason, FetchFailed, FetchReason
from annotator.images.fetch import Fetched, FetchPolicy, fetch, fetch_to
from annotator.images.shared import open_store
from annotator.images.source import (
    RefKind,
    classify,
    decode_base64,
    decode_data_uri,
    read_local,
)
from annotator.images.store import DerivedSize, ImageStore

__all__ = [
    "BadImage",
    "BadImageReason",
    "DerivedSize",
    "FetchFailed",
    "FetchPolicy",
    "FetchReason",
    "Fetched",
    "ImageFacts",
    "ImageLimits",
    "ImageStore",
    "RefKind",
    "classify",
    "decode_base64",
    "decode_data_uri",
    "display_copy",
    "displayable",
    "fetch",
    "fetch_to",
    "inspect",
    "open_store",
    "read_local",
    "thumbnail",
]
