"""Our bulk encoding as a model of mteb."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equilingua.encoder.encode import encode
from equilingua.encoder.fingerprint import fingerprint
from equilingua.encoder.load import load
from equilingua.errors import MissingExtraError, UsageError

try:
    from mteb.models.abs_encoder import AbsEncoder
    from mteb.models.model_meta import ModelMeta, ScoringFunction
    from mteb.types import PromptType
except ImportError as error:
    raise MissingExtraError("an encoder as an mteb model", "mteb", "mteb") from error

if TYPE_CHECKING:
    import numpy as np
    from mteb.abstasks.task_metadata import TaskMetadata
    from mteb.types import BatchedInput
    from sentence_transformers import SentenceTransformer
    from torch.utils.data import DataLoader

    from equilingua.encoder.precision import Precision
    from equilingua.encoder.tokens import Role

_ORGANISATION = "equilingua"


class EquilinguaEncoder(AbsEncoder):
    """An encoder that mteb runs through `equilingua.encoder.encode`: ordered by length, each distinct text once a call.

    A query gets the encoder's prompt for queries and a document that for passages, whatever the task; the texts of
    tasks that know no such roles (similarity, clustering, bitext) are encoded as queries, as E5's authors advise.

    Attributes:
        model: the sentence-transformers encoder.
        mteb_model_meta: under which mteb keeps results: the name, and the fingerprint of the weights as revision.
    """

    mteb_model_meta: ModelMeta

    def __init__(
        self,
        model_name: str | SentenceTransformer,
        revision: str | None = None,
        *,
        device: str | None = None,
        precision: Precision = "auto",
        name: str | None = None,
    ) -> None:
        """Load an encoder.

        Args:
            model_name: loaded, or what `equilingua.encoder.load.load` takes.
            revision: what mteb should call these weights; by default their fingerprint.
            device: where to load it to.
            precision: of matrix products.
            name: what mteb should call it; by default the name it was given by.

        Raises:
            UsageError: there is no such encoder.
        """
        self.model: SentenceTransformer = load(model_name, device=device) if isinstance(model_name, str) else model_name
        self.precision = precision
        label = name or (model_name if isinstance(model_name, str) else type(model_name).__name__)
        self.mteb_model_meta = ModelMeta.create_empty(
            overwrites={
                "name": _meta_name(label),
                "revision": revision or fingerprint(model_name),
                "similarity_fn_name": ScoringFunction.COSINE,
                "framework": ["Sentence Transformers", "PyTorch"],
                "use_instructions": any((self.model.prompts or {}).values()),
                "experiment_kwargs": {"precision": precision},
            }
        )

    def encode(
        self,
        inputs: DataLoader[BatchedInput],
        *,
        task_metadata: TaskMetadata,
        hf_split: str,  # noqa: ARG002  (mteb's signature, as is what follows)
        hf_subset: str,  # noqa: ARG002
        prompt_type: PromptType | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> np.ndarray:
        """Encode texts to unit vectors.

        Args:
            inputs: batches with the key "text".
            task_metadata: the task, for messages.
            hf_split: its split.
            hf_subset: its subset.
            prompt_type: which role the texts have; see the class.
            kwargs: mteb's `batch_size` and `show_progress_bar` have no use here; a `precision` of the vectors other
                than "float32" is refused.

        Returns:
            float32 [texts, dim].

        Raises:
            UsageError: the task has other inputs than text, or vectors of another precision are asked for.
        """
        asked = kwargs.get("precision") or "float32"
        if asked != "float32":
            raise UsageError(f"encode_kwargs: precision '{asked}' of vectors is not offered: leave it out")
        if "text" not in task_metadata.modalities:
            raise UsageError(f"task '{task_metadata.name}' has no text, and this encoder takes nothing else")
        texts: list[str] = [text for batch in inputs for text in batch["text"]]
        return encode(self.model, texts, _role(prompt_type), precision=self.precision)


def _role(prompt_type: PromptType | None) -> Role:
    return "passage" if prompt_type == PromptType.document else "query"


def _meta_name(label: str) -> str:
    """Make the "organisation/model" that mteb names the folders of results after."""
    name = label.strip("/").replace(":", "-")
    return name if name.count("/") == 1 else f"{_ORGANISATION}/{name.rpartition('/')[2] or 'encoder'}"
